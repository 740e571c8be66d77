//! `/_emulator/v1/`, as a test in another language uses it.

use {
    crate::client::{Way, ask, get, post},
    bytes::Bytes,
    http::{Request, Response},
    serde_json::json,
    std::sync::atomic::{AtomicBool, Ordering},
    token_emulator::{Config, Emulator},
};

#[tokio::test]
async fn health_says_what_there_is() {
    let emulator = Emulator::start().await.unwrap();
    let (status, health) = get(&emulator, "/_emulator/v1/health").await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["schema_version"], 1);
    assert_eq!(
        health["capabilities"],
        json!([
            "access-tokens",
            "clock",
            "explain",
            "faults",
            "journal",
            "keys",
            "mint",
            "operations",
            "state"
        ])
    );
}

#[tokio::test]
async fn the_clock_is_the_one_that_the_handle_moves() {
    let emulator = Emulator::start().await.unwrap();
    let change = r#"{"freeze":true,"set":"2030-01-01T00:00:00Z"}"#;
    let (status, clock) = post(&emulator, "/_emulator/v1/clock", change).await;
    assert_eq!((status, clock), (200, json!({"now": "2030-01-01T00:00:00Z", "frozen": true})));
    emulator.clock().advance(jiff::SignedDuration::from_mins(90)).unwrap();
    let (_, clock) = get(&emulator, "/_emulator/v1/clock").await;
    assert_eq!(clock["now"], "2030-01-01T01:30:00Z");
}

#[tokio::test]
async fn a_bad_change_of_the_clock_says_what_is_allowed() {
    let emulator = Emulator::start().await.unwrap();
    let (status, error) = post(&emulator, "/_emulator/v1/clock", r#"{"rewind":"1h"}"#).await;
    assert_eq!(status, 400);
    let error = error["error"].as_str().unwrap();
    assert!(error.contains("unknown field `rewind`") && error.contains(r#"{"advance": "1h30m"}"#));
}

#[tokio::test]
async fn the_journal_tells_what_clients_asked_without_their_secrets() {
    let emulator = Emulator::start().await.unwrap();
    crate::client::send(
        &emulator,
        b"GET /nothing?token=secret HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer secret\r\n\r\n",
    );
    let (_, journal) = get(&emulator, "/_emulator/v1/journal").await;
    let entry = &journal["entries"][0];
    assert_eq!((&entry["method"], &entry["path"]), (&json!("GET"), &json!("/nothing")));
    assert!(entry["status"].is_u64() && entry["time"].is_string());
    assert!(!journal.to_string().contains("secret"));
    post(&emulator, "/_emulator/v1/state", "").await;
    assert_eq!(get(&emulator, "/_emulator/v1/journal").await.1, json!({"entries": []}));
}

#[tokio::test]
async fn the_journal_says_what_was_called_by_whom_and_for_what() {
    let emulator = Emulator::start().await.unwrap();
    let spec = json!({"audiences": ["vault", "eyJh.e30.c2ln"], "expirationSeconds": 700});
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let token = Request::post(path)
        .header("authorization", format!("Bearer {}", emulator.token()))
        .header("content-type", "application/json")
        .body(json!({"spec": spec}).to_string())
        .unwrap();
    assert_eq!(ask(&emulator, Way::Http2, token).await.status().as_u16(), 201);
    let cluster = "projects/p/locations/l/attachedClusters/c";
    let exchange = format!("/v1/{cluster}:generateAttachedClusterAgentToken");
    let body = r#"{"audience": "a", "subjectToken": "t", "subjectTokenType": "x", "version": "1"}"#;
    assert_eq!(post(&emulator, &exchange, body).await.0, 400);
    let (_, journal) = get(&emulator, "/_emulator/v1/journal").await;
    let [token, exchange] = &journal["entries"].as_array().unwrap()[..] else { panic!("two") };
    assert_eq!(token["operation"], "kubernetes.tokenrequest.create");
    assert_eq!(token["caller"]["username"], "kubernetes-admin");
    assert_eq!(token["caller"]["groups"], json!(["system:masters", "system:authenticated"]));
    let details = json!({"audiences": "vault, (token)", "expirationSeconds": "700"});
    assert_eq!(token["details"], details);
    assert_eq!(exchange["operation"], "google.agenttoken.generate");
    assert_eq!(exchange["details"], json!({"resource": cluster, "audience": "a"}));
    assert!(exchange.get("caller").is_none());
}

#[tokio::test]
async fn no_request_sees_a_state_that_is_half_reset() {
    let config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
    let emulator = Emulator::start_on_all_cores(&config).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let reset = "POST /_emulator/v1/state HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
            for _ in 0..20 {
                let answer = crate::client::send(&emulator, reset.repeat(5).as_bytes());
                assert_eq!(String::from_utf8(answer).unwrap().matches("HTTP/1.1 200").count(), 5);
            }
            done.store(true, Ordering::Relaxed);
        });
        let namespace = "GET /api/v1/namespaces/kube-system HTTP/1.1\r\nHost: a\r\n\r\n";
        while !done.load(Ordering::Relaxed) {
            let answer = crate::client::send(&emulator, namespace.repeat(50).as_bytes());
            let answer = String::from_utf8(answer).unwrap();
            assert_eq!(answer.matches("HTTP/1.1 200").count(), 50, "{answer}");
        }
    });
}

