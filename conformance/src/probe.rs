//! What the first tokens of a run tell of a server: how long they may live, who issues them, and
//! whether those of pods live longer than they say.

use {
    crate::{
        given::Blueprint,
        ledger::{Ledger, Made},
        target::Side,
        token::Token,
    },
    serde_json::{Value, json},
};

/// The longest lifetime that there is.
pub(crate) const LONGEST: i64 = 1 << 32;

/// The lifetime that is extended, of the tokens of pods.
const EXTENDED: i64 = 3607;

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    /// How long a token lives, when the longest lifetime is asked for.
    pub(crate) lifetime: Option<i64>,
    /// Who issued it.
    pub(crate) issuer: Option<String>,
    /// For whom it is, where that is one and a URL.
    pub(crate) audience: Option<String>,
    /// Whether a pod's token lives as long as was asked for, where it could be extended.
    pub(crate) plain: bool,
}

impl Probe {
    /// Issues tokens. Where that is refused, the cases will tell it.
    pub(crate) async fn send(side: &Side, namespace: &str, ledger: &Ledger, suffix: &str) -> Self {
        let name = format!("probe-{suffix}");
        let Some(probe) = Self::told(side, namespace, ledger, &name).await else {
            return Self::default();
        };
        let plain = is_plain(side, namespace, ledger, &name).await.unwrap_or_default();
        Self { plain, ..probe }
    }

    async fn told(side: &Side, namespace: &str, ledger: &Ledger, name: &str) -> Option<Self> {
        let account = made(side, &json!("ServiceAccount"), name, namespace, ledger).await?;
        let request = json!({"spec": {"expirationSeconds": LONGEST}});
        let body = side.ask("POST", &format!("{}/token", account.path), Some(&request)).await;
        let body = body.ok()?.value()?;
        let claims = claims(&body)?;
        let url = |it: &Value| it.as_str().filter(|it| it.contains("://")).map(str::to_owned);
        let audience = match claims["aud"].as_array().map(Vec::as_slice) {
            Some([only]) => url(only),
            _ => None,
        };
        let issuer = claims["iss"].as_str().map(str::to_owned);
        let lifetime = body["spec"]["expirationSeconds"].as_i64();
        Some(Self { lifetime, issuer, audience, plain: false })
    }
}

/// Whether the token of a pod is what was asked for, to the second and without a `warnafter`. One
/// that is anything else is judged.
async fn is_plain(side: &Side, namespace: &str, ledger: &Ledger, name: &str) -> Option<bool> {
    let pod = made(side, &json!("Pod"), name, namespace, ledger).await?;
    let reference = json!({"apiVersion": "v1", "kind": "Pod", "name": name, "uid": pod.uid});
    let request = json!({"spec": {"expirationSeconds": EXTENDED, "boundObjectRef": reference}});
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    let claims = claims(&side.ask("POST", &path, Some(&request)).await.ok()?.value()?)?;
    let lived = claims["exp"].as_i64()? - claims["iat"].as_i64()?;
    Some(lived == EXTENDED && claims["kubernetes.io"].get("warnafter").is_none())
}

/// An object that the probe needs.
struct Object {
    path: String,
    uid: Value,
}

async fn made(
    side: &Side,
    kind: &Value,
    name: &str,
    namespace: &str,
    ledger: &Ledger,
) -> Option<Object> {
    let blueprint = Blueprint::new(kind, name.to_owned(), namespace, name).ok()?;
    let path = blueprint.path();
    ledger.add(Made::Object(path.clone()));
    let made = side.ask("POST", &blueprint.collection, Some(&blueprint.body)).await.ok()?;
    // What was refused is not there.
    if (400..500).contains(&made.status) {
        ledger.forget(&Made::Object(path.clone()));
    }
    let uid = made.value()?["metadata"]["uid"].clone();
    Some(Object { path, uid })
}

fn claims(body: &Value) -> Option<Value> {
    Some(Token::parse(body["status"]["token"].as_str()?)?.claims)
}
