//! `/_emulator/v1/mint`: tokens to order, and what the two APIs say of them.

use {
    crate::{
        client::{Way, ask, get, post},
        keys::review,
    },
    http::Request,
    jiff::SignedDuration,
    serde_json::{Value, json},
    token_emulator::{Emulator, tokens::mint::Mint},
};

/// Orders, each with what kube-apiserver v1.37.1 said of a token that was minted to it and signed
/// by that server's key: nothing where it was good, else its reason; uids are named.
const SEEN: &str = include_str!("minted.json");

pub(crate) async fn mint(emulator: &Emulator, order: &Value) -> String {
    let (status, minted) = post(emulator, "/_emulator/v1/mint", &order.to_string()).await;
    assert_eq!(status, 200, "{minted}");
    minted["token"].as_str().unwrap().to_owned()
}

/// Makes an object, and tells its uid.
async fn make(emulator: &Emulator, path: &str, object: &Value) -> String {
    let request = Request::post(path).header("content-type", "application/json");
    let answer = ask(emulator, Way::Http1, request.body(object.to_string()).unwrap()).await;
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    answer["metadata"]["uid"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_review_says_of_each_what_kube_apiserver_says() {
    let emulator = Emulator::start().await.unwrap();
    // Some orders are a second away from the leeway.
    emulator.clock().freeze();
    let here = "/api/v1/namespaces/default";
    let pod = json!({"metadata": {"name": "p"},
                     "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let of = json!({"kubernetes.io/service-account.name": "default"});
    let token = json!({"metadata": {"name": "t", "annotations": of},
                       "type": "kubernetes.io/service-account-token"});
    let (_, account) = get(&emulator, &format!("{here}/serviceaccounts/default")).await;
    let named = json!({"metadata": {"name": "s"}});
    let uids = [
        (account["metadata"]["uid"].as_str().unwrap().to_owned(), "UID-sa"),
        (make(&emulator, &format!("{here}/pods"), &pod).await, "UID-p"),
        (make(&emulator, &format!("{here}/secrets"), &named).await, "UID-s"),
        (make(&emulator, &format!("{here}/secrets"), &token).await, "UID-t"),
        (make(&emulator, "/api/v1/nodes", &json!({"metadata": {"name": "n"}})).await, "UID-n"),
    ];
    let rows: Vec<(Value, String)> = serde_json::from_str(SEEN).unwrap();
    assert!(rows.len() > 400);
    for (order, expected) in rows {
        let said = review(&emulator, &mint(&emulator, &order).await, &[]).await;
        let said = uids.iter().fold(said, |said, (uid, name)| said.replace(uid, name));
        let reason = said.strip_prefix("[invalid bearer token, ");
        let reason = reason.and_then(|said| said.strip_suffix(']')).unwrap_or(&said);
        assert_eq!(reason, expected, "{order}");
    }
}

#[tokio::test]
async fn a_token_ages_with_the_clock() {
    let emulator = Emulator::start().await.unwrap();
    emulator.clock().freeze();
    let early = mint(&emulator, &json!({"issued": "1h", "lifetime": "1h"})).await;
    let late = mint(&emulator, &json!({"issued": "-2h", "lifetime": "1h"})).await;
    let says = async |token: &str, words: &str| {
        let said = review(&emulator, token, &[]).await;
        assert!(said.contains(words) && said.is_empty() == words.is_empty(), "{said}");
    };
    says(&early, "not valid yet").await;
    says(&late, "has expired").await;
    emulator.clock().advance(SignedDuration::from_mins(90)).unwrap();
    says(&early, "").await;
    emulator.clock().advance(SignedDuration::from_hours(-3)).unwrap();
    says(&late, "").await;
}

#[tokio::test]
async fn a_rust_test_mints_without_http() {
    let emulator = Emulator::start().await.unwrap();
    let order = Mint { audiences: Some(vec!["vault".to_owned()]), ..Mint::default() };
    let minted = emulator.mint(&order).unwrap();
    assert_eq!(review(&emulator, &minted.token, &["vault"]).await, "");
    assert_eq!(minted.payload["sub"], "system:serviceaccount:default:default");
    assert!(!format!("{minted:?}").contains(&minted.token));
}

/// Registers a cluster that trusts the issuer by what it publishes.
pub(crate) async fn register(emulator: &Emulator, id: &str, issuer: &str) -> String {
    let parent = "projects/p/locations/us-west1";
    let body = json!({"distribution": "generic", "platformVersion": "1.33.0-gke.1",
                      "fleet": {"project": "projects/123"}, "oidcConfig": {"issuerUrl": issuer}});
    let path = format!("/v1/{parent}/attachedClusters?attachedClusterId={id}");
    let (status, answer) = post(emulator, &path, &body.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    format!("{parent}/attachedClusters/{id}")
}

/// What the exchange says: nothing, or the reason why not.
pub(crate) async fn exchange(emulator: &Emulator, cluster: &str, token: &str) -> String {
    let body = json!({"subjectToken": token, "version": "1",
                      "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt"});
    let path = format!("/v1/{cluster}:generateAttachedClusterAgentToken");
    let (status, answer) = post(emulator, &path, &body.to_string()).await;
    assert_eq!(status == 200, answer["access_token"].is_string(), "{answer}");
    let violation = &answer["error"]["details"][0]["fieldViolations"][0];
    violation["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_subject_token_is_minted_for_a_cluster() {
    let emulator = Emulator::start().await.unwrap();
    let own = emulator.world().settings.issuers[0].clone();
    let cluster = register(&emulator, "c1", &own).await;
    for (order, expected) in [
        (json!({}), ""),
        (json!({"service_account": "gone"}), ""),
        (json!({"issued": "-2h"}), "SUBJECT_TOKEN_EXPIRED"),
        (json!({"issued": "2h"}), "SUBJECT_TOKEN_NOT_YET_VALID"),
        (json!({"lifetime": "48h"}), "SUBJECT_TOKEN_LIFETIME_TOO_LONG"),
        (json!({"signature": "broken"}), "SUBJECT_TOKEN_SIGNATURE_INVALID"),
        (json!({"algorithm": "none"}), "SUBJECT_TOKEN_ALGORITHM_UNSUPPORTED"),
        (json!({"algorithm": "RS384"}), "SUBJECT_TOKEN_ALGORITHM_MISMATCH"),
        (json!({"key": "unpublished"}), "SUBJECT_TOKEN_KEY_UNKNOWN"),
        (json!({"claims": {"sub": null}}), "SUBJECT_TOKEN_CLAIM_INVALID"),
    ] {
        let mut order = order;
        order["cluster"] = json!(cluster);
        let token = mint(&emulator, &order).await;
        assert_eq!(exchange(&emulator, &cluster, &token).await, expected, "{order}");
    }
    let order = json!({"issuer": "https://elsewhere.example"});
    let token = mint(&emulator, &order).await;
    assert_eq!(exchange(&emulator, &cluster, &token).await, "SUBJECT_TOKEN_ISSUER_MISMATCH");
}

#[tokio::test]
async fn a_key_that_is_not_published_is_none_of_the_clusters() {
    let emulator = Emulator::start().await.unwrap();
    let own = emulator.world().settings.issuers[0].clone();
    let cluster = register(&emulator, "c1", &own).await;
    let order = r#"{"rotate": {"algorithm": "ES256", "kid": "early", "published": false}}"#;
    assert_eq!(post(&emulator, "/_emulator/v1/keys", order).await.0, 200);
    let token = mint(&emulator, &json!({})).await;
    assert_eq!(review(&emulator, &token, &[]).await, "");
    assert_eq!(exchange(&emulator, &cluster, &token).await, "SUBJECT_TOKEN_KEY_UNKNOWN");
    let order = r#"{"publish": "early"}"#;
    assert_eq!(post(&emulator, "/_emulator/v1/keys", order).await.0, 200);
    assert_eq!(exchange(&emulator, &cluster, &token).await, "");
}
