//! What is judged: where it is, who we are there, and what we found out about it.

use {
    crate::{
        case::Need,
        client::{Client, Unreachable},
        exchange::{Answer, Request},
        token::RelyingParty,
        variant::Protocol,
    },
    bytes::Bytes,
    serde_json::Value,
    std::{collections::HashSet, fmt},
};

/// One API of a target.
#[derive(Debug)]
pub struct Side {
    /// Its client.
    pub client: Client,
    /// The suite's own bearer there.
    pub credential: Option<String>,
}

/// A target. A side that is not there makes its cases skipped.
#[derive(Debug, Default)]
pub struct Target {
    /// The Kubernetes API.
    pub kubernetes: Option<Side>,
    /// The Google API.
    pub google: Option<Side>,
    /// An attached cluster to use, rather than making one.
    pub cluster: Option<String>,
    /// A token of that cluster's to exchange.
    pub subject_token: Option<String>,
    /// What was found out.
    pub facts: Facts,
}

/// What was found out about a target before anybody judges it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `gitVersion` of the Kubernetes side.
    pub version: Option<String>,
    /// What it has of what cases may need.
    pub features: HashSet<Need>,
    /// Whether the Kubernetes side offers HTTP/2 by ALPN.
    pub http2: bool,
    /// Whether the Google side does, or is plain.
    pub google_http2: bool,
    /// Its issuer and keys, where they may be read.
    pub party: Option<RelyingParty>,
}

/// Why nothing can be judged at a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It does not answer.
    Unreachable(Unreachable),
    /// It does not know who we are: its URL, and whether we said so.
    Refused {
        /// The URL.
        endpoint: String,
        /// Whether a credential was sent.
        credential: bool,
    },
}

impl Side {
    /// One exchange as the suite itself.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Unreachable> {
        self.ask_as(self.credential.as_deref(), method, path, body).await
    }

    /// One exchange with a bearer, or without.
    pub async fn ask_as(
        &self,
        bearer: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Unreachable> {
        let mut headers = vec![("accept".to_owned(), "*/*".to_owned())];
        headers.extend(bearer.map(|it| ("authorization".to_owned(), format!("Bearer {it}"))));
        headers.extend(body.map(|_| ("content-type".to_owned(), "application/json".to_owned())));
        let body = body.map_or_else(Bytes::new, |it| Bytes::from(it.to_string()));
        let (method, path) = (method.to_owned(), path.to_owned());
        let protocol = Protocol::Http1;
        self.client.send(&Request { method, path, headers, body, protocol }).await
    }
}

impl Target {
    /// Project and location of the attached cluster that was named.
    pub fn parent(&self) -> Option<&str> {
        let (parent, _) = self.cluster.as_deref()?.split_once("/attachedClusters/")?;
        Some(parent)
    }

    /// Finds out what the target is, changing nothing there. One that answers 401 to us refuses
    /// whatever we would ask.
    pub async fn learn(&mut self) -> Result<(), Unfit> {
        let mut facts = Facts::default();
        if let Some(side) = &self.kubernetes {
            facts.version = version(side).await?;
            facts.http2 = side.client.endpoint().https && side.client.offers_http2().await;
            facts.party = relying_party(side).await;
            facts.features = features(side).await?;
            if facts.party.is_some() {
                facts.features.insert(Need::Discovery);
            }
        }
        if let Some(side) = &self.google {
            facts.google_http2 = !side.client.endpoint().https || side.client.offers_http2().await;
            facts.features.extend(google_features(side).await?);
            self.learn_clusters(&mut facts);
        }
        self.facts = facts;
        Ok(())
    }
}

impl Target {
    /// Clusters can be registered in any project of an emulator; elsewhere the one to use is named.
    fn learn_clusters(&self, facts: &mut Facts) {
        if facts.features.contains(&Need::Clock) && self.cluster.is_none() {
            facts.features.insert(Need::OwnClusters);
        }
        if self.cluster.is_none() || self.subject_token.is_some() || facts.party.is_some() {
            facts.features.insert(Need::SubjectToken);
        }
    }
}

impl Facts {
    /// The minor version of Kubernetes.
    pub fn minor(&self) -> Option<u32> {
        let version = self.version.as_deref()?.strip_prefix("v1.")?;
        version.split('.').next()?.parse().ok()
    }

    /// The server as snapshots name it.
    pub fn server(&self) -> String {
        format!("kube-apiserver {}", self.version.as_deref().unwrap_or("of unknown version"))
    }
}

async fn version(side: &Side) -> Result<Option<String>, Unreachable> {
    let answer = side.ask("GET", "/version", None).await?;
    let version = answer.value().and_then(|it| it["gitVersion"].as_str().map(str::to_owned));
    Ok(version)
}

async fn features(side: &Side) -> Result<HashSet<Need>, Unfit> {
    let mut features = HashSet::new();
    let secrets = "/api/v1/namespaces/kube-system/secrets";
    let anonymous = side.ask_as(None, "GET", secrets, None).await?;
    if anonymous.status != 401 {
        features.insert(Need::Anonymous);
    }
    if anonymous.status == 403 {
        features.insert(Need::Rbac);
    }
    // The controller that publishes the root CA is the first to act in a namespace.
    let root_ca = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt";
    if known(side, root_ca).await?.status == 404 {
        features.insert(Need::NoControllers);
    }
    if side.ask("GET", "/_emulator/v1/clock", None).await?.status == 200 {
        features.insert(Need::Clock);
    }
    Ok(features)
}

async fn google_features(side: &Side) -> Result<HashSet<Need>, Unfit> {
    let mut features = HashSet::from([Need::Google]);
    let clusters = "/v1/projects/conformance/locations/us-west1/attachedClusters";
    known(side, clusters).await?;
    if side.ask_as(None, "GET", clusters, None).await?.status == 401 {
        features.insert(Need::GoogleAuth);
    }
    if side.ask("GET", "/_emulator/v1/clock", None).await?.status == 200 {
        features.insert(Need::Clock);
    }
    Ok(features)
}

/// What is answered to the suite's own credential, if it is one there.
async fn known(side: &Side, path: &str) -> Result<Answer, Unfit> {
    let answer = side.ask("GET", path, None).await?;
    if answer.status == 401 {
        let endpoint = side.client.endpoint().to_string();
        return Err(Unfit::Refused { endpoint, credential: side.credential.is_some() });
    }
    Ok(answer)
}

/// Follows the way of any relying party. A `jwks_uri` may name an address that cannot be reached
/// from here, so its path is asked of the server itself.
async fn relying_party(side: &Side) -> Option<RelyingParty> {
    let document = side.ask("GET", "/.well-known/openid-configuration", None).await.ok()?;
    let document = document.value()?;
    let issuer = document["issuer"].as_str()?.to_owned();
    let uri: http::Uri = document["jwks_uri"].as_str()?.parse().ok()?;
    let keys = side.ask("GET", uri.path(), None).await.ok()?;
    Some(RelyingParty { issuer, keys: serde_json::from_slice(&keys.body).ok()? })
}

impl From<Unreachable> for Unfit {
    fn from(error: Unreachable) -> Self {
        Self::Unreachable(error)
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "cannot reach {error}"),
            Self::Refused { endpoint, credential: true } => {
                write!(f, "{endpoint} answers 401 to the credential: nothing can be judged there")
            }
            Self::Refused { endpoint, credential: false } => {
                write!(
                    f,
                    "{endpoint} answers 401 without a bearer token: nothing can be judged there"
                )
            }
        }
    }
}
