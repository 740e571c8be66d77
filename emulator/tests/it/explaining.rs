//! `/_emulator/v1/explain`: it says what the APIs say, why, and no more of the token than its claims.

use {
    crate::{
        client::post,
        keys::review,
        minting::{exchange, mint, register},
    },
    serde_json::{Value, json},
    token_emulator::{Config, Emulator},
};

async fn explain(emulator: &Emulator, question: &Value) -> Value {
    let (status, answer) = post(emulator, "/_emulator/v1/explain", &question.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// The rules of an explanation; all but the last hold, and whether the last does.
fn rules(verdict: &Value) -> (Vec<&str>, bool) {
    let checks = verdict["checks"].as_array().unwrap();
    let (last, first) = checks.split_last().unwrap();
    assert!(first.iter().all(|check| check["holds"] == true), "{verdict}");
    let names = checks.iter().map(|check| check["rule"].as_str().unwrap());
    (names.collect(), last["holds"] == true)
}

#[tokio::test]
async fn a_review_is_told_rule_by_rule() {
    let emulator = Emulator::start().await.unwrap();
    for (order, last) in [
        (json!({}), "service account"),
        (json!({"node": "gone"}), "node"),
        (json!({"issuer": "x"}), "issuer"),
        (json!({"key": "unpublished"}), "key"),
        (json!({"header": {"crit": ["x"]}}), "extensions"),
        (json!({"signature": "broken"}), "signature"),
        (json!({"claims": {"jti": 7}}), "claims"),
        (json!({"audiences": ["x"], "issued": "-2h"}), "audience"),
        (json!({"issued": "2h"}), "nbf"),
        (json!({"issued": "-2h"}), "exp"),
        (json!({"service_account": "gone"}), "service account"),
        (json!({"pod": "gone"}), "pod"),
        (json!({"payload": "x"}), "form"),
    ] {
        let token = mint(&emulator, &order).await;
        let explained = explain(&emulator, &json!({"token": token})).await;
        let verdict = &explained["review"];
        let said = review(&emulator, &token, &[]).await;
        assert_eq!(verdict["error"].as_str().unwrap_or_default(), said);
        assert_eq!(verdict["accepted"], said.is_empty());
        let (names, holds) = rules(verdict);
        assert_eq!((names.last(), holds), (Some(&last), said.is_empty()), "{order}");
        let signature = token.rsplit('.').next().unwrap();
        assert!(!explained.to_string().contains(signature) && !signature.is_empty());
    }
}

#[tokio::test]
async fn a_good_token_passes_every_rule_in_the_order_of_the_server() {
    let emulator = Emulator::start().await.unwrap();
    let token = mint(&emulator, &json!({"audiences": ["vault"]})).await;
    let question = json!({"token": token, "audiences": ["vault"]});
    let explained = explain(&emulator, &question).await;
    let expected = [
        "bearer",
        "form",
        "issuer",
        "key",
        "extensions",
        "signature",
        "claims",
        "audience",
        "nbf",
        "exp",
        "iat",
        "service account",
    ];
    assert_eq!(rules(&explained["review"]), (expected.to_vec(), true));
    assert_eq!(explained["review"]["user"]["username"], "system:serviceaccount:default:default");
    assert_eq!(explained["review"]["audiences"], json!(["vault"]));
    assert_eq!(explained["token"]["claims"]["aud"], json!(["vault"]));
    assert_eq!(explained.get("exchange"), None);
    let here = emulator.explain(&token, &["other"]);
    assert!(!here.accepted && here.to_string().contains("audience broken"), "{here}");
    assert!(emulator.explain(&token, &["vault"]).accepted);
}

#[tokio::test]
async fn an_exchange_is_told_rule_by_rule() {
    let emulator = Emulator::start().await.unwrap();
    let own = emulator.world().settings.issuers[0].clone();
    let cluster = register(&emulator, "c1", &own).await;
    for (order, last) in [
        (json!({}), "lifetime"),
        (json!({"issuer": "x"}), "iss"),
        (json!({"key": "unpublished"}), "key"),
        (json!({"algorithm": "none"}), "alg"),
        (json!({"algorithm": "RS384"}), "signature"),
        (json!({"signature": "broken"}), "signature"),
        (json!({"claims": {"exp": "soon"}}), "times"),
        (json!({"issued": "-2h"}), "exp"),
        (json!({"lifetime": "48h"}), "lifetime"),
        (json!({"payload": "x"}), "claims"),
    ] {
        let token = mint(&emulator, &order).await;
        let question = json!({"token": token, "cluster": cluster});
        let explained = explain(&emulator, &question).await;
        let verdict = &explained["exchange"];
        let said = exchange(&emulator, &cluster, &token).await;
        assert_eq!(verdict["error"]["reason"].as_str().unwrap_or_default(), said);
        let (names, holds) = rules(verdict);
        assert_eq!((names.last(), holds), (Some(&last), said.is_empty()), "{order}");
        assert_eq!(verdict["accepted"], holds);
    }
    let token = mint(&emulator, &json!({})).await;
    let question = json!({"token": token, "cluster": cluster, "audience": "vault"});
    let explained = explain(&emulator, &question).await;
    assert_eq!(explained["exchange"]["error"]["reason"], "SUBJECT_TOKEN_AUDIENCE_MISMATCH");
    let question = json!({"token": token, "cluster": "projects/p/locations/l/attachedClusters/x"});
    let explained = explain(&emulator, &question).await;
    assert_eq!(explained["exchange"]["error"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn keys_of_another_issuer_are_fetched_for_an_explanation() {
    let emulator = Emulator::start().await.unwrap();
    let cluster = register(&emulator, "c1", "https://127.0.0.1:1/").await;
    let token = mint(&emulator, &json!({"cluster": cluster})).await;
    let explained = explain(&emulator, &json!({"token": token, "cluster": cluster})).await;
    let verdict = &explained["exchange"];
    assert_eq!(rules(verdict), (vec!["cluster", "state", "keys"], false), "{verdict}");
    assert_eq!(verdict["error"]["reason"], "ISSUER_UNREACHABLE");
}

#[tokio::test]
async fn explaining_changes_nothing_and_knows_bearers() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let ttl = std::time::Duration::from_secs(10);
    let config = Config { listen, token_cache_ttl: ttl, ..Config::default() };
    let emulator = Emulator::start_with(config).await.unwrap();
    let token = mint(&emulator, &json!({})).await;
    let last = async |token: &str| {
        let explained = explain(&emulator, &json!({"token": token})).await;
        (*rules(&explained["review"]).0.last().unwrap()).to_owned()
    };
    assert_eq!(last(&token).await, "service account");
    assert_eq!(last(&token).await, "service account");
    assert_eq!(review(&emulator, &token, &[]).await, "");
    assert_eq!(last(&token).await, "remembered");
    assert_eq!(last(emulator.token()).await, "static");
    assert_eq!(last(" x").await, "bearer");
}

#[tokio::test]
async fn a_wrong_question_is_not_repeated() {
    let emulator = Emulator::start().await.unwrap();
    let body = r#"{"token": ["hush"], "hush": 1}"#;
    let (status, answer) = post(&emulator, "/_emulator/v1/explain", body).await;
    assert_eq!(status, 400);
    assert!(!answer.to_string().contains("hush"), "{answer}");
}
