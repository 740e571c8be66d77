//! What is judged: where it is, who we are there, and what we found out about it.

use {
    crate::{
        case::Need,
        client::{Client, Unreachable, beyond::Beyond},
        exchange::{Answer, Request},
        keys,
        redact::Redactor,
        secrets::Secrets,
        token::RelyingParty,
        variant::Protocol,
    },
    bytes::Bytes,
    serde_json::Value,
    std::{collections::HashSet, fmt},
};

/// What the controller that publishes the root CA makes, which is the first to act in a namespace.
const ROOT_CA: &str = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt";

/// As many characters of a version are kept.
const VERSION: usize = 100;

/// What nobody may read who was not given leave.
pub(crate) const SECRETS: &str = "/api/v1/namespaces/kube-system/secrets";

/// One API of a target.
#[derive(Debug)]
pub struct Side {
    /// Its client.
    pub client: Client,
    /// The suite's own bearer there.
    pub credential: Option<String>,
    /// What asks as anybody else, where `client` shows a certificate that says who we are.
    pub others: Option<Client>,
    /// Headers that make us somebody else.
    pub impersonation: Vec<(String, String)>,
    /// How those are asked whom it names.
    pub beyond: Beyond,
    /// The credentials that were sent to it and received from it.
    pub secrets: Secrets,
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
    /// The credentials that were sent to it and received from it.
    pub secrets: Secrets,
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
    /// What answers is another thing: nothing that it says is JSON.
    Foreign {
        /// Its URL.
        endpoint: String,
        /// What it would have to be.
        api: &'static str,
        /// The status of an answer.
        status: u16,
        /// And its media type.
        media_type: String,
    },
}

impl Side {
    /// A side where a bearer says who we are, if anything does.
    pub fn new(client: Client, credential: Option<String>) -> Self {
        let (impersonation, beyond) = (Vec::new(), Beyond::default());
        let secrets = Secrets::default();
        Self { client, credential, others: None, impersonation, beyond, secrets }
    }

    /// What carries our own requests, or those of others.
    pub fn client_of(&self, own: bool) -> &Client {
        self.others.as_ref().filter(|_| !own).unwrap_or(&self.client)
    }

    /// The headers that say who we are.
    pub fn own_headers(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let bearer = self.credential.as_deref().map(bearer);
        bearer.into_iter().chain(self.impersonation.iter().cloned())
    }

    /// One exchange as the suite itself.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Unreachable> {
        self.send(true, &request(self.own_headers(), method, path, body)).await
    }

    /// One exchange as nobody.
    pub async fn ask_as_nobody(&self, path: &str) -> Result<Answer, Unreachable> {
        self.send(false, &request(std::iter::empty(), "GET", path, None)).await
    }

    /// One exchange as somebody else.
    pub async fn ask_as(&self, token: &str, path: &str) -> Result<Answer, Unreachable> {
        let caller = std::iter::once(bearer(token));
        self.send(false, &request(caller, "GET", path, None)).await
    }

    /// One exchange, as ourselves or as somebody else. The credentials in it are remembered.
    pub async fn send(&self, own: bool, request: &Request) -> Result<Answer, Unreachable> {
        request.credentials().for_each(|it| self.secrets.add(it));
        let answer = self.client_of(own).send(request).await?;
        answer.credentials().iter().for_each(|it| self.secrets.add(it));
        Ok(answer)
    }
}

fn bearer(token: &str) -> (String, String) {
    ("authorization".to_owned(), format!("Bearer {token}"))
}

