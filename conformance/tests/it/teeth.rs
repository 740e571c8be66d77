//! A check that has not been seen to fail is not a check: for each kind of expectation a server
//! that lies in just that, and the suite has to say just that.

use {
    crate::{
        deviant::{self, Reply},
        emulator::{self, RUNTIME},
    },
    rstest::rstest,
    serde_json::json,
    std::sync::Arc,
    token_conformance::{
        catalog::Catalog,
        client::{Client, Endpoint, tls},
        level::Level,
        run::Run,
        snapshot::{self, Snapshot},
        target::{Side, Target},
        variant::Variant,
        verdict::{Outcome, Verdict},
    },
};

const CASE: &str = "fixtures/kubernetes/a-single-tooth.yaml";

const ISSUE: &str = "
requirement: tooth
given: {objects: {pod: Pod}}
when: {issue: {audience: mistyped, boundObjectRef: $pod.ref}}
then:
  status: 201
  headers: {warning: ['299 - \"unknown field \\\"spec.audience\\\"\"'], x-none: <absent>}
  body:
    kind: TokenRequest
    metadata: {uid: $sa.uid, creationTimestamp: <time>}
    spec: {boundObjectRef: $pod.ref, expirationSeconds: <number>}
    status: {token: <text>, more: <absent>}
  token: {jti: <uuid>, kubernetes.io: {pod: {uid: $pod.uid}, secret: <absent>}}
  tokenHeader: {alg: <text>, kid: <any>}
";

const REFUSE: &str = "
requirement: tooth
when: {issue: {expirationSeconds: 1}}
then:
  status: 422
  reason: Invalid
  message: '~ may not specify a duration less than 10 minutes$'
  details: {kind: TokenRequest, name: <absent>}
  causes: [{reason: FieldValueInvalid, field: spec.expirationSeconds}]
";

const REVIEW: &str = "
requirement: tooth
given: {tokens: {token: {audiences: [a, b]}}}
when: {review: {token: $token, audiences: [b, a]}}
then: {status: 201, body: {status: {authenticated: true, audiences: [b, a]}}}
";

const GARBAGE: &str = "
requirement: tooth
when: {review: {token: garbage}}
then: {status: 201}
";

/// What does not fit when a time of the answer is wrong.
const SPAN: &str = "body status expirationTimestamp - metadata creationTimestamp";

/// What does not fit when the token ends elsewhere than its answer.
const ENDS: &str = "token exp - body status expirationTimestamp";

const HEALTH: &str = "
requirement: tooth
when: {send: GET /healthz}
then: {text: ok, headers: {content-type: text/plain; charset=utf-8, x-content-type-options: nosniff}}
";

