//! Objects: made, read, listed, deleted and made again.

use {
    super::Setting,
    crate::{random::Random, request::Request},
    serde_json::{Value, json},
};

const CORE: &str = "/api/v1";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// The namespace of a scenario, and what is in it.
pub(super) fn setup(random: &mut Random) -> Vec<Request> {
    let mut requests = vec![
        create(&format!("{CORE}/namespaces"), json!({ "metadata": { "name": "{{ns}}" } })),
        create(&collection("serviceaccounts"), named("a")),
    ];
    if random.chance(30) {
        requests.push(create(&collection("serviceaccounts"), named("b")));
    }
    if random.chance(60) {
        requests.push(create(&collection("pods"), pod("pod", "a", random.chance(50))));
    }
    if random.chance(25) {
        requests.push(create(&collection("pods"), pod("other", "b", false)));
    }
    if random.chance(45) {
        requests.push(create(&collection("secrets"), named("secret")));
    }
    if random.chance(30) {
        requests.push(create(&format!("{CORE}/nodes"), named("{{ns}}")));
    }
    if random.chance(40) {
        let rules = json!([{ "apiGroups": [""], "resources": ["serviceaccounts/token", "secrets"], "verbs": ["create", "get"] }]);
        let mut role = named("r");
        role["rules"] = rules;
        requests.push(create(&rbac("roles"), role));
        requests.push(create(&rbac("rolebindings"), binding(random, "bind")));
    }
    requests
}

fn collection(plural: &str) -> String {
    format!("{CORE}/namespaces/{{{{ns}}}}/{plural}")
}

fn rbac(plural: &str) -> String {
    format!("{RBAC}/namespaces/{{{{ns}}}}/{plural}")
}

fn create(path: &str, body: Value) -> Request {
    Request::new("POST", path).json(body)
}

fn named(name: &str) -> Value {
    json!({ "metadata": { "name": name } })
}

fn pod(name: &str, account: &str, scheduled: bool) -> Value {
    let mut pod = json!({
        "metadata": { "name": name },
        "spec": {
            "serviceAccountName": account,
            "automountServiceAccountToken": false,
            "containers": [{ "name": "c", "image": "i" }],
        },
    });
    if scheduled {
        pod["spec"]["nodeName"] = "{{ns}}".into();
    }
    pod
}

fn binding(random: &mut Random, name: &str) -> Value {
    let subject = match random.below(4) {
        0 => {
            json!({ "kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:serviceaccounts:{{ns}}" })
        }
        _ => json!({ "kind": "ServiceAccount", "name": "a", "namespace": "{{ns}}" }),
    };
    let role = random.text(&["r", "r", "r", "missing"]);
    json!({
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role },
        "subjects": [subject],
    })
}

/// Any request about objects.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    match random.below(10) {
        0..4 => make(random, setting),
        4..6 => read(random),
        6..8 => list(random),
        _ => delete(random, setting),
    }
}

fn make(random: &mut Random, setting: &Setting) -> Request {
    let name = random
        .text(&["a", "b", "pod", "secret", "new", "new-2", "Bad_Name", "", "x.y", "-a", "a.", "r"]);
    match random.below(12) {
        0 => create(&collection("pods"), pod(&name, "a", false)),
        1 => create(&collection("secrets"), secret(random, &name)),
        2 => create(&collection("configmaps"), config_map(random, &name)),
        3 => create(&rbac("roles"), role(random, &name)),
        4 => create(&rbac("rolebindings"), odd_binding(random, &name)),
        5 => create(
            &format!(
                "{CORE}/namespaces/{}/serviceaccounts",
                random.text(&["missing", "{{ns}}", ""])
            ),
            named(&name),
        ),
        6 => create(&format!("{CORE}/serviceaccounts"), named(&name)),
        _ => {
            let mut body = named(&name);
            if random.chance(60) {
                body["metadata"] = metadata(random, setting, &name);
            }
            if random.chance(20) {
                body["secrets"] = json!([{ "name": "secret" }]);
                body["automountServiceAccountToken"] = random.chance(50).into();
                body["imagePullSecrets"] = json!([{ "name": "x" }]);
            }
            create(&collection("serviceaccounts"), body)
        }
    }
}

