//! The admission plugins that are not on by default, in the words of kube-apiserver v1.37.1: each
//! row was asked of one that had been started before without AlwaysDeny, which keeps it from
//! starting on an empty store.

use {
    crate::client::{self, Way},
    http::Request,
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::{Config, Emulator},
};

const DENIED: &str = "is forbidden: admission control is denying all modifications";

async fn with(plugins: &[&str]) -> Emulator {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        enable_admission_plugins: plugins.iter().map(|&plugin| plugin.to_owned()).collect(),
        ..Config::default()
    };
    Emulator::start_with(config).await.unwrap()
}

/// A method and a path; a patch is a merge patch, or with a `fieldManager` an apply.
async fn ask(emulator: &Emulator, what: &str, body: &str) -> (u16, Value) {
    let (method, path) = what.split_once(' ').unwrap();
    let content_type = match method {
        "PATCH" if path.contains("fieldManager") => "application/apply-patch+yaml",
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let request = Request::builder().method(method).uri(path).header("content-type", content_type);
    let request = request.body(body.to_owned()).unwrap();
    let response = client::ask(emulator, Way::Http1, request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[rstest]
#[case(
    "POST /apis/authentication.k8s.io/v1/tokenreviews",
    r#"{"spec":{"token":"x"}}"#,
    "tokenreviews.authentication.k8s.io \"Unknown\""
)]
#[case(
    "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
    "{}",
    "selfsubjectreviews.authentication.k8s.io \"Unknown\""
)]
#[case(
    "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "{}",
    "selfsubjectaccessreviews.authorization.k8s.io \"Unknown\""
)]
#[case(
    "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "{}",
    "selfsubjectrulesreviews.authorization.k8s.io \"Unknown\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts/default/token",
    "{}",
    "serviceaccounts \"default\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts/nope/token",
    "{}",
    "serviceaccounts \"nope\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts/default/token",
    r#"{"spec":{"expirationSeconds":3}}"#,
    "serviceaccounts \"default\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts",
    r#"{"metadata":{"name":"x"}}"#,
    "serviceaccounts \"x\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts",
    r#"{"metadata":{"generateName":"x-"}}"#,
    "serviceaccounts \"x-\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts",
    r#"{"metadata":{"name":"BAD_"}}"#,
    "serviceaccounts \"BAD_\""
)]
#[case(
    "DELETE /api/v1/namespaces/default/serviceaccounts/default",
    "",
    "serviceaccounts \"default\""
)]
#[case("DELETE /api/v1/namespaces/default/serviceaccounts", "", "serviceaccounts \"Unknown\"")]
#[case(
    "PUT /api/v1/namespaces/default/serviceaccounts/default",
    r#"{"metadata":{"name":"default"}}"#,
    "serviceaccounts \"default\""
)]
#[case(
    "PATCH /api/v1/namespaces/default/serviceaccounts/default",
    r#"{"metadata":{"labels":{"a":"b"}}}"#,
    "serviceaccounts \"default\""
)]
#[case(
    "PATCH /api/v1/namespaces/default/serviceaccounts/nope?fieldManager=x",
    r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"nope"}}"#,
    "serviceaccounts \"nope\""
)]
#[case(
    "POST /api/v1/namespaces/default/pods/x/binding",
    r#"{"metadata":{"name":"x"},"target":{"name":"n"}}"#,
    "pods \"x\""
)]
#[case(
    "POST /api/v1/namespaces/default/pods/x/eviction",
    r#"{"metadata":{"name":"x"}}"#,
    "pods \"x\""
)]
#[case(
    "PUT /api/v1/namespaces/default/finalize",
    r#"{"metadata":{"name":"default"}}"#,
    "namespaces \"default\""
)]
#[case(
    "PUT /api/v1/namespaces/default/status",
    r#"{"metadata":{"name":"default"}}"#,
    "namespaces \"default\""
)]
#[case("POST /api/v1/nodes", r#"{"metadata":{"name":"x"}}"#, "nodes \"x\"")]
#[case(
    "POST /apis/rbac.authorization.k8s.io/v1/clusterroles",
    r#"{"metadata":{"name":"x"},"rules":[]}"#,
    "clusterroles.rbac.authorization.k8s.io \"x\""
)]
#[case(
    "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    r#"{"metadata":{"name":"x"}}"#,
    "selfsubjectrulesreviews.authorization.k8s.io \"x\""
)]
#[case(
    "PUT /api/v1/namespaces/default/serviceaccounts/default",
    r#"{"metadata":{"name":"default","resourceVersion":"1"}}"#,
    "serviceaccounts \"default\""
)]
#[case(
    "POST /api/v1/namespaces/default/pods",
    r#"{"metadata":{"name":"p"},"spec":{"containers":[]}}"#,
    "pods \"p\""
)]
#[case(
    "POST /api/v1/namespaces/default/serviceaccounts?dryRun=All",
    r#"{"metadata":{"name":"x"}}"#,
    "serviceaccounts \"x\""
)]
#[tokio::test]
async fn always_deny_refuses_all_that_is_made_changed_or_deleted(
    #[case] what: &str,
    #[case] body: &str,
    #[case] refused: &str,
) {
    let emulator = with(&["AlwaysDeny"]).await;
    let (status, answer) = ask(&emulator, what, body).await;
    assert_eq!((status, &answer["message"]), (403, &json!(format!("{refused} {DENIED}"))));
    let name = refused.split('"').nth(1).unwrap();
    assert_eq!(
        (&answer["details"]["name"], &answer["reason"]),
        (&json!(name), &json!("Forbidden"))
    );
}

