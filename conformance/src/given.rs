//! What exists before a case asks anything: objects, tokens, and tokens that nobody issued.

use {
    crate::{forge::Forgery, google::issuer::Minted, ordered::Ordered},
    serde::Deserialize,
    serde_json::{Map, Value, json},
};

/// Made in this order. A service account `$sa` in a namespace `$namespace` is always there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Objects: a kind, or an object whose `kind` is named and whose other members are added to
    /// what that kind is made of otherwise.
    pub objects: Ordered<Value>,
    /// Tokens: the spec of a TokenRequest, and `for`, whose it is.
    pub tokens: Ordered<Value>,
    /// Tokens that the suite's own issuer signs.
    pub minted: Ordered<Minted>,
    /// Tokens made from other tokens.
    pub forged: Ordered<Forgery>,
}

/// An object to be made: where, and what.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// The object's kind.
    pub kind: String,
    /// The path of its collection.
    pub collection: String,
    /// Its name.
    pub name: String,
    /// What to create.
    pub body: Value,
}

impl Blueprint {
    /// Plans an object from what a case says of it, with all names already replaced.
    pub fn new(object: &Value, name: String, namespace: &str, sa: &str) -> Result<Self, String> {
        let (kind, mut extra) = match object {
            Value::String(kind) => (kind.clone(), Map::new()),
            Value::Object(members) => {
                let mut members = members.clone();
                let kind = members.remove("kind").and_then(|it| it.as_str().map(str::to_owned));
                (kind.ok_or("an object has a kind")?, members)
            }
            _ => return Err("an object is a kind, or a mapping that has one".to_owned()),
        };
        let elsewhere = extra.remove("namespace");
        let namespace = elsewhere.as_ref().and_then(Value::as_str).unwrap_or(namespace);
        let mut body = template(&kind, &name, sa)?;
        merge(&mut body, &Value::Object(extra));
        Ok(Self { collection: collection(&kind, namespace)?, kind, name, body })
    }

    /// The path of the object itself.
    pub fn path(&self) -> String {
        format!("{}/{}", self.collection, self.name)
    }
}

/// The least that the server accepts of a kind. A pod waits for a scheduler that does not exist, so
/// that no kubelet starts it.
fn template(kind: &str, name: &str, sa: &str) -> Result<Value, String> {
    let mut body = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    match kind {
        "Namespace" | "Node" | "ServiceAccount" => {}
        "Secret" => body["stringData"] = json!({"key": "value"}),
        "Pod" => {
            body["spec"] = json!({
                "serviceAccountName": sa,
                "schedulerName": "nobody",
                "containers": [{"name": "main", "image": "example.test/none"}],
            });
        }
        "ConfigMap" => body["data"] = json!({"key": "value"}),
        _ => return Err(format!("the suite does not know how to make a {kind}")),
    }
    Ok(body)
}

fn collection(kind: &str, namespace: &str) -> Result<String, String> {
    let resource = match kind {
        "Namespace" | "Node" => return Ok(format!("/api/v1/{}s", kind.to_lowercase())),
        "ServiceAccount" => "serviceaccounts",
        "Secret" => "secrets",
        "Pod" => "pods",
        "ConfigMap" => "configmaps",
        _ => return Err(format!("the suite does not know where a {kind} lives")),
    };
    Ok(format!("/api/v1/namespaces/{namespace}/{resource}"))
}

/// Adds members, objects into objects; anything else replaces what was there.
pub fn merge(into: &mut Value, extra: &Value) {
    match (into, extra) {
        (Value::Object(into), Value::Object(extra)) => {
            for (name, value) in extra {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, extra) => *into = extra.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_alone_is_enough_and_members_are_added() {
        let pod = Blueprint::new(&json!("Pod"), "p".to_owned(), "ns", "sa").unwrap();
        assert_eq!(pod.path(), "/api/v1/namespaces/ns/pods/p");
        let object = json!({"kind": "Pod", "spec": {"nodeName": "n"}});
        let pod = Blueprint::new(&object, "p".to_owned(), "ns", "sa").unwrap();
        assert_eq!(pod.body["spec"]["nodeName"], "n");
        assert_eq!(pod.body["spec"]["serviceAccountName"], "sa");
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        assert!(Blueprint::new(&json!("Widget"), "w".to_owned(), "ns", "sa").is_err());
    }
}