fn metadata(random: &mut Random, setting: &Setting, name: &str) -> Value {
    let mut metadata = super::tokens::metadata(random, setting);
    if metadata["name"].is_null() && random.chance(80) {
        metadata["name"] = name.into();
    }
    // The suffix of a generated name is chance's: it is told apart from others by its step.
    if random.chance(8) {
        metadata["generateName"] = random.text(&["gen-", "Bad_", "x.y", "-"]).into();
        if random.chance(70) {
            metadata["name"] = "".into();
        }
    } else if let Some(members) = metadata.as_object_mut() {
        members.remove("generateName");
    }
    // One wrong key at a time: kube-apiserver tells several in the order of a map.
    match random.below(6) {
        0 => metadata["labels"] = json!({ random.text(&["", "a/b/c", "-", "A/b"]): "not ok" }),
        1 => metadata["annotations"] = json!({ random.text(&["a/b/c", "-x", ""]): "y" }),
        2 => metadata["finalizers"] = json!(["x", "example.com/f"]),
        _ => {}
    }
    metadata
}

/// A resource version of an earlier answer, or one of nobody.
pub(super) fn version(random: &mut Random, setting: &Setting) -> String {
    if setting.objects.is_empty() || random.chance(35) {
        return random.text(&["1", "0", "", "x", "-1"]);
    }
    format!("{{{{rv.{}}}}}", setting.objects[random.below(setting.objects.len())])
}

fn secret(random: &mut Random, name: &str) -> Value {
    let mut secret = named(name);
    match random.below(7) {
        0 => secret["data"] = json!({ "k": "dg==", "a b": "dg==" }),
        1 => secret["stringData"] = json!({ "k": "v", "..": "x" }),
        2 => secret["type"] = "kubernetes.io/service-account-token".into(),
        3 => secret["type"] = "kubernetes.io/tls".into(),
        4 => secret["data"] = json!({ "k": "not base64!" }),
        5 => {
            secret["immutable"] = true.into();
            secret["type"] = "example.com/x".into();
        }
        _ => secret["data"] = json!({ "k": "dg==" }),
    }
    secret
}

fn config_map(random: &mut Random, name: &str) -> Value {
    let mut map = named(name);
    match random.below(4) {
        0 => map["data"] = json!({ "k": "v", "a b": "v" }),
        1 => map["binaryData"] = json!({ "k": "dg==" }),
        2 => {
            map["data"] = json!({ "k": "v" });
            map["binaryData"] = json!({ "k": "dg==" });
        }
        _ => map["data"] = json!({ "k": "v" }),
    }
    map
}

fn role(random: &mut Random, name: &str) -> Value {
    let mut role = named(name);
    role["rules"] = match random.below(6) {
        0 => json!([{ "verbs": [] }]),
        1 => json!([{ "verbs": ["get"], "nonResourceURLs": ["/x"] }]),
        2 => json!([{ "verbs": ["get"], "resources": [], "apiGroups": [] }]),
        3 => json!([{ "verbs": ["get"], "resources": ["pods"] }]),
        4 => Value::Null,
        _ => {
            json!([{ "verbs": ["get"], "resources": ["pods"], "apiGroups": [""], "resourceNames": ["x"] }])
        }
    };
    role
}

fn odd_binding(random: &mut Random, name: &str) -> Value {
    let mut bound = binding(random, name);
    match random.below(7) {
        0 => bound["roleRef"] = json!({}),
        1 => bound["roleRef"]["kind"] = "Other".into(),
        2 => bound["roleRef"]["apiGroup"] = "other".into(),
        3 => bound["subjects"] = json!([{ "kind": "ServiceAccount", "name": "" }]),
        4 => {
            bound["subjects"] = json!([{ "kind": "User", "name": "u", "apiGroup": "other" }, { "kind": "Odd", "name": "x" }])
        }
        5 => {
            bound["subjects"] = json!([{ "kind": "Group", "name": "g" }, { "kind": "ServiceAccount", "name": "B_", "namespace": "n" }])
        }
        _ => {}
    }
    bound
}

