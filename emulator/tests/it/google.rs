//! The Google side over REST: from a registered cluster to an access token.

use {
    crate::google_world::{
        CLUSTER, Google, PARENT, exchange_body, jwt, request, request_with, rsa_key,
    },
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::{
        api::{Answer, Fetched},
        control::{self, Control},
        google, kubernetes,
        world::{
            access_tokens::Grant,
            settings::{GoogleAuth, Settings},
        },
    },
};

#[test]
fn a_token_of_a_registered_cluster_is_exchanged() {
    let google = Google::new();
    let key = rsa_key();
    google.register(&[key.public()]);
    let (status, answer) = google.exchange(&jwt(&key, &google.claims()));
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(3599), &json!("Bearer")));
    assert_eq!(answer.as_object().unwrap().len(), 3);
    let token = answer["access_token"].as_str().unwrap();
    let known = google.world.access_tokens.get(token).unwrap();
    assert_eq!(known.cluster.as_deref(), Some("projects/p/locations/us-west1/attachedClusters/c1"));
    assert_eq!(known.grant.scopes, ["https://www.googleapis.com/auth/cloud-platform"]);
}

#[test]
fn an_operation_runs_and_then_is_done() {
    let google = Google::new();
    let body = json!({
        "name": "c1",
        "platform_version": "1.35.0-gke.1",
        "distribution": "eks",
        "fleet": {"project": "projects/123"},
        "oidcConfig": {"issuerUrl": "https://kubernetes.default.svc.cluster.local"},
        "loggingConfig": {"componentConfig": null},
        "monitoringConfig": {"cloudMonitoringConfig": {"enabled": false}},
        "annotations": {"b": "2", "a": "1"},
    });
    let target = format!("{PARENT}/attachedClusters?attached_cluster_id=c1");
    let (status, operation) = google.call("POST", &target, &body.to_string());
    assert_eq!(status, 200, "{operation}");
    let mut members: Vec<&String> = operation.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["metadata", "name"]);
    assert_eq!(google.call("GET", CLUSTER, "").1["state"], "PROVISIONING");
    google.settle();
    let name = operation["name"].as_str().unwrap();
    let (_, done) = google.call("GET", &format!("/v1/{name}"), "");
    assert_eq!(done["done"], true);
    let kind = "type.googleapis.com/google.cloud.gkemulticloud.v1.AttachedCluster";
    assert_eq!(done["response"]["@type"], kind);
    let (_, cluster) = google.call("GET", CLUSTER, "");
    assert_eq!(cluster["state"], "RUNNING");
    assert_eq!(cluster["name"], "projects/p/locations/us-west1/attachedClusters/c1");
    assert_eq!(cluster["fleet"]["membership"], "projects/123/locations/global/memberships/c1");
    assert_eq!(cluster["loggingConfig"], json!({}));
    assert_eq!(cluster["monitoringConfig"]["cloudMonitoringConfig"]["enabled"], false);
    assert_eq!(cluster["binaryAuthorization"]["evaluationMode"], "DISABLED");
    assert_eq!(google.call("POST", &target, &body.to_string()).0, 409);
}

#[test]
fn a_deleted_cluster_is_gone_when_its_operation_is_done() {
    let google = Google::new();
    google.register(&[]);
    let (status, operation) = google.call("DELETE", &format!("{CLUSTER}?etag=x"), "");
    assert_eq!((status, operation["error"]["status"].as_str()), (409, Some("ABORTED")));
    let (_, operation) = google.call("DELETE", CLUSTER, "");
    assert_eq!(google.call("GET", CLUSTER, "").1["state"], "STOPPING");
    google.settle();
    let name = operation["name"].as_str().unwrap();
    let (_, done) = google.call("GET", &format!("/v1/{name}"), "");
    assert_eq!(done["response"], json!({"@type": "type.googleapis.com/google.protobuf.Empty"}));
    let (status, error) = google.call("GET", CLUSTER, "");
    assert_eq!(status, 404);
    let expected = json!({"code": 404, "message": "cluster not found", "status": "NOT_FOUND"});
    assert_eq!(error, json!({"error": expected}));
    assert_eq!(google.call("DELETE", CLUSTER, "").0, 404);
    let (_, operation) = google.call("DELETE", &format!("{CLUSTER}?allow_missing=true"), "");
    assert_eq!(operation["done"], true);
}

