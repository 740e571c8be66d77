//! The same for the Google side: a server that lies in one thing, and the suite has to say just
//! that.

use {
    crate::{
        deviant::{self, Reply},
        emulator::{self, RUNTIME},
        teeth::found,
    },
    rstest::rstest,
    serde_json::json,
    std::sync::Arc,
    token_conformance::{
        catalog::Catalog,
        client::{Client, Endpoint, tls},
        level::Level,
        run::Run,
        target::{Side, Target},
        variant::Variant,
    },
};

pub(crate) const EXCHANGE: &str = "
requirement: tooth
when: {exchange: {}}
then:
  status: 200
  body: {access_token: <text>, expires_in: <number>, token_type: Bearer, scope: <absent>}
  without: [$subject]
";

pub(crate) const MISSING: &str = "
requirement: tooth
when: {exchange: {version: null}}
then:
  error:
    status: INVALID_ARGUMENT
    message: 'Required field is missing, field: version'
    violations: [version]
";

pub(crate) const UNKNOWN: &str = "
requirement: tooth
when: {call: AttachedClusters.GetAttachedCluster, body: {name: $parent/attachedClusters/none}}
then: {error: {status: [NOT_FOUND, PERMISSION_DENIED], details: <absent>}}
";

const BEARER: &str = "
requirement: tooth
when: {call: AttachedClusters.GetAttachedCluster, as: anonymous, body: {name: $cluster}}
then:
  error:
    status: UNAUTHENTICATED
    info: {reason: CREDENTIALS_MISSING, metadata: {service: gkemulticloud.googleapis.com}}
  headers: {www-authenticate: <text>}
";

const FINISHED: &str = "
requirement: tooth
when:
  - {register: {}, capture: {operation: name}, then: {status: 200, body: {done: <absent>}}}
  - {finish: $operation}
then: {status: 200, body: {done: true, response: {name: $new}}}
";

#[rstest]
#[case::status(EXCHANGE, |it: &mut Reply| it.status = 201, &["status"])]
#[case::token(EXCHANGE, |it: &mut Reply| it.json(|it| it["access_token"] = "".into()), &["body access_token"])]
#[case::text(EXCHANGE, |it: &mut Reply| it.json(|it| it["expires_in"] = "1".into()), &["body expires_in"])]
#[case::kind(EXCHANGE, |it: &mut Reply| it.json(|it| it["token_type"] = "bearer".into()), &["body token_type"])]
#[case::more(EXCHANGE, |it: &mut Reply| it.json(|it| it["scope"] = "x".into()), &["body scope"])]
#[case::repeats(EXCHANGE, repeat_the_subject, &["answer", "body note"])]
#[case::charset(
    EXCHANGE,
    |it: &mut Reply| it.set("content-type", Some("application/json")),
    &["header content-type"]
)]
#[case::cached(EXCHANGE, |it: &mut Reply| it.set("cache-control", Some("public")), &["header cache-control"])]
#[case::sniff(
    EXCHANGE,
    |it: &mut Reply| it.set("x-content-type-options", None),
    &["header x-content-type-options"]
)]
#[case::vary(EXCHANGE, |it: &mut Reply| it.set("vary", Some("Origin")), &["header vary"])]
#[case::server(EXCHANGE, |it: &mut Reply| it.set("server", None), &["header server"])]
#[case::frame(EXCHANGE, |it: &mut Reply| it.set("x-frame-options", None), &["header x-frame-options"])]
#[case::xss(EXCHANGE, |it: &mut Reply| it.set("x-xss-protection", None), &["header x-xss-protection"])]
#[case::challenge(
    EXCHANGE,
    |it: &mut Reply| it.set("www-authenticate", Some("Bearer")),
    &["header www-authenticate"]
)]
#[case::code(MISSING, |it: &mut Reply| it.json(|it| it["error"]["code"] = 3.into()), &["body error code"])]
#[case::name(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["status"] = "FAILED_PRECONDITION".into()),
    &["body error status"]
)]
#[case::no_name(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["status"] = "INVALID".into()),
    &["body error status"]
)]
#[case::message(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["message"] = "no".into()),
    &["body error message"]
)]
#[case::no_message(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["message"] = "".into()),
    &["body error message", "body error message"]
)]
#[case::violation(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["details"][0]["fieldViolations"][0]["field"] = "x".into()),
    &["error violations 0 field"]
)]
#[case::violations(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["details"][0]["fieldViolations"] = json!([])),
    &["error violations", "body error details"]
)]
#[case::details_type(
    MISSING,
    |it: &mut Reply| it.json(|it| it["error"]["details"][0]["@type"] = "BadRequest".into()),
    &["error violations", "body error details"]
)]
#[case::oauth(
    MISSING,
    |it: &mut Reply| it.json(|it| *it = json!({"error": "invalid_request"})),
    &["body error"]
)]
#[case::page(MISSING, |it: &mut Reply| it.body = b"<html>".to_vec(), &["body error"])]
#[case::other(
    UNKNOWN,
    |it: &mut Reply| it.json(|it| it["error"]["status"] = "ABORTED".into()),
    &["body error status"]
)]
#[case::details(
    UNKNOWN,
    |it: &mut Reply| it.json(|it| it["error"]["details"] = json!([{"@type": "a/b"}])),
    &["body error details"]
)]
#[case::empty_details(
    UNKNOWN,
    |it: &mut Reply| it.json(|it| it["error"]["details"] = json!([])),
    &["body error details"]
)]
#[case::reason(
    BEARER,
    |it: &mut Reply| it.json(|it| it["error"]["details"][0]["reason"] = "X".into()),
    &["error info reason"]
)]
#[case::service(
    BEARER,
    |it: &mut Reply| it.json(|it| it["error"]["details"][0]["metadata"]["service"] = "x".into()),
    &["error info metadata service"]
)]
#[case::no_challenge(
    BEARER,
    |it: &mut Reply| it.set("www-authenticate", None),
    &["header www-authenticate"]
)]
#[case::done_at_once(
    FINISHED,
    done_at_once,
    &["body done", "body metadata endTime", "body response"]
)]
#[case::result(
    FINISHED,
    |it: &mut Reply| it.json(|it| it["response"]["name"] = "x".into()),
    &["body", "body response", "body response @type", "body response name", "body response @type"]
)]
fn every_lie_is_told(#[case] case: &str, #[case] lie: deviant::Lie, #[case] expected: &[&str]) {
    assert_eq!(judge(case, lie), expected);
}