#[rstest]
#[case::status(ISSUE, |it: &mut Reply| it.status = 200, &["status"])]
#[case::header_gone(ISSUE, |it: &mut Reply| it.set("warning", None), &["header warning"])]
#[case::header_changed(ISSUE, |it: &mut Reply| it.set("warning", Some("299 - \"else\"")), &["header warning 0"])]
#[case::header_too_much(ISSUE, |it: &mut Reply| it.set("x-none", Some("1")), &["header x-none"])]
#[case::media_type(ISSUE, |it: &mut Reply| it.set("content-type", Some("text/json")), &["header content-type"])]
#[case::caching(ISSUE, |it: &mut Reply| it.set("cache-control", None), &["header cache-control"])]
#[case::audit_id(ISSUE, |it: &mut Reply| it.set("audit-id", None), &["header audit-id"])]
#[case::unasked_warning(REFUSE, |it: &mut Reply| it.set("warning", Some("299 - \"x\"")), &["header warning"])]
#[case::kind(ISSUE, |it: &mut Reply| it.json(|it| it["kind"] = "Token".into()), &["body kind"])]
#[case::a_uid(ISSUE, |it: &mut Reply| it.json(|it| it["metadata"]["uid"] = "u".into()), &["body metadata uid", "token kubernetes.io.serviceaccount.uid"])]
#[case::a_time(
    ISSUE,
    |it: &mut Reply| it.json(|it| it["metadata"]["creationTimestamp"] = "2026-01-02T03:04:05.5Z".into()),
    &["body metadata creationTimestamp", SPAN]
)]
#[case::an_echoed_name(
    ISSUE,
    |it: &mut Reply| it.json(|it| it["spec"]["boundObjectRef"]["name"] = "x".into()),
    &["body spec boundObjectRef name"]
)]
#[case::a_lifetime(
    ISSUE,
    |it: &mut Reply| it.json(|it| it["spec"]["expirationSeconds"] = 3598.into()),
    &["token exp - iat", "body spec expirationSeconds", SPAN]
)]
#[case::a_number(
    ISSUE,
    |it: &mut Reply| it.json(|it| it["spec"]["expirationSeconds"] = "3600".into()),
    &["body spec expirationSeconds", "token exp - iat", SPAN]
)]
#[case::a_member_too_much(
    ISSUE,
    |it: &mut Reply| it.json(|it| it["status"]["more"] = 1.into()),
    &["body status more"]
)]
#[case::no_token(ISSUE, |it: &mut Reply| it.json(|it| it["status"]["token"] = "t".into()), &["token"])]
#[case::audiences(
    ISSUE,
    |it: &mut Reply| it.json(|it| it["spec"]["audiences"] = json!(["x"])),
    &["token aud", "body spec audiences 0"]
)]
#[case::signature(ISSUE, flip_signature, &["token signature"])]
#[case::unknown_key(ISSUE, |it: &mut Reply| it.token(|it, _| it["kid"] = "x".into()), &["token signature"])]
#[case::algorithm(ISSUE, |it: &mut Reply| it.token(|it, _| it["alg"] = "RS384".into()), &["token signature"])]
#[case::token_header(ISSUE, |it: &mut Reply| it.token(|it, _| it["typ"] = "JWT".into()), &["token header"])]
#[case::iss(ISSUE, |it: &mut Reply| it.token(|_, it| it["iss"] = "x".into()), &["token iss"])]
#[case::sub(ISSUE, |it: &mut Reply| it.token(|_, it| it["sub"] = "x".into()), &["token sub"])]
#[case::aud(ISSUE, |it: &mut Reply| it.token(|_, it| it["aud"] = json!(["x"])), &["token aud"])]
#[case::exp(ISSUE, |it: &mut Reply| it.token(|_, it| it["exp"] = 5.into()), &["token exp - iat", ENDS])]
#[case::nbf(ISSUE, |it: &mut Reply| it.token(|_, it| it["nbf"] = 5.into()), &["token nbf"])]
#[case::jti(ISSUE, |it: &mut Reply| it.token(|_, it| it["jti"] = "x".into()), &["token jti"])]
#[case::namespace(
    ISSUE,
    |it: &mut Reply| it.token(|_, it| it["kubernetes.io"]["namespace"] = "x".into()),
    &["token kubernetes.io.namespace"]
)]
#[case::account(
    ISSUE,
    |it: &mut Reply| it.token(|_, it| it["kubernetes.io"]["serviceaccount"]["name"] = "x".into()),
    &["token kubernetes.io.serviceaccount.name"]
)]
#[case::binding(
    ISSUE,
    |it: &mut Reply| it.token(|_, it| it["kubernetes.io"]["pod"]["uid"] = "x".into()),
    &["token kubernetes.io pod uid"]
)]
#[case::another_binding(
    ISSUE,
    |it: &mut Reply| it.token(|_, it| it["kubernetes.io"]["secret"] = json!({})),
    &["token kubernetes.io secret"]
)]
#[case::reason(REFUSE, |it: &mut Reply| it.json(|it| it["reason"] = "Bad".into()), &["reason"])]
#[case::message(REFUSE, |it: &mut Reply| it.json(|it| it["message"] = "no".into()), &["message"])]
#[case::no_message(REFUSE, |it: &mut Reply| it.json(|it| it["message"] = "".into()), &["message", "body message"])]
#[case::code(REFUSE, |it: &mut Reply| it.json(|it| it["code"] = 400.into()), &["body code"])]
#[case::details(REFUSE, |it: &mut Reply| it.json(|it| it["details"]["name"] = "x".into()), &["details name"])]
#[case::cause(
    REFUSE,
    |it: &mut Reply| it.json(|it| it["details"]["causes"][0]["field"] = "spec".into()),
    &["causes 0 field"]
)]
#[case::causes(
    REFUSE,
    |it: &mut Reply| it.json(|it| it["details"]["causes"] = json!([])),
    &["causes"]
)]
#[case::authenticated(
    REVIEW,
    |it: &mut Reply| it.json(|it| it["status"] = json!({"user": {}, "error": "no"})),
    &["body status audiences", "body status authenticated"]
)]
#[case::half_a_no(
    GARBAGE,
    |it: &mut Reply| it.json(|it| it["status"]["authenticated"] = false.into()),
    &["body status authenticated"]
)]
#[case::half_a_yes(
    REVIEW,
    |it: &mut Reply| it.json(|it| it["status"]["error"] = "but".into()),
    &["body status error"]
)]
#[case::another_token(
    REVIEW,
    |it: &mut Reply| it.json(|it| it["spec"]["token"] = "x".into()),
    &["body spec token"]
)]
#[case::expiration(
    ISSUE,
    |it: &mut Reply| {
        it.json(|it| it["status"]["expirationTimestamp"] = "2026-01-02T03:04:05Z".into());
    },
    &[SPAN, ENDS]
)]
#[case::order(
    REVIEW,
    |it: &mut Reply| it.json(|it| it["status"]["audiences"] = json!(["a", "b"])),
    &["body status audiences 0", "body status audiences 1"]
)]
#[case::text(HEALTH, |it: &mut Reply| it.body = b"OK".to_vec(), &["text"])]
fn every_lie_is_told(#[case] case: &str, #[case] lie: deviant::Lie, #[case] expected: &[&str]) {
    assert_eq!(judge(case, lie), expected);
}

