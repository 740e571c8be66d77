//! Lists: in parts, with selectors, as tables, watched, emptied at once.

use {
    super::Setting,
    crate::{random::Random, request::Request},
    serde_json::json,
};

const SHOWN: &[&str] = &[
    "application/json",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
    "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    "application/yaml;as=Table;v=v1;g=meta.k8s.io",
    "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "application/yaml;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    "application/vnd.kubernetes.protobuf",
    "application/yaml",
];

/// A list, or what is done with one.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    let (path, cluster) = collection(random);
    match random.below(20) {
        0 if !cluster => empty(random, path),
        1 | 2 => table_of_one(random),
        3..7 if !setting.objects.is_empty() => going_on(random, setting, path, cluster),
        _ => shown(random, path, cluster),
    }
}

fn collection(random: &mut Random) -> (String, bool) {
    const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
    let cluster = random.chance(25);
    let path = if cluster {
        random.text(&[
            "/api/v1/namespaces",
            "/api/v1/nodes",
            "/api/v1/serviceaccounts",
            "/api/v1/pods",
            "/api/v1/secrets",
            "/api/v1/configmaps",
            "/apis/rbac.authorization.k8s.io/v1/roles",
            "/apis/rbac.authorization.k8s.io/v1/rolebindings",
        ])
    } else {
        let plural =
            random.text(&["serviceaccounts", "serviceaccounts", "secrets", "configmaps", "pods"]);
        match random.below(6) {
            0 => format!("{RBAC}/namespaces/{{{{ns}}}}/roles"),
            1 => format!("{RBAC}/namespaces/{{{{ns}}}}/rolebindings"),
            _ => format!("/api/v1/namespaces/{{{{ns}}}}/{plural}"),
        }
    };
    (path, cluster)
}

// What others have made is left out of a list of the whole cluster.
fn own(path: &str, cluster: bool) -> Option<String> {
    let named = path.ends_with("/namespaces") || path.ends_with("/nodes");
    let field = if named { "metadata.name" } else { "metadata.namespace" };
    cluster.then(|| format!("fieldSelector={field}%3D{{{{ns}}}}"))
}

fn shown(random: &mut Random, path: String, cluster: bool) -> Request {
    let mut request = Request::new("GET", &path);
    request.query.extend(own(&path, cluster));
    if random.chance(60) {
        request = request.header("Accept", random.pick(SHOWN));
    }
    if random.chance(20) {
        let include = random.text(&["Object", "Metadata", "None", "odd", ""]);
        request.query.push(format!("includeObject={include}"));
    }
    if random.chance(12) {
        request.query.push(random.text(&[
            "labelSelector=a",
            "labelSelector=%21a",
            "labelSelector=a%20in%20(b,c)",
            "labelSelector=a%20notin%20()",
            "labelSelector=a%3E1",
            "labelSelector=a%20exists",
            "labelSelector=a,b,",
            "labelSelector=(",
            "labelSelector=a%3D%3Db,c%21%3Dd",
            "labelSelector=a/b/c",
            "labelSelector=a%20in%20b",
            "resourceVersionMatch=Exact",
            "resourceVersionMatch=NotOlderThan&resourceVersion=0",
            "resourceVersionMatch=odd&resourceVersion=0",
            "resourceVersion=-1",
            "allowWatchBookmarks=true",
            "sendInitialEvents=true",
            "sendInitialEvents=x",
            "watch=odd",
            "timeoutSeconds=x",
            "limit=x",
            "limit=-5",
            "pretty=true",
        ]));
    }
    request
}

fn going_on(random: &mut Random, setting: &Setting, path: String, cluster: bool) -> Request {
    let mut request = Request::new("GET", &path);
    request.query.extend(own(&path, cluster));
    request.query.push(format!("limit={}", random.text(&["1", "1", "2", "0"])));
    if random.chance(50) && setting.step > 0 {
        let step = setting.step.saturating_sub(1 + random.below(3));
        request.query.push(format!("continue={{{{continue.{step}}}}}"));
    }
    if random.chance(20) {
        request = request.header("Accept", random.pick(SHOWN));
    }
    if random.chance(10) {
        request.query.push("resourceVersion=0".to_owned());
    }
    request
}

fn table_of_one(random: &mut Random) -> Request {
    let path = random.text(&[
        "/api/v1/namespaces/{{ns}}",
        "/api/v1/namespaces/{{ns}}/serviceaccounts/a",
        "/api/v1/namespaces/{{ns}}/secrets/secret",
        "/api/v1/namespaces/{{ns}}/pods/pod",
        "/api/v1/nodes/{{ns}}",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{{ns}}/roles/r",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{{ns}}/rolebindings/bind",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/view",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/cluster-admin",
    ]);
    let accept = random.pick(SHOWN);
    // How old what the server itself has made is, is another number on each.
    let accept = if path.contains("clusterrole") { "application/json" } else { accept };
    Request::new("GET", path).header("Accept", accept)
}

fn empty(random: &mut Random, path: String) -> Request {
    let mut request = Request::new("DELETE", path);
    match random.below(8) {
        0 => request = request.query("labelSelector=a%3Db"),
        1 => request = request.query("fieldSelector=metadata.name%3Da"),
        2 => request = request.query("labelSelector=%3D"),
        3 => request = request.json(json!({ "propagationPolicy": "Background" })),
        4 => request = request.query("dryRun=All"),
        5 => request = request.json(json!({ "kind": "Odd", "apiVersion": "v9" })),
        6 => request = request.query("limit=1"),
        _ => {}
    }
    request
}

/// A watch that ends after a second.
pub(super) fn watch(random: &mut Random, setting: &Setting) -> Request {
    let (path, cluster) = collection(random);
    let mut request = Request::new("GET", &path);
    request.query.extend(own(&path, cluster));
    request.query.extend(["watch=true".to_owned(), "timeoutSeconds=1".to_owned()]);
    match random.below(8) {
        0 => request.query.push("resourceVersion=0".to_owned()),
        2 => request.query.push("resourceVersion=x".to_owned()),
        3 if !setting.objects.is_empty() => {
            let step = setting.objects[random.below(setting.objects.len())];
            request.query.push(format!("resourceVersion={{{{rv.{step}}}}}"));
        }
        4 => request.query.push("labelSelector=a%3Db".to_owned()),
        5 => request.query.push("sendInitialEvents=true".to_owned()),
        6 => request.query.extend([
            "sendInitialEvents=true".to_owned(),
            "allowWatchBookmarks=true".to_owned(),
            "resourceVersionMatch=NotOlderThan".to_owned(),
        ]),
        _ => {}
    }
    if random.chance(40) {
        request = request.header("Accept", random.pick(SHOWN));
    }
    request
}
