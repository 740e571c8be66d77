//! The controllers that are played: what goes with its owner, what is made again, what runs.

use {
    crate::client::{Way, ask, get, post},
    bytes::Bytes,
    http::{Method, Request},
    http_body_util::{BodyExt, Full},
    hyper::client::conn::http1,
    hyper_util::rt::TokioIo,
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::Emulator,
};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn send(emulator: &Emulator, method: Method, path: &str, body: &Value) -> u16 {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json").body(body.to_string());
    ask(emulator, Way::Http1, request.unwrap()).await.status().as_u16()
}

/// Makes a config map that those with these identities own, and tells its own identity.
async fn made(emulator: &Emulator, name: &str, owners: &[(&str, &str)]) -> String {
    let owner = |(name, uid): &(&str, &str)| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, "blockOwnerDeletion": true});
    let owners: Vec<_> = owners.iter().map(owner).collect();
    let map = json!({"metadata": {"name": name, "ownerReferences": owners}});
    let (status, made) = post(emulator, MAPS, &map.to_string()).await;
    assert_eq!(status, 201, "{made}");
    made["metadata"]["uid"].as_str().unwrap().to_owned()
}

#[rstest]
#[case("Background", 404)]
#[case("Foreground", 404)]
#[case("Orphan", 200)]
#[tokio::test]
async fn dependents_go_with_their_owner_unless_they_are_orphaned(
    #[case] policy: &str,
    #[case] dependent: u16,
) {
    let emulator = Emulator::start().await.unwrap();
    let owner = made(&emulator, "owner", &[]).await;
    let other = made(&emulator, "other", &[]).await;
    made(&emulator, "dependent", &[("owner", &owner)]).await;
    made(&emulator, "shared", &[("owner", &owner), ("other", &other)]).await;
    let options = json!({"propagationPolicy": policy});
    let deleted = send(&emulator, Method::DELETE, &format!("{MAPS}/owner"), &options).await;
    assert_eq!(deleted, 200);
    assert_eq!(get(&emulator, &format!("{MAPS}/owner")).await.0, 404);
    let (status, left) = get(&emulator, &format!("{MAPS}/dependent")).await;
    assert_eq!((status, &left["metadata"]["ownerReferences"]), (dependent, &Value::Null));
    let (status, shared) = get(&emulator, &format!("{MAPS}/shared")).await;
    // Who deletes in the foreground waits for all that blocks it.
    let expected = if policy == "Foreground" { (404, Value::Null) } else { (200, other.into()) };
    assert_eq!((status, shared["metadata"]["ownerReferences"][0]["uid"].clone()), expected);
}

#[tokio::test]
async fn a_dependent_that_is_held_holds_its_owner() {
    let emulator = Emulator::start().await.unwrap();
    let owner = made(&emulator, "owner", &[]).await;
    made(&emulator, "dependent", &[("owner", &owner)]).await;
    let hold = json!({"metadata": {"finalizers": ["a.example/b"]}});
    let path = format!("{MAPS}/dependent");
    let request = |body: &Value| {
        let request = Request::patch(&path).header("content-type", "application/merge-patch+json");
        request.body(body.to_string()).unwrap()
    };
    assert_eq!(ask(&emulator, Way::Http1, request(&hold)).await.status(), 200);
    let options = json!({"propagationPolicy": "Foreground"});
    send(&emulator, Method::DELETE, &format!("{MAPS}/owner"), &options).await;
    assert_eq!(get(&emulator, &format!("{MAPS}/owner")).await.0, 200);
    let free = json!({"metadata": {"finalizers": null}});
    assert_eq!(ask(&emulator, Way::Http1, request(&free)).await.status(), 200);
    for name in ["dependent", "owner"] {
        assert_eq!(get(&emulator, &format!("{MAPS}/{name}")).await.0, 404, "{name}");
    }
}

#[tokio::test]
async fn the_certificates_to_trust_are_made_again() {
    let emulator = Emulator::start().await.unwrap();
    let path = format!("{MAPS}/kube-root-ca.crt");
    assert_eq!(send(&emulator, Method::DELETE, &path, &Value::Null).await, 200);
    assert_eq!(get(&emulator, &path).await.0, 200);
}

#[rstest]
#[case("gke-install", "Running")]
#[case("elsewhere", "Pending")]
#[tokio::test]
async fn the_install_agent_runs_and_nothing_else(#[case] namespace: &str, #[case] phase: &str) {
    let emulator = Emulator::start().await.unwrap();
    let body = json!({"metadata": {"name": namespace}}).to_string();
    assert_eq!(post(&emulator, "/api/v1/namespaces", &body).await.0, 201);
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let pod =
        json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    assert_eq!(post(&emulator, &pods, &pod.to_string()).await.0, 201);
    let (_, pod) = get(&emulator, &format!("{pods}/p")).await;
    assert_eq!(pod["status"]["phase"], phase);
}

