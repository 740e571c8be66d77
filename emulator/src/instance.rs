//! One emulator, made from its settings once it has its port: the world, what the server needs
//! beside it, and what a client has to know to reach it.

use {
    crate::{
        api::faults::Faults,
        apis,
        config::{Config, ConfigError, GoogleToken, Prepared},
        control::Control,
        google,
        server::{Context, fetch::Fetcher, tls::Material},
        world::{World, access_tokens::Grant, callers::Caller, entropy::Entropy, key_set::Keys},
    },
    base64::{
        Engine,
        prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
    },
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
}

impl Instance {
    /// Makes the world, and plants the seed in it.
    pub(crate) fn new(
        config: &Config,
        prepared: Prepared,
        listening: SocketAddr,
    ) -> Result<Self, ConfigError> {
        let Prepared { settings, keys, mut callers, google_tokens, seed, tls, gate, issuer_ca } =
            prepared;
        let (token, google_access_token) = (bearer(24), format!("ya29.c.{}", bearer(96)));
        callers.insert(token.clone(), administrator());
        let world = World::new(settings, keys.map_or_else(Keys::generate, Keys::new), callers);
        google_tokens.into_iter().for_each(|google_token| give(&world, google_token));
        give(&world, cloud_platform(&google_access_token));
        seed.plant(&world).map_err(|error| ConfigError(format!("--seed: {error}")))?;
        let faults = Arc::<Faults>::default();
        let token_of_control = config.control_token.clone();
        let control = Control { token: token_of_control, seed, faults: Arc::clone(&faults) };
        let fetcher = Fetcher::new(issuer_ca, tls.authority.clone());
        let context = Context::new(world, apis::all(control), faults, gate, fetcher);
        let (context, address) = (Arc::new(context), reachable(listening));
        let advertised = config.advertise.first().cloned();
        let authority = advertised
            .map_or(address.to_string(), |authority| authority.or_port(address.port()).to_string());
        Ok(Self { context, tls, address, authority, token, google_access_token })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    pub(crate) fn https_url(&self) -> String {
        format!("https://{}", self.authority)
    }

    /// A kubeconfig that works: the https side, its authority, and the administrator's bearer.
    pub(crate) fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: token-emulator
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: token-emulator
  user:
    token: {token}
contexts:
- name: token-emulator
  context:
    cluster: token-emulator
    namespace: default
    user: token-emulator
current-context: token-emulator
",
            server = self.https_url(),
            authority = BASE64_STANDARD.encode(&self.tls.authority),
            token = self.token,
        )
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Instance").field("address", &self.address).finish_non_exhaustive()
    }
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

fn bearer(length: usize) -> String {
    let mut bytes = vec![0; length];
    Entropy::default().fill(&mut bytes);
    // A dash at the start would look like a flag on a command line.
    let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    token.strip_prefix('-').map(|rest| format!("0{rest}")).unwrap_or(token)
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
