//! What is in an object of the Kubernetes API, in a review, and in a collection.

use {
    super::{members_of, texts},
    crate::{
        Result,
        client::{Client, Request},
        input::Input,
    },
    serde_json::{Value, json},
};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

pub(super) fn all() -> Vec<Input> {
    vec![
        Input::new("annotations with bad keys", 422, |n| with("annotations", map(n, "bad key "))),
        Input::new("labels with bad keys", 422, |n| with("labels", map(n, "bad key "))),
        Input::new("labels", 201, |n| with("labels", map(n, "key"))),
        Input::new("finalizers with bad names", 422, |n| with("finalizers", list(n, "bad name "))),
        Input::new("finalizers", 201, |n| with("finalizers", list(n, "a.example/f"))),
        Input::new("owners", 201, |n| with("ownerReferences", owners(n, false))),
        Input::new("owners, each twice", 201, |n| {
            let owners = owners(n / 2, false);
            let twice =
                owners.as_array().into_iter().flatten().flat_map(|it| [it.clone(), it.clone()]);
            with("ownerReferences", twice.collect())
        }),
        Input::new("owners that all control", 422, |n| with("ownerReferences", owners(n, true))),
        Input::new("managers of fields", 201, |n| with("managedFields", managers(n, "Update"))),
        Input::new("managers that apply", 201, |n| with("managedFields", managers(n, "Apply"))),
        Input::new("data", 201, |n| config_map(n, json!({"data": map(n, "key")}))),
        Input::new("data with bad keys", 422, |n| {
            config_map(n, json!({"data": map(n, "bad key ")}))
        }),
        Input::new("data that is in binaryData, too", 422, |n| {
            config_map(n, json!({"data": map(n, "key"), "binaryData": map(n, "key")}))
        }),
        Input::new("containers, volumes and mounts", 201, |n| pod(n / 3, pod_spec(n / 3)))
            .sized(900),
        Input::new("tolerations of an update", 200, |n| tolerations(n, 60)).after(|client, n| {
            let created = tolerations(n, 30);
            client
                .prepare(&Request { method: "POST", target: PODS.to_owned(), ..created })
                .map(drop)
        }),
        Input::new("taints of a node", 201, |n| {
            let taint = |i| json!({"key": format!("k{i}"), "effect": "NoSchedule"});
            let taints: Vec<_> = (0..n).map(taint).collect();
            let body = json!({"metadata": {"name": format!("n{n}")}, "spec": {"taints": taints}});
            Request::json("POST", "/api/v1/nodes", &body)
        }),
        Input::new("audiences of a token request", 201, |n| token_request(n, "a")),
        Input::new("audiences of a review", 201, |n| review("x".to_owned(), n)),
        Input::new("a list", 200, |_| Request::new("GET", CONFIG_MAPS)).after(objects).sized(250),
        Input::new("a list as a table", 200, |_| {
            let accept = "application/json;as=Table;g=meta.k8s.io;v=v1";
            Request::new("GET", CONFIG_MAPS).with("Accept", accept)
        })
        .after(objects)
        .sized(250),
        Input::new("a list in protobuf", 200, |_| {
            Request::new("GET", CONFIG_MAPS).with("Accept", "application/vnd.kubernetes.protobuf")
        })
        .after(objects)
        .sized(250),
        Input::new("a watch that begins with what is there", 200, |_| {
            Request::new("GET", format!("{CONFIG_MAPS}?watch=1&timeoutSeconds=1"))
        })
        .after(objects)
        .sized(250),
        Input::new("a page of a list", 200, |_| {
            Request::new("GET", format!("{CONFIG_MAPS}?limit=2"))
        })
        .after(objects)
        .sized(250),
        Input::new("a deletion of a collection", 200, |_| Request::new("DELETE", CONFIG_MAPS))
            .after(objects)
            .sized(250),
        Input::new("a deletion of a collection, with an owner", 200, |_| {
            Request::new("DELETE", CONFIG_MAPS)
        })
        .after(dependents)
        .sized(100),
    ]
}

