//! One emulator, made from its settings once it has its port: the world, what the server needs
//! beside it, and what a client has to know to reach it.

use {
    crate::{
        api::faults::Faults,
        apis,
        config::{Config, ConfigError, GoogleToken, Prepared},
        control::Control,
        google,
        marker::{Marker, NAME},
        server::{Context, fetch::Fetcher, tls::Material},
        state_dir::Bearers,
        world::{World, access_tokens::Grant, callers::Caller, entropy::Entropy, key_set::Keys},
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    jiff::SignedDuration,
    std::{
        net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
        sync::Arc,
    },
};

/// An emulator that is ready to be served.
pub(crate) struct Instance {
    pub(crate) context: Arc<Context>,
    pub(crate) tls: Material,
    /// Where a client on this machine finds it.
    pub(crate) address: SocketAddr,
    /// The host and the port that clients are given.
    authority: String,
    pub(crate) token: String,
    pub(crate) google_access_token: String,
    /// What its files are recognised by.
    pub(crate) marker: Marker,
}

impl Instance {
    /// Makes the world, and plants the seed in it.
    pub(crate) fn new(
        config: &Config,
        prepared: Prepared,
        listening: SocketAddr,
    ) -> Result<Self, ConfigError> {
        let Prepared {
            settings,
            keys,
            mut callers,
            google_tokens,
            seed,
            tls,
            gate,
            issuer_ca,
            bearers: Bearers { token, google_access_token },
            identities,
            state_dir: _,
        } = prepared;
        callers.insert(token.clone(), administrator());
        let address = reachable(listening);
        let advertised = config.advertise.first().cloned();
        let authority = advertised
            .map_or(address.to_string(), |authority| authority.or_port(address.port()).to_string());
        let settings = config.locate(settings, &https_url(&authority), address.port())?;
        let keys = keys.map_or_else(Keys::generate, Keys::new);
        let world = World { identities, ..World::new(settings, keys, callers) };
        google_tokens.into_iter().for_each(|google_token| give(&world, google_token));
        give(&world, cloud_platform(&google_access_token));
        seed.plant(&world).map_err(|error| wrong_seed(config, &error))?;
        let faults = Arc::<Faults>::default();
        let token_of_control = config.control_token.clone();
        let control = Control { token: token_of_control, seed, faults: Arc::clone(&faults) };
        let fetcher = Fetcher::new(issuer_ca, tls.authority.clone());
        let context = Context::new(world, apis::all(control), faults, gate, fetcher);
        let context = Arc::new(context);
        let mut id = [0; 16];
        Entropy::default().fill(&mut id);
        let marker = Marker::new(&id, &[&tls.authority, &token, &google_access_token]);
        Ok(Self { context, tls, address, authority, token, google_access_token, marker })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    pub(crate) fn https_url(&self) -> String {
        https_url(&self.authority)
    }

    /// A kubeconfig that works: the https side, its authority, and the administrator's bearer.
    pub(crate) fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: {NAME}
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: {NAME}
  user:
    token: {token}
contexts:
- name: {NAME}
  context:
    cluster: {NAME}
    namespace: default
    user: {NAME}
current-context: {NAME}
extensions:
- name: {NAME}
  extension: {marker}
",
            server = self.https_url(),
            authority = BASE64_STANDARD.encode(&self.tls.authority),
            token = self.token,
            marker = self.marker.to_json(),
        )
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Instance").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What clients call the server, over https.
fn https_url(authority: &str) -> String {
    format!("https://{authority}")
}

fn wrong_seed(config: &Config, error: &str) -> ConfigError {
    let file = config.seed.as_ref().map(|file| format!("{}: ", file.display()));
    ConfigError(format!("--seed: {}{error}", file.unwrap_or_default()))
}

fn administrator() -> Caller {
    Caller {
        username: "kubernetes-admin".to_owned(),
        groups: vec!["system:masters".to_owned()],
        ..Caller::default()
    }
}

fn cloud_platform(token: &str) -> GoogleToken {
    GoogleToken {
        token: token.into(),
        principal: "emulator@token-emulator.iam.gserviceaccount.com".to_owned(),
        scopes: vec![google::CLOUD_PLATFORM.to_owned()],
        lifetime: None,
    }
}

fn give(world: &World, token: GoogleToken) {
    let expires = token.lifetime.and_then(|lifetime| {
        let lifetime = SignedDuration::try_from(lifetime).ok()?;
        world.clock.now().checked_add(lifetime).ok()
    });
    let grant = Grant { principal: token.principal, scopes: token.scopes, expires };
    world.access_tokens.insert(token.token.expose(), grant);
}

/// Where to find a server that listens on every address: on loopback.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}
