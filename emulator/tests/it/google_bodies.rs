//! The Google side's bodies: what a request's may be, and how an answer's are written.

use {
    crate::google_world::{
        CLUSTER, Google, PARENT, json_of, message, request, request_with, token_target,
    },
    flate2::{Compression, write::GzEncoder},
    http::StatusCode,
    rstest::rstest,
    serde_json::{Value, json},
    std::io::Write,
};

#[rstest]
#[case("[]", "Invalid JSON payload received. Unknown name \"\": Root element must be a message.")]
#[case("null", "Invalid JSON payload received. Unknown name \"\": Root element must be a message.")]
#[case("", "Required field is missing, field: subject_token")]
#[case("{subject_token: null}", "Required field is missing, field: subject_token")]
#[case(
    "{'SubjectToken': 'x'}",
    "Invalid JSON payload received. Unknown name \"SubjectToken\": Cannot find field."
)]
#[case(
    "{'subjectToken': ['x']}",
    "Invalid JSON payload received. Unknown name \"subjectToken\": Proto field is not repeating, cannot start list."
)]
#[case("{\"<b>\": 1}", "Invalid JSON payload received. Unknown name \"<b>\": Cannot find field.")]
fn a_body_is_read_as_google_reads_it(#[case] body: &str, #[case] expected: &str) {
    let google = Google::new();
    google.register(&[]);
    let response = google.respond(&request("POST", &token_target(), body));
    let answer = json_of(&response);
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    assert_eq!(message(&answer), expected);
    assert!(!response.body.contains(&b'<'));
}

#[rstest]
#[case(json!({"oidcConfig": "x"}), "Invalid value at 'attached_cluster.oidc_config' (type.googleapis.com/google.cloud.gkemulticloud.v1.AttachedOidcConfig), \"x\"")]
#[case(json!({"oidcConfig": {"bogus": 1}}), "Invalid JSON payload received. Unknown name \"bogus\" at 'attached_cluster.oidc_config': Cannot find field.")]
#[case(json!({"bogus": {}}), "Invalid JSON payload received. Unknown name \"bogus\" at 'attached_cluster': Cannot find field.")]
#[case(json!({"description": {}}), "Invalid value at 'attached_cluster' (description), Starting an object on a scalar field")]
#[case(json!({"oidcConfig": {"jwks": "*"}}), "Invalid value at 'attached_cluster.oidc_config.jwks' (TYPE_BYTES), Base64 decoding failed for \"*\"")]
#[case(json!({"binaryAuthorization": {"evaluationMode": "X"}}), "Invalid value at 'attached_cluster.binary_authorization.evaluation_mode' (type.googleapis.com/google.cloud.gkemulticloud.v1.BinaryAuthorization.EvaluationMode), \"X\"")]
#[case(json!({"annotations": {"a": 1}}), "Invalid value at 'attached_cluster.annotations[0].value' (TYPE_STRING), 1")]
#[case(json!({"annotations": []}), "Invalid value at 'attached_cluster.annotations' (Map), Cannot bind a list to map for field 'annotations'.")]
#[case(json!({"authorization": {"adminUsers": [{}, {"x": 1}]}}), "Invalid JSON payload received. Unknown name \"x\" at 'attached_cluster.authorization.admin_users[1]': Cannot find field.")]
fn a_nested_field_is_named_by_its_path(#[case] body: Value, #[case] expected: &str) {
    let target = format!("{PARENT}/attachedClusters?attachedClusterId=c1");
    let (status, answer) = Google::new().call("POST", &target, &body.to_string());
    assert_eq!((status, message(&answer)), (400, expected));
    assert_eq!(answer["error"]["details"][0]["fieldViolations"][0]["description"], expected);
}

#[rstest]
#[case("", "attached_cluster.oidc_config")]
#[case("?attachedClusterId=C", "attached_cluster_id")]
fn a_cluster_without_its_required_fields_is_refused(#[case] query: &str, #[case] field: &str) {
    let query = if query.is_empty() { "?attachedClusterId=c1" } else { query };
    let target = format!("{PARENT}/attachedClusters{query}");
    let (status, answer) = Google::new().call("POST", &target, "{}");
    assert_eq!(status, 400);
    assert_eq!(answer["error"]["details"][0]["fieldViolations"][0]["field"], field);
}