fn request(
    caller: impl Iterator<Item = (String, String)>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Request {
    let mut headers = vec![("accept".to_owned(), "*/*".to_owned())];
    headers.extend(caller);
    headers.extend(body.map(|_| ("content-type".to_owned(), "application/json".to_owned())));
    let body = body.map_or_else(Bytes::new, |it| Bytes::from(it.to_string()));
    let (method, path) = (method.to_owned(), path.to_owned());
    Request { method, path, headers, body, protocol: Protocol::Http1 }
}

impl Target {
    /// Project and location of the attached cluster that was named.
    pub fn parent(&self) -> Option<&str> {
        let (parent, _) = self.cluster.as_deref()?.split_once("/attachedClusters/")?;
        Some(parent)
    }

    /// What hides the suite's own credentials, and names the addresses.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::new(self.secrets.clone());
        for side in [&self.kubernetes, &self.google].into_iter().flatten() {
            let authority = side.client.endpoint().authority();
            // A bare host may be a word that stands in names and issuers, too.
            let before = if authority.contains(':') { "" } else { "//" };
            redactor.name(&format!("{before}{authority}"), &format!("{before}{{server}}"));
            redactor.credential(side.credential.as_deref().unwrap_or_default());
        }
        redactor.credential(self.subject_token.as_deref().unwrap_or_default());
        redactor
    }

    /// Finds out what the target is, changing nothing there. One that answers 401 to us refuses
    /// whatever we would ask.
    pub async fn learn(&mut self) -> Result<(), Unfit> {
        let mut facts = Facts::default();
        for side in [&mut self.kubernetes, &mut self.google].into_iter().flatten() {
            side.secrets = self.secrets.clone();
        }
        if let Some(side) = &self.kubernetes {
            let told = side.ask("GET", "/version", None).await?;
            let root_ca = known(side, ROOT_CA).await?;
            foreign(side, "Kubernetes API", [&told, &root_ca])?;
            let (hidden, version) = version(&told);
            facts.version =
                version.map(|it| self.secrets.hide(&it).chars().take(VERSION).collect());
            facts.http2 = side.client.endpoint().https && side.client.offers_http2().await;
            let (status, party) = keys::find(side).await;
            facts.features = features(side, &root_ca).await?;
            // A document that does not lead to keys is judged; one that is not there may be hidden.
            let hidden_keys = matches!(status, None | Some(400..=499));
            if !hidden_keys || party.is_some() {
                facts.features.insert(Need::Discovery);
            }
            facts.party = party.map(|mut it| {
                it.doubt = it.doubt.map(|why| self.secrets.hide(&why).into_owned());
                it
            });
            // What is answered wrongly is judged; what is refused may be hidden.
            if !hidden {
                facts.features.insert(Need::Version);
            }
        }
        if let Some(side) = &self.google {
            facts.google_http2 = side.client.offers_http2().await;
            facts.features.extend(google_features(side, self.parent()).await?);
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
        let digits = version.find(|it: char| !it.is_ascii_digit()).unwrap_or(version.len());
        version[..digits].parse().ok()
    }

    /// The server as snapshots name it.
    pub fn server(&self) -> String {
        format!("kube-apiserver {}", self.version.as_deref().unwrap_or("of unknown version"))
    }
}

/// That what answers so to both of these is no such API, whatever a gateway may hide of one.
fn foreign(side: &Side, api: &'static str, answers: [&Answer; 2]) -> Result<(), Unfit> {
    let [answer, other] = answers;
    let in_json = |it: &Answer| it.media_type().contains("json") || it.value().is_some();
    if in_json(answer) || in_json(other) {
        return Ok(());
    }
    let endpoint = side.client.endpoint().to_string();
    let media_type = answer.media_type().to_owned();
    Err(Unfit::Foreign { endpoint, api, status: answer.status, media_type })
}

/// Whether the version is hidden from us, and what it is.
fn version(answer: &Answer) -> (bool, Option<String>) {
    let version = answer.value().and_then(|it| it["gitVersion"].as_str().map(str::to_owned));
    (matches!(answer.status, 401 | 403 | 404), version)
}

async fn features(side: &Side, root_ca: &Answer) -> Result<HashSet<Need>, Unfit> {
    let mut features = HashSet::new();
    let anonymous = side.ask_as_nobody(SECRETS).await?;
    // Where nobody is anonymous it is 401; what else is refused is judged, whatever it is called.
    let refused = refuses(anonymous.status);
    if refused || anonymous.status == 200 {
        features.insert(Need::Anonymous);
    }
    if refused {
        features.insert(Need::Rbac);
    }
    if root_ca.status == 404 {
        features.insert(Need::NoControllers);
    }
    if has_clock(side).await? {
        features.insert(Need::Clock);
    }
    Ok(features)
}

/// Whether a status refuses whoever asks for what is not his. Of a server that is busy or out of
/// order nothing is known.
fn refuses(status: u16) -> bool {
    matches!(status, 400 | 402..=428 | 430..=499)
}

/// Whether the emulator's controls are there. Some gateways answer 200 to whatever they are asked.
async fn has_clock(side: &Side) -> Result<bool, Unreachable> {
    let answer = side.ask("GET", "/_emulator/v1/clock", None).await?;
    let told = answer.value().is_some_and(|it| it["now"].is_string());
    Ok(answer.status == 200 && told)
}

async fn google_features(side: &Side, parent: Option<&str>) -> Result<HashSet<Need>, Unfit> {
    let mut features = HashSet::from([Need::Google]);
    let parent = parent.unwrap_or("projects/conformance/locations/us-west1");
    let clusters = format!("/v1/{parent}/attachedClusters");
    let ours = known(side, &clusters).await?;
    let nobodys = side.ask_as_nobody(&clusters).await?;
    foreign(side, "Google API", [&ours, &nobodys])?;
    // Whatever it is that nobody is answered: when it is not what we are, a bearer is looked at.
    if nobodys.status != ours.status {
        features.insert(Need::GoogleAuth);
    }
    if has_clock(side).await? {
        features.insert(Need::Clock);
    }
    Ok(features)
}

/// What is answered to the suite's own credential, if it is one there.
async fn known(side: &Side, path: &str) -> Result<Answer, Unfit> {
    let answer = side.ask("GET", path, None).await?;
    if answer.status == 401 {
        let endpoint = side.client.endpoint().to_string();
        let credential = side.credential.is_some() || side.others.is_some();
        return Err(Unfit::Refused { endpoint, credential });
    }
    Ok(answer)
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
            Self::Foreign { endpoint, api, status, media_type } => {
                let kind = if media_type.is_empty() { "nothing" } else { media_type };
                write!(f, "no {api} answers at {endpoint}: it says {status} and {kind}, not JSON")
            }
            Self::Refused { endpoint, credential: true } => {
                write!(f, "{endpoint} answers 401 to the credential: nothing can be judged there")
            }
            Self::Refused { endpoint, credential: false } => {
                write!(
                    f,
                    "{endpoint} answers 401 without a credential: nothing can be judged there"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_busy_refuses_nobody() {
        for (status, refused) in [
            (200, false),
            (400, true),
            (401, false),
            (403, true),
            (404, true),
            (429, false),
            (500, false),
            (503, false),
        ] {
            assert_eq!(refuses(status), refused, "{status}");
        }
    }
}