#[tokio::test]
async fn a_held_pod_goes_with_its_last_finalizer_after_its_grace() {
    let emulator = Emulator::start().await.unwrap();
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "metadata": {"name": "p", "finalizers": ["a.example/b"]},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
    });
    assert_eq!(post(&emulator, pods, &pod.to_string()).await.0, 201);
    let path = format!("{pods}/p");
    assert_eq!(send(&emulator, Method::DELETE, &path, &Value::Null).await, 200);
    emulator.clock().advance("30s".parse().unwrap()).unwrap();
    let (status, held) = get(&emulator, &path).await;
    assert_eq!((status, &held["metadata"]["deletionGracePeriodSeconds"]), (200, &json!(0)));
    let request = Request::patch(&path).header("content-type", "application/merge-patch+json");
    let request = request.body(r#"{"metadata": {"finalizers": null}}"#).unwrap();
    assert_eq!(ask(&emulator, Way::Http1, request).await.status(), 200);
    assert_eq!(get(&emulator, &path).await.0, 404);
}

#[tokio::test]
async fn kinds_that_no_token_depends_on_are_kept_and_go_with_their_namespace() {
    let emulator = Emulator::start().await.unwrap();
    let namespace = json!({"metadata": {"name": "x"}}).to_string();
    assert_eq!(post(&emulator, "/api/v1/namespaces", &namespace).await.0, 201);
    let leases = "/apis/coordination.k8s.io/v1/namespaces/x/leases";
    let renewed = "2026-01-02T03:04:05.000006Z";
    let lease =
        json!({"metadata": {"name": "l"}, "spec": {"holderIdentity": "a", "renewTime": renewed}});
    assert_eq!(post(&emulator, leases, &lease.to_string()).await.0, 201);
    let (_, list) = get(&emulator, "/apis/coordination.k8s.io/v1/leases").await;
    assert_eq!(list["kind"], "LeaseList");
    assert_eq!(list["items"][0]["spec"], lease["spec"]);
    assert_eq!(send(&emulator, Method::DELETE, "/api/v1/namespaces/x", &Value::Null).await, 200);
    assert_eq!(get(&emulator, &format!("{leases}/l")).await.0, 404);
}

#[tokio::test]
async fn a_status_is_written_apart() {
    let emulator = Emulator::start().await.unwrap();
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let deployment = json!({
        "metadata": {"name": "d"},
        "spec": {"replicas": 1, "selector": {}, "template": {"spec": {"containers": []}}},
        "status": {"replicas": 7},
    });
    let (status, made) = post(&emulator, path, &deployment.to_string()).await;
    assert_eq!(
        (status, &made["status"], &made["metadata"]["generation"]),
        (201, &json!({}), &json!(1))
    );
    let path = format!("{path}/d");
    for (path, body, replicas, ready, generation) in [
        (
            format!("{path}/status"),
            json!({"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}),
            1,
            json!(1),
            1,
        ),
        (
            path.clone(),
            json!({"spec": {"replicas": 3}, "status": {"readyReplicas": 3}}),
            3,
            json!(1),
            2,
        ),
    ] {
        let request = Request::patch(&path).header("content-type", "application/merge-patch+json");
        let answer = ask(&emulator, Way::Http1, request.body(body.to_string()).unwrap()).await;
        let found: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(found["spec"]["replicas"], replicas, "{found}");
        assert_eq!(found["status"]["readyReplicas"], ready, "{found}");
        assert_eq!(found["metadata"]["generation"], generation, "{found}");
    }
}

#[tokio::test]
async fn a_chain_of_owners_may_be_as_long_as_it_likes() {
    let emulator = Emulator::start().await.unwrap();
    for (policy, length) in [("Background", 20_000), ("Foreground", 2000)] {
        chain(&emulator, length).await;
        let options = json!({"propagationPolicy": policy});
        let deleted = send(&emulator, Method::DELETE, &format!("{MAPS}/link-0"), &options).await;
        assert_eq!(deleted, 200);
        let (status, left) = get(&emulator, MAPS).await;
        let names: Vec<_> =
            left["items"].as_array().unwrap().iter().map(|map| &map["metadata"]["name"]).collect();
        assert_eq!((status, names), (200, vec![&json!("kube-root-ca.crt")]));
    }
}

/// Makes config maps each of which owns the next.
async fn chain(emulator: &Emulator, length: usize) {
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut owners = json!([]);
    for number in 0..length {
        let name = format!("link-{number}");
        let map = json!({"metadata": {"name": name, "ownerReferences": owners}});
        let request = Request::post(MAPS).header("host", "localhost");
        let request = request.body(Full::new(Bytes::from(map.to_string()))).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 201);
        let made = response.into_body().collect().await.unwrap().to_bytes();
        let made: Value = serde_json::from_slice(&made).unwrap();
        owners = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": made["metadata"]["uid"]}]);
    }
}