/// A member of so many texts.
pub(super) fn map(count: usize, key: &str) -> Value {
    members_of(count, key, &json!(""))
}

pub(super) fn list(count: usize, text: &str) -> Value {
    texts(count, |i| format!("{text}{i}")).into()
}

fn owners(count: usize, control: bool) -> Value {
    let owner = |i| {
        let name = format!("o{i}");
        json!({"apiVersion": "v1", "kind": "Pod", "name": name, "uid": name, "controller": control})
    };
    (0..count).map(owner).collect()
}

fn managers(count: usize, operation: &str) -> Value {
    let manager = |i| {
        json!({
            "manager": format!("m{i}"), "operation": operation, "apiVersion": "v1",
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {format!("f:k{i}"): {}}},
        })
    };
    (0..count).map(manager).collect()
}

fn config_map(size: usize, mut body: Value) -> Request {
    body["metadata"]["name"] = format!("n{size}").into();
    Request::json("POST", format!("{CONFIG_MAPS}?dryRun=All"), &body)
}

/// A config map with a member in its metadata, which is not kept.
fn with(member: &str, value: Value) -> Request {
    let size = value.as_array().map_or(0, Vec::len);
    config_map(size, json!({"metadata": {member: value}}))
}

fn pod(size: usize, spec: Value) -> Request {
    let body = json!({"metadata": {"name": format!("n{size}")}, "spec": spec});
    Request::json("POST", format!("{PODS}?dryRun=All"), &body)
}

fn pod_spec(count: usize) -> Value {
    let container = |i| {
        json!({
            "name": format!("c{i}"), "image": "i",
            "volumeMounts": [{"name": format!("v{i}"), "mountPath": format!("/{i}")}],
        })
    };
    let volume = |i| json!({"name": format!("v{i}"), "emptyDir": {}});
    json!({
        "containers": (0..count).map(container).collect::<Vec<_>>(),
        "volumes": (0..count).map(volume).collect::<Vec<_>>(),
    })
}

fn tolerations(count: usize, seconds: u32) -> Request {
    let toleration = |i| {
        json!({
            "key": format!("k{i}"), "operator": "Exists", "effect": "NoExecute",
            "tolerationSeconds": seconds,
        })
    };
    let name = format!("t{count}");
    let body = json!({
        "metadata": {"name": name},
        "spec": {
            "containers": [{"name": "c", "image": "i"}], "serviceAccountName": "default",
            "automountServiceAccountToken": false,
            "tolerations": (0..count).map(toleration).collect::<Vec<_>>(),
        },
    });
    Request::json("PUT", format!("{PODS}/{name}"), &body)
}

fn token_request(count: usize, audience: &str) -> Request {
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    Request::json("POST", path, &json!({"spec": {"audiences": list(count, audience)}}))
}

fn review(token: String, count: usize) -> Request {
    let spec = json!({"token": token, "audiences": list(count, "a")});
    Request::json("POST", REVIEWS, &json!({"spec": spec}))
}

fn objects(client: &Client, count: usize) -> Result {
    client.prepare(&Request::new("DELETE", CONFIG_MAPS))?;
    for i in 0..count {
        let body = json!({"metadata": {"name": format!("o{i}")}, "data": {"a": "b"}});
        client.prepare(&Request::json("POST", CONFIG_MAPS, &body))?;
    }
    Ok(())
}

/// A config map that owns all others.
fn dependents(client: &Client, count: usize) -> Result {
    client.prepare(&Request::new("DELETE", CONFIG_MAPS))?;
    let owner = json!({"metadata": {"name": "an-owner"}});
    let answer = client.prepare(&Request::json("POST", CONFIG_MAPS, &owner))?;
    let uid = answer.split("\"uid\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let uid = uid.ok_or("an object without an identity")?;
    let reference =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "an-owner", "uid": uid}]);
    for i in 0..count {
        let metadata = json!({"name": format!("o{i}"), "ownerReferences": reference});
        client.prepare(&Request::json("POST", CONFIG_MAPS, &json!({"metadata": metadata})))?;
    }
    Ok(())
}