#[rstest]
#[case(
    "POST /api/v1/namespaces/nope/serviceaccounts",
    r#"{"metadata":{"name":"x"}}"#,
    404,
    "namespaces \"nope\" not found"
)]
#[case(
    "POST /api/v1/namespaces/nope/serviceaccounts/nope/token",
    "{}",
    404,
    "namespaces \"nope\" not found"
)]
#[case(
    "DELETE /api/v1/namespaces/default",
    "",
    403,
    "namespaces \"default\" is forbidden: this namespace may not be deleted"
)]
#[case("DELETE /api/v1/namespaces/nope", "", 404, "namespaces \"nope\" not found")]
#[case(
    "DELETE /api/v1/namespaces/default/serviceaccounts/nope",
    "",
    404,
    "serviceaccounts \"nope\" not found"
)]
#[case(
    "PUT /api/v1/namespaces/default/serviceaccounts/nope",
    r#"{"metadata":{"name":"nope"}}"#,
    404,
    "serviceaccounts \"nope\" not found"
)]
#[case(
    "PATCH /api/v1/namespaces/default/serviceaccounts/nope",
    "{}",
    404,
    "serviceaccounts \"nope\" not found"
)]
#[case(
    "POST /api/v1/namespaces/default/pods",
    r#"{"metadata":{"name":"p"},"spec":{"serviceAccountName":"no","containers":[]}}"#,
    403,
    "pods \"p\" is forbidden: error looking up service account default/no: serviceaccount \"no\" not found"
)]
#[tokio::test]
async fn what_is_refused_before_always_deny_still_is(
    #[case] what: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] message: &str,
) {
    let emulator = with(&["AlwaysDeny", "AlwaysAdmit"]).await;
    let answer = ask(&emulator, what, body).await;
    assert_eq!((answer.0, &answer.1["message"]), (status, &json!(message)));
}

#[rstest]
#[case(
    "DELETE",
    r#"{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"x"}}"#,
    "Operation cannot be fulfilled on ServiceAccount \"default\": the UID in the precondition (x)"
)]
#[case(
    "PUT",
    r#"{"metadata":{"name":"default","uid":"x"}}"#,
    "Operation cannot be fulfilled on serviceaccounts \"default\": StorageError: invalid object"
)]
#[tokio::test]
async fn an_identity_that_is_demanded_is_checked_before_always_deny(
    #[case] method: &str,
    #[case] body: &str,
    #[case] message: &str,
) {
    let emulator = with(&["AlwaysDeny"]).await;
    let path = format!("{method} /api/v1/namespaces/default/serviceaccounts/default");
    let (status, answer) = ask(&emulator, &path, body).await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["message"].as_str().unwrap().starts_with(message), "{answer}");
}

#[tokio::test]
async fn always_deny_lets_reads_pass() {
    let emulator = with(&["AlwaysDeny"]).await;
    assert_eq!(ask(&emulator, "GET /api/v1/namespaces/default", "").await.0, 200);
    let (status, answer) = ask(&emulator, "DELETE /api/v1/namespaces/default/secrets", "").await;
    assert_eq!((status, &answer["items"]), (200, &json!([])), "{answer}");
}

