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
pub(crate) const EXTENDED: i64 = 3607;

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    /// How long a token lives, when the longest lifetime is asked for.
    pub(crate) lifetime: Option<i64>,
    /// Who issued it.
    pub(crate) issuer: Option<String>,
    /// For whom it is, when nobody is named.
    pub(crate) audiences: Value,
    /// The same, where that is one.
    pub(crate) audience: Option<String>,
    /// Whether a pod's token lives as long as was asked for, where it could be extended, or as
    /// long as an external signer lets any.
    pub(crate) plain: bool,
    /// Whether the header has a `typ`, as those of external signers do.
    pub(crate) typed: bool,
    /// The token.
    pub(crate) token: Option<String>,
}

impl Probe {
    /// Issues tokens. Where that is refused, the cases will tell it.
    pub(crate) async fn send(side: &Side, namespace: &str, ledger: &Ledger, suffix: &str) -> Self {
        let name = format!("probe-{suffix}");
        let Some(probe) = Self::told(side, namespace, ledger, &name).await else {
            return Self::default();
        };
        let lived = lived(side, namespace, ledger, &name).await;
        // What an external signer allows is all that a lifetime is extended to. One that is
        // anything else is judged.
        let plain = lived.is_some_and(|(lived, warns)| {
            (lived == EXTENDED && !warns) || (probe.typed && Some(lived) == probe.lifetime)
        });
        Self { plain, ..probe }
    }

    async fn told(side: &Side, namespace: &str, ledger: &Ledger, name: &str) -> Option<Self> {
        let account = made(side, &json!("ServiceAccount"), name, namespace, ledger).await?;
        let request = json!({"spec": {"expirationSeconds": LONGEST}});
        let body = side.ask("POST", &format!("{}/token", account.path), Some(&request)).await;
        let body = body.ok()?.value()?;
        let text = body["status"]["token"].as_str()?;
        let Token { header, claims, .. } = Token::parse(text)?;
        let audience = match claims["aud"].as_array().map(Vec::as_slice) {
            Some([only]) => only.as_str().map(str::to_owned),
            _ => None,
        };
        let issuer = claims["iss"].as_str().map(str::to_owned);
        let lifetime = body["spec"]["expirationSeconds"].as_i64();
        let (typed, token) = (header["typ"].is_string(), Some(text.to_owned()));
        let audiences = claims["aud"].clone();
        Some(Self { lifetime, issuer, audiences, audience, plain: false, typed, token })
    }
}

/// How long the token of a pod lives that could be extended, and whether it says when to warn.
async fn lived(side: &Side, namespace: &str, ledger: &Ledger, name: &str) -> Option<(i64, bool)> {
    let pod = made(side, &json!("Pod"), name, namespace, ledger).await?;
    let reference = json!({"apiVersion": "v1", "kind": "Pod", "name": name, "uid": pod.uid});
    let request = json!({"spec": {"expirationSeconds": EXTENDED, "boundObjectRef": reference}});
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    let body = side.ask("POST", &path, Some(&request)).await.ok()?.value()?;
    let claims = Token::parse(body["status"]["token"].as_str()?)?.claims;
    let lived = claims["exp"].as_i64()? - claims["iat"].as_i64()?;
    Some((lived, claims["kubernetes.io"].get("warnafter").is_some()))
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