#[test]
fn all_that_is_wrong_with_a_body_is_said_at_once() {
    let google = Google::new();
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    let body = r#"{bogus: 1, 'subjectToken': 123, "nodePoolId": "x", options: {},}"#;
    let (status, answer) = google.call("POST", &target, body);
    let error = &answer["error"];
    let expected = [
        "Invalid JSON payload received. Unknown name \"bogus\": Cannot find field.",
        "Invalid value at 'subject_token' (TYPE_STRING), 123",
        "Invalid JSON payload received. Unknown name \"nodePoolId\": Cannot find field.",
        "Invalid value (options), Starting an object on a scalar field",
    ];
    assert_eq!((status, error["status"].as_str()), (400, Some("INVALID_ARGUMENT")));
    assert_eq!(error["message"], expected.join("\n"));
    let violations = error["details"][0]["fieldViolations"].as_array().unwrap();
    assert_eq!(violations.len(), 4);
    assert_eq!(violations[0], json!({"description": expected[0]}));
    assert_eq!(violations[1], json!({"field": "subject_token", "description": expected[1]}));
    let (_, answer) = google.call("POST", &target, "not json");
    let message = "Invalid JSON payload received. Unexpected token.\nnot json\n^";
    let expected = json!({"code": 400, "message": message, "status": "INVALID_ARGUMENT"});
    assert_eq!(answer, json!({"error": expected}));
}

#[test]
fn strictness_wants_a_bearer_after_the_path_and_before_the_body() {
    let settings = Settings { google_auth: GoogleAuth::Strict, ..Settings::default() };
    let google = Google::with(settings);
    let response = google.respond(&request("GET", "/v1/projects/p/locations", ""));
    assert_eq!(response.status, 404);
    assert!(response.body.starts_with(b"<!DOCTYPE html>\n<html lang=en>"));
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    let response = google.respond(&request("POST", &target, "not json"));
    assert_eq!(response.status, 401);
    let challenge = "Bearer realm=\"https://accounts.google.com/\"";
    assert_eq!(response.headers["www-authenticate"], challenge);
    assert_eq!(response.headers.get_all("vary").iter().count(), 3);
    let error: Value = serde_json::from_slice(&response.body).unwrap();
    let info = &error["error"]["details"][0];
    assert_eq!(info["reason"], "CREDENTIALS_MISSING");
    let method = "google.cloud.gkemulticloud.v1.AttachedClusters.GenerateAttachedClusterAgentToken";
    assert_eq!(info["metadata"]["method"], method);
}

