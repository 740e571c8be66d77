//! Roles, bindings and those who are bound.

use {
    super::{kubernetes::list, members_of, texts},
    crate::{
        Result,
        client::{Client, Request},
        input::Input,
    },
    serde_json::{Value, json},
};

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const AUTHOR: &str = "author";

pub(super) fn all() -> Vec<Input> {
    vec![
        Input::new("rules that their author has", 201, |n| {
            role("more", &single_rules(n)).with("Impersonate-User", AUTHOR)
        })
        .after(|client, n| author(client, single_rules(n)))
        .under_rbac()
        .sized(500),
        Input::new("rules that their author does not have", 403, |n| {
            role("more", &single_rules(n)).with("Impersonate-User", AUTHOR)
        })
        .after(|client, _| author(client, Vec::new()))
        .under_rbac()
        .sized(500),
        Input::new("rules that are aggregated into another role", 201, |n| {
            let labels = json!({"aggregated": "true"});
            let metadata = json!({"name": "part", "labels": labels});
            Request::json("POST", ROLES, &json!({"metadata": metadata, "rules": single_rules(n)}))
        })
        .after(|client, _| {
            let selectors = json!([{"matchLabels": {"aggregated": "true"}}]);
            let rule = json!({"clusterRoleSelectors": selectors});
            let whole = json!({"metadata": {"name": "whole"}, "aggregationRule": rule});
            client.prepare(&Request::json("POST", ROLES, &whole)).map(drop)
        })
        .sized(500),
        Input::new("one rule of many verbs and resources", 403, |n| {
            let each = n / 3;
            let [groups, resources, verbs] = ["g", "r", "v"].map(|it| list(each, it));
            let rule = json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
            role("more", &[rule]).with("Impersonate-User", AUTHOR)
        })
        .after(|client, _| author(client, Vec::new()))
        .under_rbac()
        .sized(900),
        Input::new("bindings to roles that are missing", 403, |_| {
            Request::new("GET", "/api/v1/secrets").with("Impersonate-User", AUTHOR)
        })
        .after(|client, n| {
            author(client, Vec::new())?;
            let bind = |name: String| client.prepare(&binding(&name, &name, 1));
            texts(n, |i| format!("missing{i}"))
                .into_iter()
                .try_for_each(|name| bind(name).map(drop))
        })
        .under_rbac()
        .sized(100),
        Input::new("subjects of a binding", 403, |_| {
            Request::new("GET", "/api/v1/secrets").with("Impersonate-User", "nobody")
        })
        .after(|client, n| {
            author(client, Vec::new())?;
            client.prepare(&binding("many", "view", n)).map(drop)
        })
        .under_rbac(),
        Input::new("extras of a review of access", 201, |n| {
            let extra = members_of(n, "k", &json!(["v"]));
            let spec = json!({
                "user": "u", "groups": list(n, "g"), "extra": extra,
                "resourceAttributes": {"verb": "get", "resource": "secrets"},
            });
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            Request::json("POST", path, &json!({"spec": spec}))
        })
        .under_rbac(),
    ]
}

fn single_rules(count: usize) -> Vec<Value> {
    let rule = |i| json!({"apiGroups": [""], "resources": [format!("r{i}")], "verbs": ["get"]});
    (0..count).map(rule).collect()
}

fn role(name: &str, rules: &[Value]) -> Request {
    Request::json(
        "POST",
        format!("{ROLES}?dryRun=All"),
        &json!({"metadata": {"name": name}, "rules": rules}),
    )
}

fn binding(name: &str, role: &str, subjects: usize) -> Request {
    let subject = |i| {
        let name = if i == 0 { AUTHOR.to_owned() } else { format!("user{i}") };
        json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name})
    };
    let reference =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role});
    let body = json!({
        "metadata": {"name": name}, "roleRef": reference,
        "subjects": (0..subjects).map(subject).collect::<Vec<_>>(),
    });
    Request::json("POST", BINDINGS, &body)
}

/// Makes one who may write roles, and has these rules beside.
fn author(client: &Client, mut rules: Vec<Value>) -> Result {
    for name in texts(5000, |i| format!("missing{i}")) {
        if client.ask(&Request::new("DELETE", format!("{BINDINGS}/{name}")))?.0 == 404 {
            break;
        }
    }
    for path in [ROLES, BINDINGS] {
        client.ask(&Request::new("DELETE", format!("{path}/author")))?;
    }
    client.ask(&Request::new("DELETE", format!("{BINDINGS}/many")))?;
    let group = "rbac.authorization.k8s.io";
    rules.push(json!({"apiGroups": [group], "resources": ["clusterroles"], "verbs": ["create"]}));
    let mut role = role("author", &rules);
    role.target = ROLES.to_owned();
    client.prepare(&role)?;
    client.prepare(&binding("author", "author", 1)).map(drop)
}
