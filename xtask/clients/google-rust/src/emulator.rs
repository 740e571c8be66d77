//! The emulator that the checks talk to: its ready file, its clock, and its Kubernetes side.

use {
    reqwest::Client,
    serde_json::{Value, json},
    std::error::Error,
};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// A bearer of the file that the emulator was started with.
pub const WITHOUT_SCOPE: &str = "ya29.without-scope";

/// A running emulator.
pub struct Emulator {
    ready: Value,
    client: Client,
}

impl Emulator {
    /// The one whose ready file is named in the environment.
    pub fn find() -> Result<Self> {
        let text = std::fs::read_to_string(std::env::var("READY_FILE")?)?;
        Ok(Self { ready: serde_json::from_str(&text)?, client: Client::new() })
    }

    /// A member of the ready file.
    pub fn ready(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_default()
    }

    /// What is answered to a body, or to none, asked with the Kubernetes bearer.
    pub async fn ask(&self, path: &str, body: Option<Value>) -> Result<Value> {
        let url = format!("{}{path}", self.ready("url"));
        let request = match body {
            Some(body) => self.client.post(url).json(&body),
            None => self.client.get(url),
        };
        let answer = request.bearer_auth(self.ready("token")).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// The issuer of the cluster's tokens.
    pub async fn issuer(&self) -> Result<String> {
        let document = self.ask("/.well-known/openid-configuration", None).await?;
        Ok(document["issuer"].as_str().unwrap_or_default().to_owned())
    }

    /// Its keys.
    pub async fn keys(&self) -> Result<String> {
        Ok(self.ask("/openid/v1/jwks", None).await?.to_string())
    }

    /// A service account's token.
    pub async fn subject_token(&self) -> Result<String> {
        let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
        let answer = self.ask(path, Some(json!({"spec": {}}))).await?;
        Ok(answer["status"]["token"].as_str().unwrap_or_default().to_owned())
    }

    /// Moves or stops the clock.
    pub async fn clock(&self, change: Value) -> Result {
        self.ask("/_emulator/v1/clock", Some(change)).await.map(drop)
    }
}

/// The same token with a signature that is not its own.
pub fn tampered(token: &str) -> String {
    let first = token.rfind('.').map_or(0, |dot| dot + 1);
    let other = if token[first..].starts_with('A') { 'B' } else { 'A' };
    format!("{}{other}{}", &token[..first], &token[first + 1..])
}
