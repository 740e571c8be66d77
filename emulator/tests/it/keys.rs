//! `/_emulator/v1/keys`: what becomes of tokens, and of those who keep a JWKS, when keys change.

use {
    crate::client::{Way, ask, get, post},
    http::Request,
    serde_json::{Value, json},
    token_emulator::{
        Emulator,
        world::keys::{Algorithm, SigningKey},
    },
};

const KEYS: &str = "/_emulator/v1/keys";

pub(crate) async fn token(emulator: &Emulator) -> String {
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let request = Request::post(path).header("content-type", "application/json").body("{}");
    let answer = ask(emulator, Way::Http1, request.unwrap()).await;
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    answer["status"]["token"].as_str().unwrap().to_owned()
}

/// What TokenReview says: nothing, or why not.
pub(crate) async fn review(emulator: &Emulator, token: &str, audiences: &[&str]) -> String {
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                      "spec": {"token": token, "audiences": audiences}});
    let request = Request::post("/apis/authentication.k8s.io/v1/tokenreviews")
        .header("content-type", "application/json")
        .body(body.to_string());
    let answer = ask(emulator, Way::Http1, request.unwrap()).await;
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    let status = &answer["status"];
    assert_eq!(status["authenticated"] == json!(true), status.get("error").is_none(), "{answer}");
    status["error"].as_str().unwrap_or_default().to_owned()
}

async fn tell(emulator: &Emulator, change: Value) -> Value {
    let (status, shown) = post(emulator, KEYS, &change.to_string()).await;
    assert_eq!(status, 200, "{shown}");
    shown
}

async fn published(emulator: &Emulator) -> Vec<String> {
    let (_, jwks) = get(emulator, "/openid/v1/jwks").await;
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

const GONE: &str = "[invalid bearer token, invalid signature, no keys found]";
const FORGED: &str = "[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]";

#[tokio::test]
async fn a_rotation_overlaps_until_the_old_key_is_retired() {
    let emulator = Emulator::start().await.unwrap();
    let (before, old) = (token(&emulator).await, published(&emulator).await);
    let shown = tell(&emulator, json!({"rotate": {"algorithm": "ES256"}})).await;
    let new = shown["keys"][1]["kid"].as_str().unwrap();
    assert_eq!(published(&emulator).await, [old[0].as_str(), new]);
    let after = token(&emulator).await;
    assert_eq!(review(&emulator, &before, &[]).await, "");
    assert_eq!(review(&emulator, &after, &[]).await, "");
    tell(&emulator, json!({"retire": old[0]})).await;
    assert_eq!(published(&emulator).await, [new]);
    assert_eq!(review(&emulator, &before, &[]).await, GONE);
    assert_eq!(review(&emulator, &after, &[]).await, "");
    let (_, document) = get(&emulator, "/.well-known/openid-configuration").await;
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256"]));
    assert_eq!(post(&emulator, "/_emulator/v1/state", "").await.0, 200);
    assert_eq!(published(&emulator).await, old);
    assert_eq!(review(&emulator, &after, &[]).await, GONE);
}

#[tokio::test]
async fn a_new_key_under_the_same_kid_makes_old_tokens_forged() {
    let emulator = Emulator::start().await.unwrap();
    let (before, old) = (token(&emulator).await, get(&emulator, "/openid/v1/jwks").await.1);
    tell(&emulator, json!({"replace": {}})).await;
    let (_, new) = get(&emulator, "/openid/v1/jwks").await;
    assert_eq!(new["keys"][0]["kid"], old["keys"][0]["kid"]);
    assert_ne!(new["keys"][0]["n"], old["keys"][0]["n"]);
    assert_eq!(review(&emulator, &before, &[]).await, FORGED);
    assert_eq!(review(&emulator, &token(&emulator).await, &[]).await, "");
}

#[tokio::test]
async fn a_key_that_signs_before_it_is_published_is_known_to_the_server_alone() {
    let emulator = Emulator::start().await.unwrap();
    let old = published(&emulator).await;
    let order = json!({"rotate": {"algorithm": "ES512", "kid": "early", "published": false}});
    tell(&emulator, order).await;
    let early = token(&emulator).await;
    assert_eq!(review(&emulator, &early, &[]).await, "");
    assert_eq!(published(&emulator).await, old);
    tell(&emulator, json!({"publish": "early"})).await;
    assert_eq!(published(&emulator).await.last().unwrap(), "early");
    tell(&emulator, json!({"hide": "early"})).await;
    assert_eq!(published(&emulator).await, old);
    // One that was left out of --service-account-key-file.
    tell(&emulator, json!({"retire": "early"})).await;
    assert_eq!(review(&emulator, &token(&emulator).await, &[]).await, GONE);
    tell(&emulator, json!({"sign_with": old[0]})).await;
    assert_eq!(review(&emulator, &token(&emulator).await, &[]).await, "");
}

#[tokio::test]
async fn how_long_a_jwks_may_be_kept_can_be_set() {
    let emulator = Emulator::start().await.unwrap();
    let keep = async || {
        let request = Request::get("/openid/v1/jwks").body("").unwrap();
        let answer = ask(&emulator, Way::Http1, request).await;
        answer.headers()["cache-control"].to_str().unwrap().to_owned()
    };
    assert_eq!(keep().await, "public, max-age=3600");
    tell(&emulator, json!({"max_age": "1m30s"})).await;
    assert_eq!(keep().await, "public, max-age=90");
    let delete = Request::delete(KEYS).body("").unwrap();
    assert_eq!(ask(&emulator, Way::Http1, delete).await.status(), 200);
    assert_eq!(keep().await, "public, max-age=3600");
}

#[tokio::test]
async fn a_rust_test_rotates_without_http() {
    let emulator = Emulator::start().await.unwrap();
    let before = token(&emulator).await;
    emulator.keys().rotate(SigningKey::generate(Algorithm::Es256).under("mine")).unwrap();
    assert_eq!(published(&emulator).await.last().unwrap(), "mine");
    assert_eq!(review(&emulator, &before, &[]).await, "");
    emulator.keys().reset();
    assert_eq!(published(&emulator).await.len(), 1);
}
