//! What has to be there before anything can be measured, and the requests that are.

use {
    crate::{
        Result,
        answer::{self, Answer},
        load::{self, Address, Work},
    },
    serde_json::{Value, json},
    std::{
        sync::Arc,
        thread,
        time::{Duration, Instant},
    },
};

/// How many different tokens are reviewed or exchanged in turn.
const TOKENS: usize = 256;

const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const LOCATION: &str = "/v1/projects/p/locations/us-west1";

/// A server and the bearer that may do anything there.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// Where it is.
    pub(crate) address: Address,
    /// The bearer; empty for none.
    pub(crate) bearer: String,
}

impl Api {
    /// A whole HTTP/1.1 request with a JSON body.
    fn request(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authorization = match self.bearer.as_str() {
            "" => String::new(),
            bearer => format!("authorization: Bearer {bearer}\r\n"),
        };
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{authorization}\
             accept: */*\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address.socket,
            body.len(),
        )
        .into_bytes()
    }

    /// Asks once, and wants success.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let wire = load::ask(self.address, &self.request(method, path, body))?;
        let answer = Answer::parse(&wire)?;
        if answer.status >= 300 {
            let text = String::from_utf8_lossy(&answer.body);
            return Err(format!("{method} {path}: {} {text}", answer.status).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Makes one service account.
    pub(crate) fn create_account(&self, name: &str) -> Result {
        self.ask("POST", ACCOUNTS, &account(name)).map(drop)
    }

    /// Makes that many more service accounts.
    pub(crate) fn create_accounts(&self, count: usize, connections: usize) -> Result {
        let create = |number| self.request("POST", ACCOUNTS, &account(&numbered(number)));
        let requests = Arc::new((0..count).map(create).collect());
        load::send_all(self.address, &Work { requests, status: 201 }, connections)
    }

    /// Token requests for one service account.
    pub(crate) fn token_requests(&self, account: &str) -> Work {
        let path = format!("{ACCOUNTS}/{account}/token");
        let requests = Arc::new(vec![self.request("POST", &path, &json!({}))]);
        Work { requests, status: 201 }
    }

    /// Token requests for service accounts all over those that [`Self::create_accounts`] made.
    pub(crate) fn spread_token_requests(&self, accounts: usize) -> Work {
        let numbers = (0..accounts).step_by((accounts / 1000).max(1));
        let path = |number| format!("{ACCOUNTS}/{}/token", numbered(number));
        let requests = numbers.map(|number| self.request("POST", &path(number), &json!({})));
        Work { requests: Arc::new(requests.collect()), status: 201 }
    }

    /// Reviews of many tokens.
    pub(crate) fn token_reviews(&self, account: &str) -> Result<Work> {
        let path = "/apis/authentication.k8s.io/v1/tokenreviews";
        let review =
            |token: &String| self.request("POST", path, &json!({"spec": {"token": token}}));
        let requests = Arc::new(self.tokens(account)?.iter().map(review).collect());
        Ok(Work { requests, status: 201 })
    }

    fn tokens(&self, account: &str) -> Result<Vec<String>> {
        let path = format!("{ACCOUNTS}/{account}/token");
        let token = |_| {
            let answer = self.ask("POST", &path, &json!({}))?;
            Ok(answer["status"]["token"].as_str().ok_or("an answer without a token")?.to_owned())
        };
        (0..TOKENS).map(token).collect()
    }

    /// Attaches a cluster whose tokens are this server's own.
    pub(crate) fn attach_cluster(&self) -> Result {
        let issuer = "https://kubernetes.default.svc.cluster.local";
        let cluster = json!({
            "oidcConfig": {"issuerUrl": issuer},
            "platformVersion": "1.33.0-gke.1",
            "distribution": "generic",
            "fleet": {"project": "projects/1"},
        });
        let path = format!("{LOCATION}/attachedClusters?attachedClusterId=bench");
        let operation = self.ask("POST", &path, &cluster)?;
        let name = operation["name"].as_str().ok_or("an operation without a name")?;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if self.ask("GET", &format!("/v1/{name}"), &Value::Null)?["done"] == json!(true) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("the cluster was not attached in time".into())
    }

    /// Exchanges of many tokens that `issuer` gave.
    pub(crate) fn agent_tokens(&self, issuer: &Api, account: &str) -> Result<Work> {
        let path = format!("{LOCATION}/attachedClusters/bench:generateAttachedClusterAgentToken");
        let exchange = |token: &String| {
            let body = json!({
                "subjectToken": token,
                "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
                "version": "v1",
            });
            self.request("POST", &path, &body)
        };
        let requests = Arc::new(issuer.tokens(account)?.iter().map(exchange).collect());
        Ok(Work { requests, status: 200 })
    }

    /// What the server answers to the first of some requests, as it stands on the wire.
    pub(crate) fn answer(&self, work: &Work) -> Result<Vec<u8>> {
        let request = work.requests.first().ok_or("no request")?;
        let wire = load::ask(self.address, request)?;
        if answer::status(&wire) == work.status {
            Ok(wire)
        } else {
            Err(format!("wanted {}: {}", work.status, String::from_utf8_lossy(&wire)).into())
        }
    }
}

fn account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
}

fn numbered(number: usize) -> String {
    format!("account-{number}")
}
