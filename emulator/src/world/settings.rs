//! What is fixed at start: what issues, what is accepted, how strictly.

use std::time::Duration;

/// The issuer of service account tokens that nobody has set another for.
pub const DEFAULT_ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// How requests are authorized on the Kubernetes side (`--authorization-mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationMode {
    /// Everybody may do everything.
    AlwaysAllow,
    /// Roles decide.
    Rbac,
}

/// Whether the Google side wants a bearer (`--google-auth`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoogleAuth {
    /// Any credential will do, and so will none.
    Off,
    /// A known access token with the cloud-platform scope.
    Strict,
}

/// The settings that handlers read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss` of new tokens first, then the others that are accepted. Never empty.
    pub issuers: Vec<String>,
    /// Audiences of the API server itself (`--api-audiences`, else the issuers).
    pub api_audiences: Vec<String>,
    /// The cap on a requested lifetime, if there is one.
    pub max_token_expiration: Option<Duration>,
    /// Whether 3607 seconds for a pod's token become a year.
    pub extend_token_expiration: bool,
    /// `jwks_uri` of the discovery document, when it is not the server's own address.
    pub jwks_uri: Option<String>,
    /// Whether legacy tokens are looked up among the secrets.
    pub service_account_lookup: bool,
    /// Host, or host and port, that the server calls itself in the discovery document.
    pub external_hostname: Option<String>,
    /// Admission plugins that are on beyond the default ones.
    pub admission_plugins: Vec<String>,
    /// How requests are authorized.
    pub authorization_mode: AuthorizationMode,
    /// Whether a request without credentials is `system:anonymous` rather than refused.
    pub anonymous_auth: bool,
    /// Whether kube-controller-manager and kubelet are played as far as tokens need them.
    pub controllers: bool,
    /// How long a successful authentication is remembered.
    pub token_cache_ttl: Duration,
    /// The cluster's CA certificate (PEM), for `kube-root-ca.crt` and token Secrets.
    pub ca_certificate: String,
    /// Whether the Google side wants a bearer.
    pub google_auth: GoogleAuth,
    /// Whether the Google side answers health checks and reflection over gRPC.
    pub google_conveniences: bool,
    /// How long a Google operation runs.
    pub google_operation_duration: Duration,
    /// The Google projects that exist; `None` when every project does.
    pub google_projects: Option<Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuers: vec![DEFAULT_ISSUER.to_owned()],
            api_audiences: vec![DEFAULT_ISSUER.to_owned()],
            max_token_expiration: None,
            extend_token_expiration: true,
            jwks_uri: None,
            service_account_lookup: true,
            external_hostname: None,
            admission_plugins: Vec::new(),
            authorization_mode: AuthorizationMode::AlwaysAllow,
            anonymous_auth: true,
            controllers: true,
            token_cache_ttl: Duration::ZERO,
            ca_certificate: String::new(),
            google_auth: GoogleAuth::Off,
            google_conveniences: true,
            google_operation_duration: Duration::from_millis(200),
            google_projects: None,
        }
    }
}
