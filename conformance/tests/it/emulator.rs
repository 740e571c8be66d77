//! The emulators that tests judge: one that most cases share, and others for those that move its
//! clock or need other flags.

use {
    std::{
        net::{Ipv4Addr, SocketAddr},
        sync::{Arc, LazyLock},
        time::Duration,
    },
    token_conformance::{
        case::{Case, Need},
        catalog::Catalog,
        client::{Client, Endpoint, tls},
        level::Level,
        run::{Compared, Run},
        target::{Side, Target},
    },
    token_emulator::{
        Emulator,
        config::Config,
        world::settings::{AuthorizationMode, GoogleAuth},
    },
    tokio::runtime::Runtime,
};

/// Carries the connections of every test.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
/// The suite.
pub(crate) static CATALOG: LazyLock<Arc<Catalog>> =
    LazyLock::new(|| Arc::new(Catalog::embedded().unwrap()));
/// The emulator that most cases share.
static SHARED: LazyLock<Judged> = LazyLock::new(|| start(config()));

/// An emulator with a run that judges it.
pub(crate) struct Judged {
    pub(crate) emulator: Emulator,
    pub(crate) run: Arc<Run>,
}

impl Judged {
    /// The version of Kubernetes that it is.
    pub(crate) fn version(&self) -> &str {
        self.run.target.facts.version.as_deref().unwrap()
    }
}

/// Judges on an emulator that has what a case needs.
pub(crate) fn with<T>(case: &Case, judge: impl FnOnce(&Judged) -> T) -> T {
    if case.needs.contains(&Need::Capped) {
        let cap = Duration::from_secs(7200);
        judge(&start(Config { service_account_max_token_expiration: cap, ..config() }))
    } else if case.needs.contains(&Need::Clock) {
        judge(&start(config()))
    } else {
        judge(&SHARED)
    }
}

/// The emulator that most cases share.
pub(crate) fn shared() -> &'static Judged {
    &SHARED
}

/// An emulator that nobody else judges.
pub(crate) fn alone() -> Judged {
    start(config())
}

/// As bare as the kube-apiserver that snapshots are recorded from.
pub(crate) fn config() -> Config {
    Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        authorization_mode: AuthorizationMode::Rbac,
        controllers: false,
        google_auth: GoogleAuth::Strict,
        google_operation_duration: Duration::from_millis(1),
        ..Config::default()
    }
}

/// An emulator of these flags, that nobody else judges.
pub(crate) fn start(config: Config) -> Judged {
    RUNTIME.block_on(async {
        let emulator = Emulator::start_with(config).await.unwrap();
        let target = Arc::new(target(&emulator).await);
        let mut run = Run::new(Arc::clone(&CATALOG), target, Level::Observed);
        run.compared = Compared::Kubernetes;
        run.open().await.unwrap();
        Judged { emulator, run: Arc::new(run) }
    })
}

async fn target(emulator: &Emulator) -> Target {
    let trust = tls::Trust::Authorities(emulator.ca_certificate().as_bytes().to_vec());
    let side = |credential: &str| {
        let endpoint = Endpoint::parse(emulator.https_url()).unwrap();
        let client = Client::new(endpoint, tls::config(&trust, None).unwrap());
        Side::new(client, Some(credential.to_owned()))
    };
    let mut target = Target {
        kubernetes: Some(side(emulator.token())),
        google: Some(side(emulator.google_access_token())),
        ..Target::default()
    };
    target.learn().await.unwrap();
    target
}