#[test]
fn an_answer_is_pretty_unless_it_is_not_wanted_so() {
    let google = Google::new();
    let list = format!("{PARENT}/attachedClusters");
    assert_eq!(google.respond(&request("GET", &list, "")).body, "{}\n");
    google.register(&[]);
    let target = format!("{CLUSTER}?fields=state,fleet/project&prettyPrint=false");
    let response = google.respond(&request("GET", &target, ""));
    assert_eq!(response.body, r#"{"fleet":{"project":"projects/123"},"state":"RUNNING"}"#);
    let target = format!("{CLUSTER}?fields=state&%24alt=json%3Benum-encoding%3Dint");
    assert_eq!(google.respond(&request("GET", &target, "")).body, "{\n  \"state\": 2\n}\n");
}

#[test]
fn a_service_account_of_the_emulator_becomes_a_google_caller() {
    let settings = Settings { google_auth: GoogleAuth::Strict, ..Settings::default() };
    let google = Google::with(settings);
    let issuer = google.world.settings.issuers[0].clone();
    let name = "projects/p/locations/us-west1/attachedClusters/c1";
    let seed =
        json!({"kind": "AttachedCluster", "name": name, "oidcConfig": {"issuerUrl": issuer}});
    google::seed(&google.world, seed).unwrap();
    let grant = Grant { scopes: vec![google::CLOUD_PLATFORM.to_owned()], ..Grant::default() };
    google.world.access_tokens.insert("owner", grant);
    kubernetes::seed_defaults(&google.world);
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let answer = kubernetes::answer(&google.world, &request("POST", path, "{}"));
    let Answer::Response(response) = answer else { panic!("{answer:?}") };
    let token_request: Value = serde_json::from_slice(&response.body).unwrap();
    let subject_token = token_request["status"]["token"].as_str().unwrap();

    let body = exchange_body(subject_token).to_string();
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    let post = |bearer: &str| {
        let bearer = format!("Bearer {bearer}");
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        let response = google.respond(&request_with("POST", &target, &headers, body.as_bytes()));
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        (response.status.as_u16(), answer)
    };
    assert_eq!(post(subject_token).0, 401);
    let (status, answer) = post("owner");
    assert_eq!(status, 200, "{answer}");
    let access_token = answer["access_token"].as_str().unwrap();
    assert_eq!(post(access_token).0, 200);
    google.world.clock.advance(jiff::SignedDuration::from_secs(3600)).unwrap();
    let (status, answer) = post(access_token);
    assert_eq!(
        (status, &answer["error"]["details"][0]["reason"]),
        (401, &json!("ACCESS_TOKEN_EXPIRED"))
    );
}

#[test]
fn a_running_operation_can_be_cancelled() {
    let google = Google::new();
    let body = json!({
        "platformVersion": "1.35.0-gke.1",
        "distribution": "aks",
        "fleet": {"project": "projects/123"},
        "oidcConfig": {"issuerUrl": "https://issuer.example.com"},
    });
    let target = format!("{PARENT}/attachedClusters?attachedClusterId=c1");
    let (_, operation) = google.call("POST", &target, &body.to_string());
    let operation = format!("/v1/{}", operation["name"].as_str().unwrap());
    assert_eq!(google.call("POST", &format!("{operation}:cancel"), "{}"), (200, json!({})));
    let (_, done) = google.call("GET", &operation, "");
    assert_eq!((&done["done"], &done["error"]["code"]), (&json!(true), &json!(1)));
    assert_eq!(done["metadata"]["requestedCancellation"], true);
    assert_eq!(google.call("GET", CLUSTER, "").1["state"], "ERROR");
    let (_, list) = google.call("GET", &format!("{PARENT}/operations?filter=done%3Dtrue"), "");
    assert_eq!(list["operations"].as_array().unwrap().len(), 1);
    let (_, list) = google.call("GET", &format!("{PARENT}/operations?filter=done%3Dfalse"), "");
    assert_eq!(list, json!({}));
    assert_eq!(google.call("GET", &format!("{PARENT}/operations?filter=x"), "").0, 400);
    assert_eq!(google.call("DELETE", &operation, ""), (200, json!({})));
    assert_eq!(google.call("GET", &operation, "").0, 404);
}

#[test]
fn an_update_changes_what_the_mask_names() {
    let google = Google::new();
    google.register(&[]);
    let (_, before) = google.call("GET", CLUSTER, "");
    let body = json!({"name": "other", "description": "d", "platformVersion": "1.36.0-gke.1",
                      "proxyConfig": {"kubernetesSecret": {"name": "n", "namespace": "ns"}}});
    let paths = "description,proxyConfig.kubernetesSecret.name";
    let patch =
        |query: &str| google.call("PATCH", &format!("{CLUSTER}?{query}"), &body.to_string());
    for bad in ["", "updateMask=", "updateMask=*", "updateMask=fleet", "updateMask=name"] {
        let (status, answer) = patch(bad);
        assert_eq!((status, answer["error"]["status"].as_str()), (400, Some("INVALID_ARGUMENT")));
    }
    let (_, operation) = patch(&format!("updateMask={paths}&validateOnly=true"));
    assert_eq!((&operation["done"], &google.call("GET", CLUSTER, "").1), (&json!(true), &before));
    let would_be = &operation["response"];
    assert_eq!((&would_be["state"], &would_be["uid"]), (&json!("RUNNING"), &before["uid"]));
    assert_eq!((&would_be["description"], would_be.get("etag")), (&json!("d"), None));
    assert_eq!(patch(&format!("update_mask={paths}")).0, 200);
    let (_, after) = google.call("GET", CLUSTER, "");
    assert_eq!((&after["state"], &after["reconciling"]), (&json!("RECONCILING"), &json!(true)));
    assert_eq!(after["description"], "d");
    assert_eq!(after["proxyConfig"], json!({"kubernetesSecret": {"name": "n"}}));
    assert_eq!(after["platformVersion"], before["platformVersion"]);
    assert_ne!(after["etag"], before["etag"]);
    google.settle();
    assert_eq!(google.call("GET", CLUSTER, "").1["state"], "RUNNING");
}

fn cluster() -> Value {
    json!({
        "platformVersion": "1.35.0-gke.1",
        "distribution": "aks",
        "fleet": {"project": "projects/123"},
        "oidcConfig": {"issuerUrl": "https://issuer.example.com"},
    })
}

#[rstest]
#[case(r#"{"fail": {"code": "FAILED_PRECONDITION", "message": "no"}}"#, "create", 9, "ERROR")]
#[case(
    r#"{"fail": {"code": "INTERNAL", "verb": "update", "message": "no"}}"#,
    "update",
    13,
    "DEGRADED"
)]
#[case(r#"{"fail": {"code": "ABORTED", "target": "/c1", "message": "no"}}"#, "delete", 10, "ERROR")]
fn an_operation_can_be_made_to_fail(
    #[case] rule: &str,
    #[case] verb: &str,
    #[case] code: u16,
    #[case] state: &str,
) {
    let google = Google::new();
    let control = |body: &str| {
        let request = request("POST", "/_emulator/v1/operations", body);
        let fetched = Fetched::default();
        match control::answer(&Control::default(), &google.world, &request, &fetched) {
            Answer::Response(response) => response.status.as_u16(),
            other => panic!("{other:?}"),
        }
    };
    if verb != "create" {
        google.register(&[]);
    }
    assert_eq!(control(rule), 200);
    let (_, operation) = match verb {
        "create" => {
            let target = format!("{PARENT}/attachedClusters?attachedClusterId=c1");
            google.call("POST", &target, &cluster().to_string())
        }
        "update" => google.call("PATCH", &format!("{CLUSTER}?updateMask=description"), "{}"),
        _ => google.call("DELETE", CLUSTER, ""),
    };
    assert_eq!(operation.get("done"), None, "{operation}");
    google.settle();
    let name = operation["name"].as_str().unwrap();
    let (_, done) = google.call("GET", &format!("/v1/{name}"), "");
    assert_eq!(done["error"], json!({"code": code, "message": "no"}));
    assert_eq!((&done["done"], &done["metadata"]["errorDetail"]), (&json!(true), &json!("no")));
    let (_, cluster) = google.call("GET", CLUSTER, "");
    assert_eq!(
        (&cluster["state"], &cluster["errors"][0]["message"]),
        (&json!(state), &json!("no"))
    );
    // One that runs fails at once, and the rule has gone with the first.
    let (_, operation) = google.call("DELETE", CLUSTER, "");
    let name = operation["name"].as_str().unwrap();
    let named = json!({"name": name, "fail": {}}).to_string();
    assert_eq!((control(&named), control(&named)), (200, 400));
    let (_, done) = google.call("GET", &format!("/v1/{name}"), "");
    assert_eq!(done["error"]["code"], 13);
    google.call("DELETE", CLUSTER, "");
    google.settle();
    assert_eq!(google.call("GET", CLUSTER, "").0, 404);
}
