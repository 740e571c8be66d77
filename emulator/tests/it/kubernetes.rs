//! The Kubernetes side, asked directly: what controllers do, and what time does to tokens.

use {
    http::{HeaderMap, Method, header::AUTHORIZATION},
    jiff::SignedDuration,
    rstest::rstest,
    serde_json::{Value, json},
    std::{sync::LazyLock, time::Duration},
    token_emulator::{
        api::{Answer, Head, Request, Response, Step},
        kubernetes,
        world::{
            World,
            callers::{Caller, Callers},
            key_set::{KeySet, Keys},
            keys::SigningKey,
            settings::{AuthorizationMode, Settings},
        },
    },
};

// One key serves all worlds: making one takes its time.
static KEYS: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeySet::alone(SigningKey::generate_rsa())));

const SERVICE_ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/default/token";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

fn world(settings: Settings) -> World {
    let mut callers = Callers::default();
    let groups = vec!["system:masters".to_owned()];
    let admin = Caller { username: "admin".to_owned(), groups, ..Caller::default() };
    callers.insert("admin-token".to_owned(), admin);
    let groups = vec!["system:nodes".to_owned()];
    let node = Caller { username: "system:node:n".to_owned(), groups, ..Caller::default() };
    callers.insert("node-token".to_owned(), node);
    let world = World::new(settings, KEYS.clone(), callers);
    kubernetes::seed_defaults(&world);
    world.clock.freeze();
    world
}

fn ask(world: &World, method: Method, path: &str, bearer: &str, body: &Value) -> Response {
    answer(world, &request(method, path, bearer, body))
}

