//! curl: what a script does, over http and https, with JSON and YAML.

use {
    super::{
        json,
        scenario::{Flow, Report},
        tool::{Tool, expect},
    },
    crate::Result,
    std::path::Path,
    token_launch::Server,
};

/// curl and an emulator of its own.
struct Session {
    curl: Curl,
    server: Server,
}

/// curl with the flags that every use of it has.
#[derive(Debug)]
pub(super) struct Curl(Tool);

const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/builder/token";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

const FLOWS: &[Flow<Session>] = &[
    Flow { name: "GET /version, http", run: |s| s.get(s.server.url(), "/version", "gitVersion") },
    Flow {
        name: "GET /version, https",
        run: |s| s.get(s.server.https_url(), "/version", "gitVersion"),
    },
    Flow { name: "GET /version, HTTP/2 over http", run: http2 },
    Flow { name: "POST a service account", run: create_account },
    Flow { name: "TokenRequest in JSON", run: token_in_json },
    Flow { name: "TokenRequest in YAML", run: token_in_yaml },
    Flow { name: "TokenReview", run: review },
    Flow { name: "discovery and its keys", run: discovery },
    Flow { name: "an unknown bearer", run: unknown_bearer },
    Flow { name: "the clock, and an expired token", run: expiry },
];

/// Every flow with curl.
pub(super) fn run(emulator: &Path, report: &mut Report) -> Result {
    let curl = Curl::new();
    if !curl.0.is_installed() {
        report.failed("curl", "is installed", "not found");
        return Ok(());
    }
    report.run("curl", FLOWS, &Session { curl, server: Server::start(emulator, &[])? });
    Ok(())
}

impl Curl {
    /// curl, as found.
    pub(super) fn new() -> Self {
        Self(Tool::at("curl"))
    }

    /// The body of an answer whose status has to be that one.
    pub(super) fn ask(&self, status: u16, arguments: &[&str]) -> Result<String, String> {
        let common =
            ["--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}"];
        let out = match self.0.run(&[&common[..], arguments].concat()) {
            Ok(said) => said.out,
            Err(error) => return Err(error.replace(&common.join(" "), "…")),
        };
        let (body, code) = out.rsplit_once('\n').unwrap_or(("", &out));
        if code == status.to_string() {
            Ok(body.to_owned())
        } else {
            Err(format!("curl {}: wanted {status}, got {code}: {body}", arguments.join(" ")))
        }
    }
}

impl Session {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    fn get(&self, base: &str, path: &str, part: &str) -> Result<(), String> {
        let url = format!("{base}{path}");
        expect(&self.curl.ask(200, &["--cacert", self.server.ca_file(), &url])?, part)
    }

    fn post(&self, status: u16, path: &str, media: &str, body: &str) -> Result<String, String> {
        let (kind, accept) = (format!("Content-Type: {media}"), format!("Accept: {media}"));
        let headers = ["--header", &kind, "--header", &accept];
        let url = self.url(path);
        self.curl.ask(status, &[&headers[..], &["--data-binary", body, &url]].concat())
    }

    fn token(&self) -> Result<String, String> {
        json::member(&self.post(201, TOKEN, "application/json", "{}")?, "token")
    }

    fn review(&self, token: &str) -> Result<String, String> {
        let body = format!(r#"{{"spec":{{"token":"{token}"}}}}"#);
        self.post(201, REVIEWS, "application/json", &body)
    }
}

fn http2(s: &Session) -> Result<(), String> {
    let url = s.url("/version");
    expect(&s.curl.ask(200, &["--http2-prior-knowledge", &url])?, "gitVersion")
}

fn create_account(s: &Session) -> Result<(), String> {
    let body = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"builder"}}"#;
    expect(&s.post(201, ACCOUNTS, "application/json", body)?, "builder")
}

fn token_in_json(s: &Session) -> Result<(), String> {
    let claims = json::claims(&s.token()?)?;
    expect(&claims, "system:serviceaccount:default:builder")
}

fn token_in_yaml(s: &Session) -> Result<(), String> {
    let body = "spec:\n  audiences: [https://a.example]\n  expirationSeconds: 600\n";
    let answer = s.post(201, TOKEN, "application/yaml", body)?;
    expect(&answer, "kind: TokenRequest")?;
    expect(&answer, "expirationSeconds: 600")
}

fn review(s: &Session) -> Result<(), String> {
    expect(&s.review(&s.token()?)?, "\"authenticated\": true")?;
    expect(&s.review("a.b.c")?, "\"error\":")
}

fn discovery(s: &Session) -> Result<(), String> {
    let url = s.url("/.well-known/openid-configuration");
    let document = s.curl.ask(200, &[&url])?;
    expect(&document, "\"issuer\"")?;
    let path = json::member(&document, "jwks_uri")?;
    let path = path.find("/openid/").map(|at| path[at..].to_owned()).ok_or("no jwks_uri")?;
    expect(&s.curl.ask(200, &[&s.url(&path)])?, "\"kid\"")
}

fn unknown_bearer(s: &Session) -> Result<(), String> {
    let url = s.url("/api/v1/namespaces/default");
    let answer = s.curl.ask(401, &["--header", "Authorization: Bearer nobody", &url])?;
    expect(&answer, "Unauthorized")
}

fn expiry(s: &Session) -> Result<(), String> {
    let token = s.token()?;
    expect(&s.review(&token)?, "\"authenticated\": true")?;
    s.curl.ask(200, &["--data", r#"{"advance":"2h"}"#, &s.url("/_emulator/v1/clock")])?;
    expect(&s.review(&token)?, "expired")
}