#[test]
fn a_form_is_bound_field_by_field() {
    let google = Google::new();
    google.register(&[]);
    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let post = |body: &str| {
        json_of(&google.respond(&request_with("POST", &token_target(), &form, body.as_bytes())))
    };
    let answer =
        post("subject_token=x&subjectTokenType=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt");
    assert_eq!(message(&answer), "Required field is missing, field: version");
    let answer = post(r#"{"subjectToken":"x"}"#);
    let expected = "Invalid JSON payload received. Unknown name \"{\"subjectToken\":\"x\"}\": \
                    Cannot bind query parameter. Field '{\"subjectToken\":\"x\"}' could not be \
                    found in request message.";
    assert_eq!(message(&answer), expected);
}

#[rstest]
#[case("text/plain", "{}", "Unsupported content type: text/plain.")]
#[case("application/xml", "{}", "Unsupported content type: application/xml.")]
#[case("text/plain", "", "Required field is missing, field: subject_token")]
#[case("Application/JSON;charset=utf-8", "{}", "Required field is missing, field: subject_token")]
#[case("application/vnd.x+json", "{}", "Required field is missing, field: subject_token")]
#[case("", "{}", "Required field is missing, field: subject_token")]
#[case(
    "application/x-protobuf",
    "\x12\x01x",
    "Required field is missing, field: subject_token_type"
)]
#[case("application/x-protobuf", "\x12", "Invalid protobuf payload received.")]
fn a_body_is_what_its_type_says(
    #[case] content_type: &str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    let google = Google::new();
    google.register(&[]);
    let headers = [("content-type", content_type)];
    let response =
        google.respond(&request_with("POST", &token_target(), &headers, body.as_bytes()));
    assert_eq!(message(&json_of(&response)), expected);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[rstest]
#[case("gzip", &gzip("{'version': 'v'}"), "Required field is missing, field: subject_token")]
#[case("identity", b"{}", "Required field is missing, field: subject_token")]
#[case("gzip", b"{}", "The request's body is not gzip.")]
#[case("br", b"{}", "Unsupported content encoding: br.")]
#[case("gzip", &gzip(&" ".repeat(11 << 20)), "Request payload size exceeds the limit: 10485760 bytes.")]
fn a_body_may_be_packed(#[case] encoding: &str, #[case] body: &[u8], #[case] expected: &str) {
    let google = Google::new();
    google.register(&[]);
    let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
    let response = google.respond(&request_with("POST", &token_target(), &headers, body));
    assert_eq!(message(&json_of(&response)), expected);
}

#[rstest]
#[case("gzip", "my-client (gzip)", true)]
#[case("deflate, gzip;q=0.5", "gzip", true)]
#[case("gzip", "curl/8", false)]
#[case("gzip;q=0", "gzip", false)]
#[case("br", "gzip", false)]
fn an_answer_is_packed_for_who_says_so_twice(
    #[case] accepted: &str,
    #[case] agent: &str,
    #[case] packed: bool,
) {
    let headers = [("accept-encoding", accepted), ("user-agent", agent)];
    let response = Google::new().respond(&request_with("GET", CLUSTER, &headers, b""));
    assert_eq!(response.headers.contains_key("content-encoding"), packed);
    assert_eq!(response.body.starts_with(b"\x1f\x8b"), packed);
}

#[test]
fn an_answer_may_be_a_messages_own_bytes() {
    let google = Google::new();
    google.register(&[]);
    let response = google.respond(&request("GET", &format!("{CLUSTER}?alt=proto&fields=name"), ""));
    assert_eq!(response.headers["content-type"], "application/x-protobuf");
    assert_eq!(response.body, format!("\n\x31{}", CLUSTER.strip_prefix("/v1/").unwrap()));
    let response = google.respond(&request("GET", &format!("{CLUSTER}x?$alt=proto"), ""));
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert_eq!(response.body, "\x08\x05\x12\x11cluster not found");
}