fn answer(world: &World, request: &Request) -> Response {
    match kubernetes::answer(world, request) {
        Answer::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

fn request(method: Method, path: &str, bearer: &str, body: &Value) -> Request {
    let mut headers = HeaderMap::new();
    if !bearer.is_empty() {
        headers.insert(AUTHORIZATION, format!("Bearer {bearer}").parse().unwrap());
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut head = Head::new(method, path.parse().unwrap());
    (head.headers, head.secure, head.local_address) = (headers, true, "127.0.0.1:443".into());
    Request::new(head, body)
}

fn token_secret(account: &str) -> Value {
    json!({
        "metadata": {"name": "s", "annotations": {"kubernetes.io/service-account.name": account}},
        "type": "kubernetes.io/service-account-token",
    })
}

fn stored_token(world: &World, secrets: &str) -> String {
    let path = format!("{secrets}/s");
    let stored = json_of(&ask(world, Method::GET, &path, "admin-token", &Value::Null));
    let token = stored["data"]["token"].as_str().unwrap();
    let token = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, token).unwrap();
    String::from_utf8(token).unwrap()
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn post(world: &World, path: &str, body: &Value) -> (u16, Value) {
    let response = ask(world, Method::POST, path, "admin-token", body);
    (response.status.as_u16(), json_of(&response))
}

fn status(world: &World, method: Method, path: &str) -> u16 {
    ask(world, method, path, "admin-token", &Value::Null).status.as_u16()
}

fn token(world: &World, body: &Value) -> String {
    let (status, answer) = post(world, TOKEN, body);
    assert_eq!(status, 201, "{answer}");
    answer["status"]["token"].as_str().unwrap().to_owned()
}

/// The error of a review, or nothing when the token holds.
fn review(world: &World, token: &str) -> String {
    let (status, answer) = post(world, REVIEWS, &json!({"spec": {"token": token}}));
    assert_eq!(status, 201, "{answer}");
    let verdict = &answer["status"];
    assert_eq!(verdict["authenticated"].as_bool().unwrap_or(false), verdict["error"].is_null());
    verdict["error"].as_str().unwrap_or("").to_owned()
}

fn advance(world: &World, seconds: i64) {
    world.clock.advance(SignedDuration::from_secs(seconds)).unwrap();
}

#[test]
fn a_token_holds_until_a_minute_past_its_end() {
    let world = world(Settings::default());
    let token = token(&world, &json!({"spec": {"expirationSeconds": 600}}));
    advance(&world, 659);
    assert_eq!(review(&world, &token), "");
    advance(&world, 2);
    assert_eq!(review(&world, &token), "[invalid bearer token, service account token has expired]");
}

#[test]
fn a_cached_authentication_outlives_the_service_account_for_its_time() {
    let world = world(Settings { token_cache_ttl: Duration::from_secs(10), ..Settings::default() });
    assert_eq!(post(&world, SERVICE_ACCOUNTS, &json!({"metadata": {"name": "a"}})).0, 201);
    let path = format!("{SERVICE_ACCOUNTS}/a");
    let (_, answer) = post(&world, &format!("{path}/token"), &json!({}));
    let token = answer["status"]["token"].as_str().unwrap();
    assert_eq!(review(&world, token), "");
    assert_eq!(status(&world, Method::DELETE, &path), 200);
    assert_eq!(review(&world, token), "");
    advance(&world, 11);
    assert_eq!(review(&world, token), "[invalid bearer token, serviceaccounts \"a\" not found]");
}

#[test]
fn a_scheduled_pod_keeps_its_tokens_until_its_grace_is_over() {
    let world = world(Settings::default());
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
    });
    assert_eq!(post(&world, pods, &pod).0, 201);
    let reference = json!({"kind": "Pod", "apiVersion": "v1", "name": "p"});
    let token = token(&world, &json!({"spec": {"boundObjectRef": reference}}));
    assert_eq!(status(&world, Method::DELETE, &format!("{pods}/p")), 200);
    advance(&world, 29);
    assert_eq!(review(&world, &token), "");
    advance(&world, 1);
    assert_eq!(
        review(&world, &token),
        "[invalid bearer token, service account token has been invalidated]"
    );
    assert_eq!(status(&world, Method::GET, &format!("{pods}/p")), 404);
}

#[rstest]
#[case::with_controllers(true, 200, 404)]
#[case::bare(false, 404, 200)]
fn controllers_furnish_namespaces_and_clear_them(
    #[case] controllers: bool,
    #[case] furnished: u16,
    #[case] after: u16,
) {
    let world = world(Settings { controllers, ..Settings::default() });
    let namespaces = "/api/v1/namespaces";
    assert_eq!(post(&world, namespaces, &json!({"metadata": {"name": "x"}})).0, 201);
    for object in ["serviceaccounts/default", "configmaps/kube-root-ca.crt"] {
        let path = format!("{namespaces}/x/{object}");
        assert_eq!(status(&world, Method::GET, &path), furnished, "{path}");
    }
    assert_eq!(status(&world, Method::DELETE, &format!("{namespaces}/x")), 200);
    assert_eq!(status(&world, Method::GET, &format!("{namespaces}/x")), after);
}

#[test]
fn a_namespace_that_nothing_holds_ends_when_it_is_deleted_again() {
    let world = world(Settings { controllers: false, ..Settings::default() });
    let namespace = json!({"metadata": {"name": "x"}});
    assert_eq!(post(&world, "/api/v1/namespaces", &namespace).0, 201);
    let finalize = "/api/v1/namespaces/x/finalize";
    let finalized = ask(&world, Method::PUT, finalize, "", &namespace);
    assert_eq!(finalized.status.as_u16(), 200);
    assert_eq!(json_of(&finalized)["spec"], json!({}));
    for (deleted, after) in [(200, 200), (200, 404)] {
        assert_eq!(status(&world, Method::DELETE, "/api/v1/namespaces/x"), deleted);
        assert_eq!(status(&world, Method::GET, "/api/v1/namespaces/x"), after);
    }
}

#[test]
fn a_token_secret_gets_its_token_and_loses_it_with_its_service_account() {
    let world = world(Settings::default());
    assert_eq!(post(&world, SERVICE_ACCOUNTS, &json!({"metadata": {"name": "a"}})).0, 201);
    let secrets = "/api/v1/namespaces/default/secrets";
    assert_eq!(post(&world, secrets, &token_secret("a")).0, 201);
    let token = stored_token(&world, secrets);
    assert_eq!(review(&world, &token), "");
    assert_eq!(status(&world, Method::DELETE, &format!("{SERVICE_ACCOUNTS}/a")), 200);
    assert_eq!(review(&world, &token), "[invalid bearer token, Token has been invalidated]");
    assert_eq!(status(&world, Method::GET, &format!("{secrets}/s")), 404);
}

#[rstest]
#[case::open_to_all(AuthorizationMode::AlwaysAllow, true, 201)]
#[case::roles(AuthorizationMode::Rbac, true, 403)]
#[case::no_anonymous(AuthorizationMode::AlwaysAllow, false, 401)]
fn a_request_without_credentials_fares_as_the_flags_say(
    #[case] authorization_mode: AuthorizationMode,
    #[case] anonymous_auth: bool,
    #[case] expected: u16,
) {
    let world = world(Settings { authorization_mode, anonymous_auth, ..Settings::default() });
    let response = ask(&world, Method::POST, TOKEN, "", &json!({}));
    assert_eq!(response.status.as_u16(), expected);
    assert!(response.headers.get("www-authenticate").is_none());
    assert_eq!(response.summary.operation, "kubernetes.tokenrequest.create");
    let caller = response.summary.caller.map(|caller| caller.username.clone());
    assert_eq!(caller.as_deref(), (expected != 401).then_some("system:anonymous"));
}

#[test]
fn a_token_for_another_audience_does_not_open_the_api() {
    let world = world(Settings::default());
    let foreign = token(&world, &json!({"spec": {"audiences": ["vault"]}}));
    let own = token(&world, &json!({}));
    let version =
        |bearer: &str| ask(&world, Method::GET, "/version", bearer, &Value::Null).status.as_u16();
    assert_eq!((version(&foreign), version(&own)), (401, 200));
}

#[test]
fn a_cap_shortens_a_lifetime_with_a_warning() {
    let cap = Some(Duration::from_secs(7200));
    let world = world(Settings { max_token_expiration: cap, ..Settings::default() });
    let body = json!({"spec": {"expirationSeconds": 7800}});
    let response = ask(&world, Method::POST, TOKEN, "admin-token", &body);
    assert_eq!(json_of(&response)["spec"]["expirationSeconds"], 7200);
    assert_eq!(
        response.headers["warning"],
        "299 - \"requested expiration of 7800 seconds shortened to 7200 seconds\""
    );
}

#[rstest]
#[case("/api/v1/namespaces/a/pods/p?gracePeriodSeconds=0")]
#[case("/api/v1/namespaces/a")]
fn a_pod_that_has_gone_is_not_waited_for(#[case] gone: &str) {
    let world = world(Settings::default());
    assert_eq!(post(&world, "/api/v1/namespaces", &json!({"metadata": {"name": "a"}})).0, 201);
    let containers = json!([{"name": "c", "image": "i"}]);
    let pod = json!({
        "metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": containers},
    });
    assert_eq!(post(&world, "/api/v1/namespaces/a/pods", &pod).0, 201);
    assert_eq!(status(&world, Method::DELETE, "/api/v1/namespaces/a/pods/p"), 200);
    assert!(!world.expiries.is_empty());
    assert_eq!(status(&world, Method::DELETE, gone), 200);
    assert!(world.expiries.is_empty());
}