#[rstest]
#[case(ISSUE)]
#[case(REFUSE)]
#[case(REVIEW)]
#[case(GARBAGE)]
#[case(HEALTH)]
fn an_honest_server_passes(#[case] case: &str) {
    assert_eq!(judge(case, |_| {}), [""; 0]);
}

/// Exact texts are nobody's business below `observed`.
#[test]
fn a_message_counts_at_observed_alone() {
    let lie: deviant::Lie = |it| it.json(|it| it["message"] = "no".into());
    assert_eq!(judge_at(REFUSE, lie, Level::Observed), ["message"]);
    assert_eq!(judge_at(REFUSE, lie, Level::Should), [""; 0]);
    let lie: deviant::Lie = |it| it.json(|it| it["reason"] = "no".into());
    assert_eq!(judge_at(REFUSE, lie, Level::Should), ["reason"]);
    assert_eq!(judge_at(REFUSE, lie, Level::Must), [""; 0]);
}

/// What no expectation names is seen in the whole exchange, as it was recorded of the same version.
#[rstest]
#[case::honest(|_: &mut Reply| {}, &[])]
#[case::member(|it: &mut Reply| replace(it, "invalid bearer token", "no bearer token"), &["snapshot"])]
#[case::ending(|it: &mut Reply| it.body.push(b'\n'), &["snapshot"])]
#[case::space(|it: &mut Reply| replace(it, "\"kind\"", " \"kind\""), &["snapshot"])]
#[case::header(|it: &mut Reply| it.set("vary", Some("Origin")), &["snapshot"])]
fn a_snapshot_counts_at_observed_alone(#[case] lie: deviant::Lie, #[case] expected: &[&str]) {
    let recorded = outcome(&[(CASE, GARBAGE)], |_| {}, Level::Observed).transcript;
    let version = format!("kube-apiserver {}", emulator::shared().version());
    let snapshot = |recorded_from: &str| {
        let contents = snapshot::contents(&[(Variant::Json, recorded.clone())]);
        let (requirement, recorded_from) = ("tooth".to_owned(), recorded_from.to_owned());
        Snapshot { requirement, recorded_from, contents }.file()
    };
    for (recorded_from, level, expected) in [
        (version.as_str(), Level::Observed, expected),
        (version.as_str(), Level::Should, &[]),
        ("kube-apiserver v1.2.3", Level::Observed, &[]),
    ] {
        let snapshot = snapshot(recorded_from);
        let files = [(CASE, GARBAGE), ("snapshots/kubernetes/a-single-tooth.snap", &snapshot)];
        assert_eq!(found(outcome(&files, lie, level)), expected, "{recorded_from}, {level}");
    }
}

fn judge(case: &str, lie: deviant::Lie) -> Vec<String> {
    judge_at(case, lie, Level::Observed)
}

fn judge_at(case: &str, lie: deviant::Lie, level: Level) -> Vec<String> {
    found(outcome(&[(CASE, case)], lie, level))
}

/// What is found wrong, by name.
pub(crate) fn found(outcome: Outcome) -> Vec<String> {
    match outcome.verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Failed(failures) => failures.into_iter().map(|it| it.mismatch.what).collect(),
        verdict => panic!("{verdict:?}"),
    }
}

fn outcome(files: &[(&str, &str)], lie: deviant::Lie, level: Level) -> Outcome {
    let credential = emulator::shared().emulator.token().to_owned();
    let requirement = "[{id: tooth, level: must, sentence: It bites., source: here}]";
    let files = [&[("fixtures/requirements/tooth.yaml", requirement)], files].concat();
    let catalog = Arc::new(Catalog::load(files.into_iter()).unwrap());
    RUNTIME.block_on(async {
        let server = deviant::start(lie).await;
        let tls = tls::config(&tls::Trust::System, None).unwrap();
        let client = Client::new(Endpoint::parse(&server.uri()).unwrap(), tls);
        let side = Side::new(client, Some(credential));
        let mut target = Target { kubernetes: Some(side), ..Target::default() };
        target.learn().await.unwrap();
        let mut run = Run::new(catalog, Arc::new(target), level);
        run.open().await.unwrap();
        let id = "kubernetes/a-single-tooth";
        let outcome = run.case(id, &run.catalog.cases[id], Variant::Json).await;
        assert_eq!(run.close().await, [""; 0]);
        outcome
    })
}

fn flip_signature(reply: &mut Reply) {
    reply.json(|body| {
        let token = body["status"]["token"].as_str().unwrap().to_owned();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        body["status"]["token"] = format!("{signed}.{first}{}", &signature[1..]).into();
    });
}

fn replace(reply: &mut Reply, from: &str, to: &str) {
    let body = String::from_utf8(reply.body.clone()).unwrap();
    assert!(body.contains(from), "{body}");
    reply.body = body.replace(from, to).into_bytes();
}