#[tokio::test]
async fn controls_that_have_a_token_want_it() {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        control_token: Some("open".into()),
        ..Config::default()
    };
    let emulator = Emulator::start_with(config).await.unwrap();
    assert_eq!(get(&emulator, "/_emulator/v1/health").await.0, 401);
}

#[tokio::test]
async fn a_request_of_google_fails_as_often_as_it_was_ordered() {
    let emulator = Emulator::start().await.unwrap();
    let list = "/v1/projects/p/locations/l/attachedClusters";
    for (order, status, name, reason) in [
        (r#"{"code": "UNAVAILABLE", "method": "ListAttached"}"#, 503, "UNAVAILABLE", ""),
        (
            r#"{"code": "RESOURCE_EXHAUSTED", "reason": "RATE_LIMIT_EXCEEDED"}"#,
            429,
            "RESOURCE_EXHAUSTED",
            "RATE_LIMIT_EXCEEDED",
        ),
        (
            r#"{"code": "PERMISSION_DENIED", "reason": "SERVICE_DISABLED", "times": 1}"#,
            403,
            "PERMISSION_DENIED",
            "SERVICE_DISABLED",
        ),
        (
            r#"{"code": "PERMISSION_DENIED", "reason": "IAM_PERMISSION_DENIED"}"#,
            403,
            "PERMISSION_DENIED",
            "IAM_PERMISSION_DENIED",
        ),
    ] {
        assert_eq!(post(&emulator, "/_emulator/v1/faults", order).await.0, 200);
        let (got, answer) = get(&emulator, list).await;
        let error = &answer["error"];
        assert_eq!((got, error["status"].as_str()), (status, Some(name)), "{answer}");
        assert_eq!(error["details"][0]["reason"].as_str().unwrap_or_default(), reason);
        assert_eq!(get(&emulator, list).await.0, 200);
    }
}

#[tokio::test]
async fn google_says_when_to_try_again() {
    let emulator = Emulator::start().await.unwrap();
    let list = "/v1/projects/p/locations/l/attachedClusters";
    for (code, status) in [("UNAVAILABLE", 503), ("RESOURCE_EXHAUSTED", 429)] {
        emulator.faults().order(&json!({"code": code, "retry_after": 7})).unwrap();
        let answer = ask(&emulator, Way::Http1, Request::get(list).body("").unwrap()).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (status, &"7".parse::<http::HeaderValue>().unwrap())
        );
        let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        let expected = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo",
                              "retryDelay": "7s"});
        assert_eq!(answer["error"]["details"], json!([expected]));
    }
}