#[test]
fn a_bearer_that_is_no_text_is_a_wrong_one() {
    let world = world(Settings::default());
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, http::HeaderValue::from_bytes(b"Bearer \xe9abc").unwrap());
    let mut request = request(Method::GET, "/version", "", &Value::Null);
    request.head.headers = headers;
    assert_eq!(answer(&world, &request).status.as_u16(), 401);
}

#[test]
fn without_a_lookup_a_token_of_a_secret_outlives_its_service_account() {
    let world = world(Settings { service_account_lookup: false, ..Settings::default() });
    assert_eq!(post(&world, SERVICE_ACCOUNTS, &json!({"metadata": {"name": "a"}})).0, 201);
    let secrets = "/api/v1/namespaces/default/secrets";
    assert_eq!(post(&world, secrets, &token_secret("a")).0, 201);
    let token = stored_token(&world, secrets);
    assert_eq!(status(&world, Method::DELETE, &format!("{SERVICE_ACCOUNTS}/a")), 200);
    assert_eq!(review(&world, &token), "");
}

#[rstest]
#[case::unbound(json!({}), "node requested token not bound to a pod")]
#[case::without_a_uid(json!({"name": "here"}), "node requested token with a pod binding without a uid")]
#[case::elsewhere(
    json!({"name": "there", "uid": "there"}),
    "node requested token bound to a pod scheduled on a different node"
)]
#[case::here(json!({"name": "here", "uid": "here"}), "")]
fn a_kubelet_gets_the_tokens_of_its_own_pods(#[case] pod: Value, #[case] refusal: &str) {
    let admission_plugins = vec!["NodeRestriction".to_owned()];
    let world = world(Settings { admission_plugins, ..Settings::default() });
    let mut reference = json!({"apiVersion": "v1", "kind": "Pod"});
    for (name, node) in [("here", "n"), ("there", "m")] {
        let containers = json!([{"name": "c", "image": "i"}]);
        let spec = json!({"nodeName": node, "containers": containers});
        let body = json!({"metadata": {"name": name}, "spec": spec});
        let (status, made) = post(&world, "/api/v1/namespaces/default/pods", &body);
        assert_eq!(status, 201, "{made}");
        if pod["name"] == name {
            reference["name"] = name.into();
            reference["uid"] =
                pod.get("uid").map_or(Value::Null, |_| made["metadata"]["uid"].clone());
        }
    }
    let body = json!({"spec": {"boundObjectRef": reference}});
    let answer = ask(&world, Method::POST, TOKEN, "node-token", &body);
    let message = json_of(&answer)["message"].as_str().unwrap_or("").to_owned();
    let expected = match refusal {
        "" => String::new(),
        why => format!("serviceaccounts \"default\" is forbidden: {why}"),
    };
    assert_eq!(message, expected);
}