#[rstest]
fn an_honest_server_passes(
    #[values(EXCHANGE, MISSING, UNKNOWN, BEARER, FINISHED)] case: &'static str,
) {
    assert_eq!(judge(case, |_| {}), [""; 0]);
}

fn judge(case: &str, lie: deviant::Lie) -> Vec<String> {
    let credential = emulator::shared().emulator.google_access_token();
    RUNTIME.block_on(async {
        let server = deviant::start(lie).await;
        judge_at((&server.uri(), credential), case, Variant::Json).await
    })
}

/// What is found wrong with the server at a URL, with a credential for it.
pub(crate) async fn judge_at(
    (url, credential): (&str, &str),
    case: &str,
    variant: Variant,
) -> Vec<String> {
    let tls = tls::config(&tls::Trust::System, None).unwrap();
    let client = Client::new(Endpoint::parse(url).unwrap(), tls);
    let side = Side::new(client, Some(credential.to_owned()));
    let mut target = Target { google: Some(side), ..Target::default() };
    target.learn().await.unwrap();
    let run = Run::new(catalog(case), Arc::new(target), Level::Observed);
    let id = "google/a-single-tooth";
    let outcome = run.case(id, &run.catalog.cases[id], variant).await;
    assert_eq!(run.close().await, [""; 0]);
    found(outcome)
}

fn catalog(case: &str) -> Arc<Catalog> {
    let requirement = "[{id: tooth, level: must, sentence: It bites., source: here}]";
    let files = [
        ("fixtures/requirements/tooth.yaml", requirement),
        ("fixtures/google/a-single-tooth.yaml", case),
    ];
    Arc::new(Catalog::load(files.into_iter()).unwrap())
}

fn repeat_the_subject(reply: &mut Reply) {
    let request: serde_json::Value = serde_json::from_slice(&reply.request).unwrap();
    reply.json(|it| it["note"] = request["subjectToken"].clone());
}

/// Only what is registered is asked for with a body.
fn done_at_once(reply: &mut Reply) {
    if !reply.request.is_empty() {
        reply.json(|it| it["done"] = true.into());
    }
}
