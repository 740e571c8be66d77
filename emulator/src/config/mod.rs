//! What can be set: by flag, by environment, by file, or in Rust. A flag wins over the
//! environment, the environment over the file, the file over the default.

mod admission_plugins;
mod beside;
mod check;
mod csv;
pub mod duration;
mod file;
mod own;
mod prepare;
mod values;
mod variables;

pub(crate) use beside::beside;
pub(crate) use prepare::{GoogleToken, Prepared};
pub use {file::file_arguments, own::SELF, variables::check_variables};

use {
    crate::{
        credential::Credential,
        server::{authority::Authority, origin::Origin},
        world::settings::{AuthorizationMode, DEFAULT_ISSUER, GoogleAuth},
    },
    clap::ArgAction,
    std::{
        net::{Ipv4Addr, SocketAddr},
        path::PathBuf,
        time::Duration,
    },
};

/// The port of `--listen` by default.
pub const DEFAULT_PORT: u16 = 8693;

/// The groups that help shows the flags in.
const SERVER: &str = "Server";
const TOKENS: &str = "Service account tokens";
const KUBERNETES: &str = "Kubernetes";
const GOOGLE: &str = "Google";
const CONTENT: &str = "What exists, and the controls";

/// A setting that cannot be used, and what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// All settings. Each is a flag, an environment variable (`TOKEN_EMULATOR_LISTEN`) and a key of
/// the file (`listen`); they are named as kube-apiserver's flags where it has one.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// Where to listen; port 0 lets the system pick one
    #[arg(
        long,
        env = "TOKEN_EMULATOR_LISTEN",
        hide_env_values = true,
        value_name = "ADDRESS:PORT"
    )]
    #[arg(value_parser = values::address, default_value_t = Config::default().listen)]
    #[arg(help_heading = SERVER)]
    pub listen: SocketAddr,

    /// Written, as JSON, once connections are accepted: url, https_url, address, ca_file,
    /// kubeconfig, token, google_access_token, pid, token_emulator
    #[arg(long, env = "TOKEN_EMULATOR_READY_FILE", hide_env_values = true, value_name = "PATH")]
    #[arg(help_heading = SERVER)]
    pub ready_file: Option<PathBuf>,

    /// Where the kubeconfig is written; a file that the emulator did not write is refused
    /// [default: beside the ready file, or in a temporary folder that is removed at exit]
    #[arg(long, env = "TOKEN_EMULATOR_KUBECONFIG", hide_env_values = true, value_name = "PATH")]
    #[arg(help_heading = SERVER)]
    pub kubeconfig: Option<PathBuf>,

    /// Hosts, or hosts and ports, that clients reach the server by, separated by commas; the first
    /// one is in every URL that is printed or written, all are in the certificate [default: the
    /// address of --listen]
    #[arg(long, env = "TOKEN_EMULATOR_ADVERTISE", hide_env_values = true)]
    #[arg(value_name = "HOST[:PORT]", value_delimiter = ',', action = ArgAction::Append)]
    #[arg(help_heading = SERVER)]
    pub advertise: Vec<Authority>,

    /// Origins of pages in browsers that may use the APIs and the controls, separated by commas:
    /// http://localhost:3000
    #[arg(long, env = "TOKEN_EMULATOR_ALLOW_ORIGIN", hide_env_values = true)]
    #[arg(value_name = "ORIGIN", value_delimiter = ',', action = ArgAction::Append)]
    #[arg(help_heading = SERVER)]
    pub allow_origin: Vec<Origin>,

    /// Where CA, certificate, keys, bearers and port are kept between runs, and a secret from which
    /// what exists from the start gets the same uids each time [default: nothing is kept]
    #[arg(long, env = "TOKEN_EMULATOR_STATE_DIR", hide_env_values = true, value_name = "DIR")]
    #[arg(help_heading = SERVER)]
    pub state_dir: Option<PathBuf>,

    /// Certificate chain (PEM) of the https side [default: made at start for localhost,
    /// 127.0.0.1, ::1 and kubernetes.default.svc]
    #[arg(long, env = "TOKEN_EMULATOR_TLS_CERT_FILE", hide_env_values = true, value_name = "FILE")]
    #[arg(help_heading = SERVER)]
    pub tls_cert_file: Option<PathBuf>,

    /// Private key (PEM) of --tls-cert-file
    #[arg(long, env = "TOKEN_EMULATOR_TLS_PRIVATE_KEY_FILE", hide_env_values = true)]
    #[arg(value_name = "FILE")]
    #[arg(help_heading = SERVER)]
    pub tls_private_key_file: Option<PathBuf>,

    /// Issuer of service account tokens: a URL, or self, which is the server's own https URL; a
    /// port of 0 in a URL is the one that it listens on. Given again, others that are accepted
    /// beside the first (in the environment: one a line)
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_ISSUER", hide_env_values = true)]
    #[arg(value_name = "URL", value_delimiter = '\n', action = ArgAction::Append)]
    #[arg(default_value = DEFAULT_ISSUER)]
    #[arg(help_heading = TOKENS)]
    pub service_account_issuer: Vec<String>,

    /// Private key (PEM) that signs service account tokens [default: an RSA-2048 key made at
    /// start]
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_SIGNING_KEY_FILE", hide_env_values = true)]
    #[arg(value_name = "FILE")]
    #[arg(help_heading = TOKENS)]
    pub service_account_signing_key_file: Option<PathBuf>,

    /// Keys (PEM) that verify service account tokens and are published; repeatable [default: the
    /// signing key's public half]
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_KEY_FILE", hide_env_values = true)]
    #[arg(value_name = "FILE", value_delimiter = '\n', action = ArgAction::Append)]
    #[arg(help_heading = TOKENS)]
    pub service_account_key_file: Vec<PathBuf>,

    /// Longest lifetime of a token, 1h to 4294967296s; 0 sets no limit
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_MAX_TOKEN_EXPIRATION")]
    #[arg(hide_env_values = true, value_name = "DURATION")]
    #[arg(value_parser = duration::unsigned, default_value = "0s")]
    #[arg(help_heading = TOKENS)]
    pub service_account_max_token_expiration: Duration,

    /// Let a pod's token that asks for 3607 seconds live for a year
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_EXTEND_TOKEN_EXPIRATION")]
    #[arg(hide_env_values = true, value_name = "BOOL", action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = true)]
    #[arg(help_heading = TOKENS)]
    pub service_account_extend_token_expiration: bool,

    /// jwks_uri of the discovery document; https [default: the server's own address]
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_JWKS_URI", hide_env_values = true)]
    #[arg(value_name = "URL")]
    #[arg(help_heading = TOKENS)]
    pub service_account_jwks_uri: Option<String>,

    /// Accept a token Secret's token only while the Secret exists
    #[arg(long, env = "TOKEN_EMULATOR_SERVICE_ACCOUNT_LOOKUP", hide_env_values = true)]
    #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = true)]
    #[arg(help_heading = TOKENS)]
    pub service_account_lookup: bool,

    /// Audiences of the API server itself, separated by commas [default: the issuers]
    #[arg(long, env = "TOKEN_EMULATOR_API_AUDIENCES", hide_env_values = true)]
    #[arg(value_name = "AUDIENCES", value_delimiter = ',', action = ArgAction::Append)]
    #[arg(help_heading = TOKENS)]
    pub api_audiences: Vec<String>,

    /// Host, or host and port, that the server calls itself in the discovery document
    #[arg(long, env = "TOKEN_EMULATOR_EXTERNAL_HOSTNAME", hide_env_values = true)]
    #[arg(value_name = "HOST")]
    #[arg(help_heading = SERVER)]
    pub external_hostname: Option<String>,

    /// Admission plugins that are on beside the default ones, separated by commas: AlwaysAdmit,
    /// AlwaysDeny, NamespaceAutoProvision, NamespaceExists, NodeRestriction
    #[arg(long, env = "TOKEN_EMULATOR_ENABLE_ADMISSION_PLUGINS", hide_env_values = true)]
    #[arg(value_name = "PLUGINS", value_delimiter = ',', action = ArgAction::Append)]
    #[arg(help_heading = KUBERNETES)]
    pub enable_admission_plugins: Vec<String>,

    /// Bearer tokens: a line `token,user,uid,"group,group"` each
    #[arg(long, env = "TOKEN_EMULATOR_TOKEN_AUTH_FILE", hide_env_values = true)]
    #[arg(value_name = "FILE")]
    #[arg(help_heading = KUBERNETES)]
    pub token_auth_file: Option<PathBuf>,

    /// Who may do what on the Kubernetes side
    #[arg(long, env = "TOKEN_EMULATOR_AUTHORIZATION_MODE", hide_env_values = true)]
    #[arg(value_name = "MODE", default_value = "AlwaysAllow")]
    #[arg(value_parser = values::authorization_mode())]
    #[arg(help_heading = KUBERNETES)]
    pub authorization_mode: AuthorizationMode,

    /// Take a request without credentials for system:anonymous rather than refuse it
    #[arg(long, env = "TOKEN_EMULATOR_ANONYMOUS_AUTH", hide_env_values = true)]
    #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = true)]
    #[arg(help_heading = KUBERNETES)]
    pub anonymous_auth: bool,

    /// Play kube-controller-manager and kubelet as far as tokens need them
    #[arg(long, env = "TOKEN_EMULATOR_CONTROLLERS", hide_env_values = true)]
    #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = true)]
    #[arg(help_heading = KUBERNETES)]
    pub controllers: bool,

    /// How long a successful authentication is remembered; kube-apiserver's is 10s
    #[arg(long, env = "TOKEN_EMULATOR_TOKEN_CACHE_TTL", hide_env_values = true)]
    #[arg(value_name = "DURATION", value_parser = duration::unsigned, default_value = "0s")]
    #[arg(help_heading = KUBERNETES)]
    pub token_cache_ttl: Duration,

    /// Whether the Google side wants a bearer with the cloud-platform scope
    #[arg(long, env = "TOKEN_EMULATOR_GOOGLE_AUTH", hide_env_values = true)]
    #[arg(value_name = "MODE", default_value = "off", value_parser = values::google_auth())]
    #[arg(help_heading = GOOGLE)]
    pub google_auth: GoogleAuth,

    /// More Google bearers: a line `token,principal,"scope scope"[,lifetime]` each
    #[arg(long, env = "TOKEN_EMULATOR_GOOGLE_TOKEN_FILE", hide_env_values = true)]
    #[arg(value_name = "FILE")]
    #[arg(help_heading = GOOGLE)]
    pub google_token_file: Option<PathBuf>,

    /// Answer gRPC health checks and reflection, which Google does not [default: unless
    /// --google-auth is strict]
    #[arg(long, env = "TOKEN_EMULATOR_GOOGLE_CONVENIENCES", hide_env_values = true)]
    #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    #[arg(help_heading = GOOGLE)]
    pub google_conveniences: Option<bool>,

    /// How long a Google operation runs, on the emulator's clock
    #[arg(long, env = "TOKEN_EMULATOR_GOOGLE_OPERATION_DURATION", hide_env_values = true)]
    #[arg(value_name = "DURATION", value_parser = duration::unsigned, default_value = "200ms")]
    #[arg(help_heading = GOOGLE)]
    pub google_operation_duration: Duration,

    /// Authorities (PEM) to trust when the keys of a foreign issuer are fetched [default: the
    /// system's]
    #[arg(long, env = "TOKEN_EMULATOR_ISSUER_CA_FILE", hide_env_values = true)]
    #[arg(value_name = "FILE")]
    #[arg(help_heading = GOOGLE)]
    pub issuer_ca_file: Option<PathBuf>,

    /// Kubernetes objects and AttachedClusters (YAML) that exist from the start
    #[arg(long, env = "TOKEN_EMULATOR_SEED", hide_env_values = true, value_name = "FILE")]
    #[arg(help_heading = CONTENT)]
    pub seed: Option<PathBuf>,

    /// Bearer that /_emulator/ wants; required when listening beyond loopback
    #[arg(long, env = "TOKEN_EMULATOR_CONTROL_TOKEN", hide_env_values = true)]
    #[arg(value_name = "TOKEN")]
    #[arg(help_heading = CONTENT)]
    pub control_token: Option<Credential>,

    /// End the program when the process that started it ends
    #[arg(long, env = "TOKEN_EMULATOR_EXIT_WITH_PARENT", hide_env_values = true)]
    #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    #[arg(help_heading = SERVER)]
    pub exit_with_parent: bool,

    /// End the program when its standard input, a pipe or a socket, is closed
    #[arg(long, env = "TOKEN_EMULATOR_EXIT_ON_STDIN_CLOSE", hide_env_values = true)]
    #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    #[arg(help_heading = SERVER)]
    pub exit_on_stdin_close: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            ready_file: None,
            kubeconfig: None,
            advertise: Vec::new(),
            allow_origin: Vec::new(),
            state_dir: None,
            tls_cert_file: None,
            tls_private_key_file: None,
            service_account_issuer: vec![DEFAULT_ISSUER.to_owned()],
            service_account_signing_key_file: None,
            service_account_key_file: Vec::new(),
            service_account_max_token_expiration: Duration::ZERO,
            service_account_extend_token_expiration: true,
            service_account_jwks_uri: None,
            service_account_lookup: true,
            api_audiences: Vec::new(),
            external_hostname: None,
            enable_admission_plugins: Vec::new(),
            token_auth_file: None,
            authorization_mode: AuthorizationMode::AlwaysAllow,
            anonymous_auth: true,
            controllers: true,
            token_cache_ttl: Duration::ZERO,
            google_auth: GoogleAuth::Off,
            google_token_file: None,
            google_conveniences: None,
            google_operation_duration: Duration::from_millis(200),
            issuer_ca_file: None,
            seed: None,
            control_token: None,
            exit_with_parent: false,
            exit_on_stdin_close: false,
        }
    }
}