#[rstest]
#[case("POST /api/v1/namespaces/auto/configmaps", r#"{"metadata":{"name":"x"}}"#, 201, true)]
#[case("POST /api/v1/namespaces/auto/serviceaccounts/nope/token", "{}", 404, true)]
#[case(
    "POST /api/v1/namespaces/auto/configmaps?dryRun=All",
    r#"{"metadata":{"name":"x"}}"#,
    404,
    false
)]
#[case("POST /api/v1/namespaces/auto/configmaps", r#"{"metadata":{"name":"BAD_"}}"#, 422, true)]
#[case(
    "PATCH /api/v1/namespaces/auto/configmaps/x?fieldManager=x",
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}"#,
    201,
    true
)]
#[case("PUT /api/v1/namespaces/auto/serviceaccounts/x", r#"{"metadata":{"name":"x"}}"#, 404, false)]
#[case(
    "PUT /apis/rbac.authorization.k8s.io/v1/namespaces/auto/roles/x",
    r#"{"metadata":{"name":"x"}}"#,
    201,
    true
)]
#[case("DELETE /api/v1/namespaces/auto/serviceaccounts/x", "", 404, false)]
#[case(
    "POST /api/v1/namespaces/auto/pods/x/binding",
    r#"{"metadata":{"name":"x"},"target":{"name":"n"}}"#,
    404,
    true
)]
#[case("POST /api/v1/namespaces/auto/pods/x/eviction", r#"{"metadata":{"name":"x"}}"#, 404, true)]
#[case("POST /apis/authorization.k8s.io/v1/namespaces/auto/localsubjectaccessreviews", r#"{"metadata":{"namespace":"auto"},"spec":{"user":"a","resourceAttributes":{"namespace":"auto","verb":"get","resource":"pods"}}}"#, 201, true)]
#[tokio::test]
async fn namespace_auto_provision_makes_the_namespace(
    #[case] what: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] made: bool,
) {
    let emulator = with(&["NamespaceAutoProvision"]).await;
    let (answered, answer) = ask(&emulator, what, body).await;
    assert_eq!(answered, status, "{answer}");
    let (found, namespace) = ask(&emulator, "GET /api/v1/namespaces/auto", "").await;
    assert_eq!(found, if made { 200 } else { 404 }, "{namespace}");
    if made {
        let manager = &namespace["metadata"]["managedFields"][0]["manager"];
        assert_eq!(
            (manager, &namespace["status"]["phase"]),
            (&json!("kube-apiserver"), &json!("Active"))
        );
    }
}

#[tokio::test]
async fn a_namespace_that_cannot_be_made_is_refused() {
    let emulator = with(&["NamespaceAutoProvision"]).await;
    let path = "POST /api/v1/namespaces/AUTO_5/configmaps";
    let (status, answer) = ask(&emulator, path, r#"{"metadata":{"name":"x"}}"#).await;
    let message = answer["message"].as_str().unwrap();
    let expected = "configmaps \"x\" is forbidden: Namespace \"AUTO_5\" is invalid: metadata.name: \
                    Invalid value: \"AUTO_5\": a lowercase RFC 1123 label must consist of";
    assert!(status == 403 && message.starts_with(expected), "{answer}");
}

#[rstest]
#[case(
    "POST /api/v1/namespaces/gone/configmaps",
    r#"{"metadata":{"name":"x"}}"#,
    "namespaces \"gone\" not found"
)]
#[case(
    "PUT /api/v1/namespaces/gone/serviceaccounts/x",
    r#"{"metadata":{"name":"x"}}"#,
    "serviceaccounts \"x\" not found"
)]
#[case("DELETE /api/v1/namespaces/gone/serviceaccounts/x", "", "serviceaccounts \"x\" not found")]
#[case("POST /apis/authorization.k8s.io/v1/namespaces/gone/localsubjectaccessreviews", r#"{"metadata":{"namespace":"gone"},"spec":{"user":"a","resourceAttributes":{"namespace":"gone","verb":"get","resource":"pods"}}}"#, "namespaces \"gone\" not found")]
#[tokio::test]
async fn namespace_exists_also_minds_where_access_is_reviewed(
    #[case] what: &str,
    #[case] body: &str,
    #[case] message: &str,
) {
    let emulator = with(&["NamespaceExists"]).await;
    let (status, answer) = ask(&emulator, what, body).await;
    assert_eq!((status, &answer["message"]), (404, &json!(message)));
}