fn object(random: &mut Random) -> String {
    match random.below(12) {
        0 => format!("{CORE}/namespaces/{{{{ns}}}}"),
        1 => format!("{CORE}/namespaces/{}", random.text(&["missing", "Bad_Name", "%25"])),
        2 => format!("{CORE}/nodes/{{{{ns}}}}"),
        3 => format!("{}/{}", rbac("roles"), random.text(&["r", "missing"])),
        4 => format!("{}/{}", rbac("rolebindings"), random.text(&["bind", "missing"])),
        5 => format!("{}/{}", collection("pods"), random.text(&["pod", "other", "missing"])),
        6 => format!("{}/{}", collection("secrets"), random.text(&["secret", "missing", "new"])),
        7 => format!("{}/{}", collection("configmaps"), random.text(&["new", "missing"])),
        _ => format!(
            "{}/{}",
            collection("serviceaccounts"),
            random.text(&["a", "a", "b", "missing", "new", "..", "%25"])
        ),
    }
}

fn read(random: &mut Random) -> Request {
    Request::new("GET", object(random))
}

/// Selectors by label, in the words of a query.
const LABEL_SELECTORS: &[&str] = &[
    "a=b",
    "a",
    "!a",
    "a in (b,c)",
    "a notin (b)",
    "a==b",
    "a!=b",
    "a=b=c",
    "%2C",
    "a in",
    "A%20b",
    "-=x",
    "a%3E1",
    "a%3Ex",
];

/// Selectors by field.
const FIELD_SELECTORS: &[&str] = &[
    "metadata.name=a",
    "metadata.name!=a",
    "metadata.namespace={{ns}}",
    "spec.x=y",
    "metadata.name",
    "metadata.name==a,metadata.name=b",
    "metadata.name=a,metadata.name",
    "metadata.name=a%5C,b",
    "metadata.name=a%5Cx",
    "metadata.name=a=b",
    "metadata.name%20=%20a",
    "=",
];

/// What a list can be asked for: how often of a hundred times, the parameter, its values.
const LIST_OPTIONS: &[(usize, &str, &[&str])] = &[
    (25, "labelSelector", LABEL_SELECTORS),
    (25, "fieldSelector", FIELD_SELECTORS),
    (25, "limit", &["1", "0", "-1", "x", "100"]),
    (25, "resourceVersion", &["0", "", "x", "999999999"]),
    (6, "continue", &["x", "", "e30"]),
    (6, "resourceVersionMatch", &["Exact", "NotOlderThan", "x"]),
];

fn list(random: &mut Random) -> Request {
    let plural =
        random.text(&["serviceaccounts", "serviceaccounts", "pods", "secrets", "configmaps"]);
    let mut request = Request::new("GET", collection(&plural));
    if random.chance(15) {
        request.path = rbac(random.pick(&["roles", "rolebindings"]));
    }
    for (percent, name, values) in LIST_OPTIONS {
        if random.chance(*percent) {
            request.query.push(format!("{name}={}", random.text(values)));
        }
    }
    request.query.retain(|it| !it.contains(' ') && it != "resourceVersion=999999999");
    request
}

fn delete(random: &mut Random, setting: &Setting) -> Request {
    let mut request = Request::new("DELETE", object(random));
    match random.below(9) {
        0 => request.query.push(format!("gracePeriodSeconds={}", random.text(&["0", "x", "-1", "5"]))),
        1 => {
            let uid = setting.uid(random);
            request = request.json(json!({ "preconditions": { "uid": uid } }));
        }
        2 => request = request.json(json!({ "gracePeriodSeconds": 0 })),
        3 => request = request.json(json!({ "propagationPolicy": random.text(&["Foreground", "Background", "Orphan", "Odd"]) })),
        4 => request = request.json(json!({ "kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"] })),
        5 => request = request.json(json!({ "orphanDependents": true, "propagationPolicy": "Orphan" })),
        6 => request = request.json(json!({ "preconditions": { "resourceVersion": "1" } })),
        _ => {}
    }
    request
}
