//! The honest server behind the liar: an emulator of our own, or a kube-apiserver that is running.

use {
    crate::{clock::Clock, reply::Signer},
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jsonwebtoken::{Algorithm, EncodingKey, crypto},
    std::{
        fs,
        net::{Ipv4Addr, SocketAddr},
        path::PathBuf,
        sync::Arc,
        time::Duration,
    },
    token_conformance::client::{Client, Endpoint, tls},
    token_emulator::{
        Emulator,
        config::Config,
        world::settings::{AuthorizationMode, GoogleAuth},
    },
};

/// A server, how it is reached, and who may ask it anything.
pub(crate) struct Upstream {
    pub(crate) client: Client,
    pub(crate) token: String,
    /// The bearer of its Google side.
    pub(crate) google: Option<String>,
    pub(crate) sign: Arc<Signer>,
    /// A clock to move, where the server has none.
    pub(crate) clock: Option<Clock>,
    /// Kept for as long as it is asked.
    _emulator: Option<Arc<Emulator>>,
}

/// Where a kube-apiserver is, as `cargo xtask kube` tells it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Server {
    /// URL of a kube-apiserver; an emulator is started without it.
    #[arg(long, env = "KUBE_URL")]
    server: Option<String>,
    /// A bearer in system:masters there.
    #[arg(long, env = "KUBE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The key that signs its tokens, in PEM.
    #[arg(long, env = "KUBE_KEY_FILE")]
    key_file: Option<PathBuf>,
}

impl Server {
    /// Whether a server is named.
    pub(crate) fn is_named(&self) -> bool {
        self.server.is_some()
    }

    /// Connects to it, or starts an emulator that is as bare.
    pub(crate) async fn connect(&self, seconds: u64) -> Result<Upstream, String> {
        match &self.server {
            Some(url) => self.named(url),
            None => emulator(seconds).await,
        }
    }

    fn named(&self, url: &str) -> Result<Upstream, String> {
        let key = self.key_file.as_ref().ok_or("--server needs --key-file, to sign lies with")?;
        let pem = fs::read(key).map_err(|error| format!("{}: {error}", key.display()))?;
        let key = EncodingKey::from_rsa_pem(&pem).map_err(|error| error.to_string())?;
        let sign = move |text: &[u8]| {
            let signature = crypto::sign(text, &key, Algorithm::RS256).ok()?;
            BASE64_URL_SAFE_NO_PAD.decode(signature).ok()
        };
        let tls = tls::config(&tls::Trust::Anybody, None)?;
        Ok(Upstream {
            client: Client::new(Endpoint::parse(url)?, tls),
            token: self.token.clone().unwrap_or_default(),
            google: None,
            sign: Arc::new(sign),
            clock: Some(Clock::default()),
            _emulator: None,
        })
    }
}

async fn emulator(seconds: u64) -> Result<Upstream, String> {
    let config = Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        authorization_mode: AuthorizationMode::Rbac,
        controllers: false,
        google_auth: GoogleAuth::Strict,
        google_operation_duration: Duration::from_millis(1),
        service_account_max_token_expiration: Duration::from_secs(seconds),
        ..Config::default()
    };
    let emulator = Emulator::start_with(config).await.map_err(|error| error.to_string())?;
    let emulator = Arc::new(emulator);
    let signer = Arc::clone(&emulator);
    let sign = move |text: &[u8]| Some(signer.world().keys.get().signing.sign(text));
    let tls = tls::config(&tls::Trust::Anybody, None)?;
    Ok(Upstream {
        client: Client::new(Endpoint::parse(emulator.url())?, tls),
        token: emulator.token().to_owned(),
        google: Some(emulator.google_access_token().to_owned()),
        sign: Arc::new(sign),
        clock: None,
        _emulator: Some(emulator),
    })
}