#[tokio::test]
async fn a_fault_is_told_over_grpc_too_and_forgotten_with_the_state() {
    let emulator = Emulator::start().await.unwrap();
    let order = r#"{"code": "UNAVAILABLE", "times": 2}"#;
    assert_eq!(post(&emulator, "/_emulator/v1/faults", order).await.0, 200);
    let path = "/google.cloud.gkemulticloud.v1.AttachedClusters/ListAttachedClusters";
    let ask = || {
        let request = http::Request::post(format!("{}{path}", emulator.url()))
            .header("content-type", "application/grpc")
            .body(vec![0, 0, 0, 0, 0])
            .unwrap();
        crate::client::ask(&emulator, crate::client::Way::Http2, request)
    };
    assert_eq!(ask().await.headers()["grpc-status"], "14");
    assert_eq!(post(&emulator, "/_emulator/v1/state", "").await.0, 200);
    assert_eq!(ask().await.headers()["grpc-status"], "3");
}

#[tokio::test]
async fn a_request_of_kubernetes_fails_as_often_as_it_was_ordered() {
    let emulator = Emulator::start().await.unwrap();
    let token = "/api/v1/namespaces/default/serviceaccounts/default/token";
    for (order, status, reason, retry_after) in [
        (r#"{"code": 401}"#, 401, "Unauthorized", None),
        (r#"{"code": 409, "method": "POST"}"#, 409, "Conflict", None),
        (r#"{"code": 410}"#, 410, "Expired", None),
        (
            r#"{"code": 429, "message": "busy", "retry_after": 7}"#,
            429,
            "TooManyRequests",
            Some("7"),
        ),
        (r#"{"code": 429, "message": "busy", "retry_after": 0}"#, 429, "TooManyRequests", None),
        (r#"{"code": 500, "path": "/default/token"}"#, 500, "InternalError", None),
        (r#"{"code": 500, "retry_after": 2}"#, 500, "InternalError", Some("2")),
        (r#"{"code": 503}"#, 503, "ServiceUnavailable", Some("1")),
        (r#"{"code": 504}"#, 504, "Timeout", None),
    ] {
        assert_eq!(post(&emulator, "/_emulator/v1/faults", order).await.0, 200);
        let answer = ask_for_token(&emulator, token).await;
        let header = answer.headers().get("retry-after").map(|value| value.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), header), (status, retry_after), "{order}");
        let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!((&answer["kind"], &answer["reason"]), (&json!("Status"), &json!(reason)));
        assert_eq!(answer["code"], status);
        assert_eq!(ask_for_token(&emulator, token).await.status(), 201);
    }
}

#[tokio::test]
async fn an_overload_is_told_as_priority_and_fairness_tells_it() {
    let emulator = Emulator::start().await.unwrap();
    let order = r#"{"code": 429, "path": "/token", "times": 2}"#;
    assert_eq!(post(&emulator, "/_emulator/v1/faults", order).await.0, 200);
    assert_eq!(get(&emulator, "/api/v1/namespaces").await.0, 200);
    let token = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let answer = ask_for_token(&emulator, token).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.body().as_ref(), b"Too many requests, please try again later.\n");
    for (header, value) in [
        ("retry-after", "1"),
        ("content-type", "text/plain; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers()[header], value);
    }
    assert!(answer.headers().contains_key("x-kubernetes-pf-flowschema-uid"));
    let (_, journal) = get(&emulator, "/_emulator/v1/journal").await;
    assert_eq!(journal["entries"][1]["status"], 429);
    assert_eq!(ask_for_token(&emulator, token).await.status(), 429);
    assert_eq!(ask_for_token(&emulator, token).await.status(), 201);
}

async fn ask_for_token(emulator: &Emulator, path: &str) -> Response<Bytes> {
    let request = Request::post(path).header("content-type", "application/json").body("{}");
    ask(emulator, Way::Http1, request.unwrap()).await
}