#[rstest]
#[case::on(true, 365 * 24 * 3600)]
#[case::off(false, 3607)]
fn the_extension_of_a_pods_token_can_be_turned_off(
    #[case] extend_token_expiration: bool,
    #[case] lifetime: i64,
) {
    let world = world(Settings { extend_token_expiration, ..Settings::default() });
    let containers = json!([{"name": "c", "image": "i"}]);
    let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": containers}});
    assert_eq!(post(&world, "/api/v1/namespaces/default/pods", &pod).0, 201);
    let reference = json!({"apiVersion": "v1", "kind": "Pod", "name": "p"});
    let body = json!({"spec": {"boundObjectRef": reference, "expirationSeconds": 3607}});
    let token = token(&world, &body);
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, payload);
    let claims: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), lifetime);
}

// As kube-apiserver v1.37.1 does it: no event can be shown as a list.
#[rstest]
#[case::nothing_is_there("/api/v1/namespaces/default/pods?watch=1", false)]
#[case::something_is_there("/api/v1/namespaces?watch=1", true)]
fn a_watch_of_lists_ends_with_its_first_event(#[case] path: &str, #[case] ends: bool) {
    let world = world(Settings::default());
    let mut request = request(Method::GET, path, "admin-token", &Value::Null);
    let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    request.head.headers.insert("accept", accept.parse().unwrap());
    let Answer::Stream(head, mut stream) = kubernetes::answer(&world, &request) else {
        panic!("a watch streams")
    };
    assert_eq!(head.status.as_u16(), 200);
    let step = stream.source.next(&world, std::task::Waker::noop());
    assert_eq!(matches!(step, Step::End), ends, "{step:?}");
}
