//! Both APIs in one walk: a token that kubectl got is exchanged for an access token, and that is
//! accepted as a bearer.

use {
    super::{
        curl::Curl,
        json,
        scenario::{Flow, Report},
        tool::{Tool, expect},
    },
    crate::Result,
    std::{cell::RefCell, fs, path::Path, thread, time::Duration},
    token_launch::Server,
};

/// A Google side that wants bearers, and a cluster that is attached to it.
pub(super) struct Attached {
    /// The emulator.
    pub(super) server: Server,
    curl: Curl,
    kubectl: Tool,
    /// The token of each step, for the next.
    token: RefCell<String>,
}

/// Where the clusters are.
pub(super) const LOCATION: &str = "/v1/projects/1234/locations/us-west1";

/// The issuer of the emulator's tokens.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

const FLOWS: &[Flow<Attached>] = &[
    Flow { name: "no bearer is refused", run: refused },
    Flow { name: "a cluster with the emulator's keys", run: |s| s.attach("together") },
    Flow { name: "kubectl create token", run: token },
    Flow { name: "exchange", run: exchange },
    Flow { name: "the access token as a bearer", run: bearer },
];

/// The whole walk.
pub(super) fn run(emulator: &Path, kubectl: &Tool, report: &mut Report) -> Result {
    let session = Attached::start(emulator, kubectl)?;
    report.run("together", FLOWS, &session);
    Ok(())
}

impl Attached {
    /// A strict emulator.
    pub(super) fn start(emulator: &Path, kubectl: &Tool) -> Result<Self> {
        let server = Server::start(emulator, &["--google-auth", "strict"])?;
        let kubectl = kubectl.clone().with("KUBECONFIG", server.kubeconfig());
        Ok(Self { server, curl: Curl::new(), kubectl, token: RefCell::default() })
    }

    fn google(&self, status: u16, path: &str, more: &[&str]) -> Result<String, String> {
        let bearer = format!("Authorization: Bearer {}", self.server.google_access_token());
        let url = format!("{}{path}", self.server.url());
        let headers = ["--header", &bearer, "--header", "Content-Type: application/json", &url];
        self.curl.ask(status, &[&headers[..], more].concat())
    }

    /// Attaches a cluster whose keys are those that the emulator publishes.
    pub(super) fn attach(&self, name: &str) -> Result<(), String> {
        let keys = self.kubectl.run(&["get", "--raw", "/openid/v1/jwks"])?.out;
        let body = format!(
            r#"{{"oidcConfig":{{"issuerUrl":"{ISSUER}","jwks":"{}"}},"platformVersion":"1.33.0-gke.1","distribution":"generic","fleet":{{"project":"projects/1234"}}}}"#,
            json::base64(keys.as_bytes())
        );
        let path = format!("{LOCATION}/attachedClusters?attachedClusterId={name}");
        let operation = self.google(200, &path, &["--data", &body])?;
        let operation = json::member(&operation, "name")?;
        for _ in 0..100 {
            let answer = self.google(200, &format!("/v1/{operation}"), &[])?;
            if json::member(&answer, "done").is_ok() {
                return expect(&answer, "\"response\"");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err("the cluster was not attached in time".to_owned())
    }

    /// A file in the emulator's folder, with that text in it.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.server.folder().join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path.display().to_string())
    }

    /// Exchanges a service account's token for one of that cluster.
    pub(super) fn exchange_for(&self, cluster: &str) -> Result<(), String> {
        let token = self.kubectl.run(&["create", "token", "default"])?.out;
        self.exchange(token.trim(), cluster).map(drop)
    }

    fn exchange(&self, token: &str, cluster: &str) -> Result<String, String> {
        let body = format!(
            r#"{{"subjectToken":"{token}","subjectTokenType":"urn:ietf:params:oauth:token-type:jwt","version":"v1"}}"#
        );
        let path =
            format!("{LOCATION}/attachedClusters/{cluster}:generateAttachedClusterAgentToken");
        let answer = self.google(200, &path, &["--data", &body])?;
        expect(&answer, "\"token_type\": \"Bearer\"")?;
        json::member(&answer, "access_token")
    }
}

fn refused(s: &Attached) -> Result<(), String> {
    let url = format!("{}{LOCATION}/attachedClusters", s.server.url());
    expect(&s.curl.ask(401, &[&url])?, "UNAUTHENTICATED")
}

fn token(s: &Attached) -> Result<(), String> {
    s.kubectl.run(&["create", "serviceaccount", "agent"])?;
    *s.token.borrow_mut() = s.kubectl.run(&["create", "token", "agent"])?.out.trim().to_owned();
    Ok(())
}

fn exchange(s: &Attached) -> Result<(), String> {
    let token = s.token.take();
    *s.token.borrow_mut() = s.exchange(&token, "together")?;
    Ok(())
}

fn bearer(s: &Attached) -> Result<(), String> {
    let bearer = format!("Authorization: Bearer {}", s.token.borrow());
    let url = format!("{}{LOCATION}/attachedClusters/together", s.server.url());
    expect(&s.curl.ask(200, &["--header", &bearer, &url])?, "attachedClusters/together")
}
