//! The Google side's REST: paths, queries and headers, apart from what methods do.

use {
    crate::google_world::{
        CLUSTER, Google, PARENT, exchange_body, json_of, message, request, request_with,
        token_target,
    },
    http::StatusCode,
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::{
        google,
        world::{
            access_tokens::Grant,
            settings::{GoogleAuth, Settings},
        },
    },
};

#[rstest]
#[case("GET", "/v1/projects/p/locations")]
#[case("GET", "/v1/projects/p/locations/us-west1")]
#[case("GET", "/v1beta1/projects/p/locations/us-west1/attachedClusters")]
#[case("GET", "/v1/projects/p%2Flocations%2Fl/attachedClusters")]
#[case(
    "GET",
    "/v1/projects/p/locations/us-west1/attachedClusters/c1:generateAttachedClusterAgentToken"
)]
#[case(
    "POST",
    "/v1/projects/p/locations/us-west1/attachedClusters/c1:generateattachedclusteragenttoken"
)]
#[case("POST", "/v1/projects/p/locations/us-west1/operations/o1:generateAttachedClusterAgentToken")]
#[case("POST", "/v1/projects/p/locations/us-west1:generateAttachedClusterInstallManifest")]
#[case("PUT", "/v1/projects/p/locations/us-west1/attachedClusters/c1")]
#[case("OPTIONS", "/v1/projects/p/locations/us-west1/attachedClusters/c1")]
#[case("GET", "/v1/projects/p/locations/us-west1/attachedClusters/c1/jwks")]
fn a_path_that_leads_nowhere_is_a_page(#[case] method: &str, #[case] path: &str) {
    let response = Google::new().respond(&request(method, path, ""));
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert_eq!(response.headers["content-type"], "text/html; charset=UTF-8");
    assert!(!response.headers.contains_key("server") && !response.headers.contains_key("vary"));
    let page = std::str::from_utf8(&response.body).unwrap();
    assert!(page.contains("<title>Error 404 (Not Found)!!1</title>"), "{page}");
    assert!(page.contains("was not found on this server."), "{page}");
}

/// Every method, asked with as little as possible, gives an answer in the API's own form.
#[test]
fn no_method_is_left_out() {
    let google = Google::new();
    let routes = include_str!("../../src/google/clusters/tables/routes.txt");
    for line in routes.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(' ').collect();
        let (before, rest) = columns[2].split_once('{').unwrap();
        let (variable, after) = rest.split_once('}').unwrap();
        let pattern = variable.split_once('=').unwrap().1;
        let path = format!("{before}{pattern}{after}").replace('*', "x");
        let response = google.respond(&request(columns[1], &path, ""));
        let answer: Value = serde_json::from_slice(&response.body).expect(line);
        assert_ne!(response.status, StatusCode::NOT_IMPLEMENTED, "{line}: {answer}");
    }
}

#[rstest]
#[case(
    "foo=1",
    "Unknown name \"foo\": Cannot bind query parameter. Field 'foo' could not be found in request message."
)]
#[case(
    "proxyConfig=x",
    "Unknown name \"proxyConfig\": Cannot bind query parameter. 'proxyConfig' is a message type. Parameters can only be bound to primitive types."
)]
#[case(
    "proxyConfig.bogus=x",
    "Unknown name \"proxyConfig.bogus\": Cannot bind query parameter. Field 'bogus' could not be found in request message."
)]
fn a_parameter_that_binds_nothing_is_refused(#[case] query: &str, #[case] expected: &str) {
    let target = format!("{PARENT}:generateAttachedClusterInstallManifest?{query}");
    let (status, answer) = Google::new().call("GET", &target, "");
    let expected = format!("Invalid JSON payload received. {expected}");
    assert_eq!((status, message(&answer)), (400, expected.as_str()));
    let violations = &answer["error"]["details"][0]["fieldViolations"];
    assert_eq!(violations, &json!([{"description": expected}]));
}

#[rstest]
#[case("pageSize=abc", "Invalid value at 'page_size' (TYPE_INT32), \"abc\"")]
#[case("page_size=", "Invalid value at 'page_size' (TYPE_INT32), \"\"")]
#[case("pageSize=1.5", "Invalid value at 'page_size' (TYPE_INT32), \"1.5\"")]
#[case("page_size=-1", "Invalid argument: 'page_size'")]
#[case("pageToken=x", "The request was invalid: invalid page token")]
#[case("fields=bogus.x", "Request contains an invalid argument.")]
#[case("alt=yaml", "Invalid value at 'alt' (TYPE_ENUM), \"yaml\"")]
fn a_parameter_of_the_wrong_type_is_refused(#[case] query: &str, #[case] expected: &str) {
    let target = format!("{PARENT}/attachedClusters?{query}");
    let (status, answer) = Google::new().call("GET", &target, "");
    assert_eq!((status, message(&answer)), (400, expected));
}

#[test]
fn booleans_in_a_query_are_lenient() {
    let google = Google::new();
    for text in ["true", "T", "Yes", "y", "1"] {
        let target = format!("{CLUSTER}?allowMissing={text}&validateOnly=False");
        assert_eq!(google.call("DELETE", &target, "").0, 200, "{text}");
    }
    let target = format!("{CLUSTER}?validate_only=");
    let (_, answer) = google.call("DELETE", &target, "");
    assert_eq!(message(&answer), "Invalid value at 'validate_only' (TYPE_BOOL), \"\"");
}

#[test]
fn the_standard_parameters_are_taken_in_silence() {
    let google = Google::new();
    google.register(&[]);
    let query = "$.xgafv=2&alt=json&prettyPrint=true&key=k&quotaUser=q&fields=name&uploadType=u\
                 &upload_protocol=p&access_token=t&oauth_token=t&trace=x&%24alt=json\
                 &%24prettyPrint=1&%24unique=1&%24userProject=p";
    let (status, answer) = google.call("GET", &format!("{CLUSTER}?{query}"), "");
    assert_eq!((status, answer.as_object().unwrap().len()), (200, 1));
    let script = google.respond(&request("GET", &format!("{CLUSTER}?callback=f&fields=state"), ""));
    assert_eq!(script.headers["content-type"], "text/javascript; charset=UTF-8");
    assert_eq!(script.body, "// API callback\nf({\n  \"state\": \"RUNNING\"\n});\n");
    let json = google.respond(&request("GET", &format!("{CLUSTER}?callback=a();b"), ""));
    assert_eq!(json.headers["content-type"], "application/json; charset=UTF-8");
}

#[test]
fn the_first_error_format_is_there_when_asked_for() {
    let (_, answer) = Google::new().call("GET", &format!("{CLUSTER}?$.xgafv=1"), "");
    let expected =
        json!([{"message": "cluster not found", "domain": "global", "reason": "notFound"}]);
    assert_eq!(answer["error"]["errors"], expected);
}

#[test]
fn a_field_of_a_body_cannot_come_in_the_query() {
    let google = Google::new();
    let target = format!("{}?subjectToken=x", token_target());
    let (status, answer) = google.call("POST", &target, &exchange_body("x").to_string());
    assert_eq!(status, 400);
    assert!(message(&answer).contains("Unknown name \"subjectToken\": Cannot bind query"));
    let target = format!("{PARENT}/attachedClusters?attachedCluster.description=x");
    let (status, answer) = google.call("POST", &target, "{}");
    assert_eq!(status, 400);
    assert!(message(&answer).contains("'attachedCluster' could not be found"), "{answer}");
}

#[test]
fn a_post_may_stand_for_a_get() {
    let google = Google::new();
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("x-http-method-override", "GET")];
    let body = "attachedClusterId=c&platformVersion=v&proxyConfig.kubernetesSecret.name=n";
    let target = format!("{PARENT}:generateAttachedClusterInstallManifest");
    let response = google.respond(&request_with("POST", &target, &headers, body.as_bytes()));
    assert_eq!(response.status, StatusCode::OK);
    assert!(json_of(&response)["manifest"].as_str().unwrap().contains("gke-install"));
    let (status, _) = google.call("POST", &format!("{CLUSTER}?%24httpMethod=GET"), "");
    assert_eq!(status, 404);
    let (status, _) = google.call("GET", &format!("{CLUSTER}?%24httpMethod=DELETE"), "");
    assert_eq!(status, 404);
}

#[test]
fn a_list_comes_in_pages() {
    let google = Google::new();
    for id in 0..3 {
        let name = format!("projects/p/locations/us-west1/attachedClusters/c{id}");
        let issuer = json!({"issuerUrl": "https://issuer.example.com"});
        let seed = json!({"kind": "AttachedCluster", "name": name, "oidcConfig": issuer});
        google::seed(&google.world, seed).unwrap();
    }
    let list =
        format!("{PARENT}/attachedClusters?pageSize=2&fields=attachedClusters.name,nextPageToken");
    let (_, first) = google.call("GET", &list, "");
    assert_eq!(first["attachedClusters"].as_array().unwrap().len(), 2);
    let token = first["nextPageToken"].as_str().unwrap();
    let (_, second) = google.call("GET", &format!("{list}&pageToken={token}"), "");
    let name = "projects/p/locations/us-west1/attachedClusters/c2";
    assert_eq!(second, json!({"attachedClusters": [{"name": name}]}));
}

#[test]
fn a_list_may_be_of_all_locations() {
    let google = Google::new();
    for location in ["us-west1", "europe-west1"] {
        let name = format!("projects/p/locations/{location}/attachedClusters/c");
        let issuer = json!({"issuerUrl": "https://issuer.example.com"});
        let seed = json!({"kind": "AttachedCluster", "name": name, "oidcConfig": issuer});
        google::seed(&google.world, seed).unwrap();
        google.call("DELETE", &format!("/v1/{name}"), "");
    }
    for (list, member) in [("attachedClusters", "attachedClusters"), ("operations", "operations")] {
        let (_, all) = google.call("GET", &format!("/v1/projects/p/locations/-/{list}"), "");
        assert_eq!(all[member].as_array().unwrap().len(), 2, "{all}");
    }
    let (_, first) =
        google.call("GET", "/v1/projects/p/locations/-/attachedClusters?pageSize=1", "");
    let page = first["nextPageToken"].as_str().unwrap();
    let target = format!("/v1/projects/p/locations/-/attachedClusters?pageToken={page}");
    let (_, second) = google.call("GET", &target, "");
    let name = "projects/p/locations/us-west1/attachedClusters/c";
    assert_eq!(second["attachedClusters"][0]["name"], name);
}

#[rstest]
#[case(json!({"name": "c1"}), "Invalid resource name")]
#[case(json!({"name": "projects/p/locations/l/attachedClusters/c", "x": 1}), "Unknown name \"x\"")]
#[case(json!("x"), "has to be a mapping")]
fn a_seed_that_is_wrong_says_so(#[case] document: Value, #[case] expected: &str) {
    let error = google::seed(&Google::new().world, document).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_project_that_is_not_there_is_refused_before_the_body_is_read() {
    let settings =
        Settings { google_projects: Some(vec!["other".to_owned()]), ..Settings::default() };
    let (status, answer) = Google::with(settings).call("POST", &token_target(), "not json");
    assert_eq!((status, message(&answer)), (403, "Permission denied on resource project p."));
    assert_eq!(answer["error"]["details"][0]["reason"], "CONSUMER_INVALID");
    assert_eq!(answer["error"]["details"].as_array().unwrap().len(), 3);
}

#[test]
fn a_project_that_is_to_bear_the_cost_has_to_be_there() {
    let settings = Settings { google_projects: Some(vec!["p".to_owned()]), ..Settings::default() };
    let google = Google::with(settings);
    let list = format!("{PARENT}/attachedClusters");
    let paid_by = |payer: &str| {
        let headers = [("x-goog-user-project", payer)];
        google.respond(&request_with("GET", &list, &headers, b""))
    };
    assert_eq!(paid_by("p").status, StatusCode::OK);
    let response = paid_by("other");
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert_eq!(json_of(&response)["error"]["details"][0]["reason"], "USER_PROJECT_DENIED");
    assert_eq!(google.call("GET", &format!("{list}?$userProject=other"), "").0, 403);
}

/// The id of the project and its number, which a fleet has.
fn project_and_number(google: &Google) -> (String, String) {
    let target = format!("{PARENT}/attachedClusters:import");
    let body = json!({"fleetMembership": "projects/p/locations/global/memberships/m",
                      "platformVersion": "1.35.0-gke.1", "distribution": "eks"});
    assert_eq!(google.call("POST", &target, &body.to_string()).0, 200);
    google.settle();
    let (_, cluster) = google.call("GET", &format!("{PARENT}/attachedClusters/m"), "");
    let project = cluster["fleet"]["project"].as_str().unwrap().to_owned();
    (PARENT.to_owned(), PARENT.replace("projects/p", &project))
}

#[test]
fn a_project_is_the_same_by_its_id_and_by_its_number() {
    let google = Google::new();
    let (by_id, by_number) = project_and_number(&google);
    assert_ne!(by_id, by_number);
    for parent in [by_id, by_number] {
        let name = parent.strip_prefix("/v1/").unwrap();
        let (_, cluster) = google.call("GET", &format!("{parent}/attachedClusters/m"), "");
        assert_eq!(cluster["name"], format!("{name}/attachedClusters/m"));
        let (_, list) = google.call("GET", &format!("{parent}/operations"), "");
        let operation = &list["operations"][0];
        assert_eq!(operation["metadata"]["target"], cluster["name"]);
        assert_eq!(operation["response"]["name"], cluster["name"]);
        let operation = operation["name"].as_str().unwrap();
        assert!(operation.starts_with(&format!("{name}/operations/")), "{operation}");
        assert_eq!(google.call("GET", &format!("/v1/{operation}"), "").0, 200);
    }
}

#[rstest]
#[case("POST", true)]
#[case("GET", false)]
#[case("no method", false)]
fn a_page_of_another_origin_may_ask(#[case] method: &str, #[case] allowed: bool) {
    let google = Google::new();
    let headers = [
        ("origin", "https://page.example.com"),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let response = google.respond(&request_with("OPTIONS", &token_target(), &headers, b""));
    assert_eq!(response.status.as_u16(), if allowed { 200 } else { 404 });
    let shown = |name: &str| response.headers.get(name).map(|value| value.to_str().unwrap());
    if allowed {
        assert_eq!(shown("access-control-allow-origin"), Some("https://page.example.com"));
        assert_eq!(shown("access-control-allow-headers"), Some("authorization,content-type"));
        assert!(shown("access-control-allow-methods").unwrap().contains("POST"));
        assert!(response.body.is_empty());
    }
    let response = google.respond(&request_with("GET", CLUSTER, &headers[..1], b""));
    assert_eq!(response.headers["access-control-allow-origin"], "https://page.example.com");
}

#[test]
fn the_path_has_the_last_word_on_what_it_names() {
    let google = Google::new();
    google.register(&[]);
    assert_eq!(google.call("GET", &format!("{CLUSTER}?name=other"), "").0, 200);
    let target = format!("{}?attachedCluster=other&attached_cluster=x", token_target());
    let body = json!({"attachedCluster": "other"}).to_string();
    let (_, answer) = google.call("POST", &target, &body);
    assert_eq!(message(&answer), "Required field is missing, field: subject_token");
}

#[rstest]
#[case(&[], 401, "CREDENTIALS_MISSING", "")]
#[case(&[("authorization", "Basic eDp5")], 401, "CREDENTIALS_MISSING", "")]
#[case(&[("x-goog-api-key", "AIzaSyA")], 401, "CREDENTIALS_MISSING", "")]
#[case(&[("x-goog-api-key", "k")], 400, "API_KEY_INVALID", "")]
#[case(&[("x-goog-api-key", "k"), ("authorization", "Bearer good")], 404, "", "")]
#[case(&[("authorization", "Bearer a.b.c")], 401, "", "invalid_token")]
#[case(&[("authorization", "Bearer what")], 401, "CREDENTIALS_MISSING", "invalid_token")]
#[case(&[("authorization", "Bearer ya29.x")], 401, "ACCESS_TOKEN_TYPE_UNSUPPORTED", "invalid_token")]
#[case(&[("authorization", "Bearer old")], 401, "ACCESS_TOKEN_EXPIRED", "invalid_token")]
#[case(&[("authorization", "bearer narrow")], 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficient_scope")]
#[case(&[("authorization", "bearer good")], 404, "", "")]
fn strictness_tells_bearers_apart(
    #[case] headers: &[(&str, &str)],
    #[case] status: u16,
    #[case] reason: &str,
    #[case] challenge: &str,
) {
    let settings = Settings { google_auth: GoogleAuth::Strict, ..Settings::default() };
    let google = Google::with(settings);
    let now = google.world.clock.now();
    for (token, scope, expires) in [
        ("good", google::CLOUD_PLATFORM, None),
        ("narrow", "https://www.googleapis.com/auth/cloud-platform.read-only", None),
        ("old", google::CLOUD_PLATFORM, Some(now)),
    ] {
        let scopes = vec![scope.to_owned()];
        let grant = Grant { principal: "me@example.com".to_owned(), scopes, expires };
        google.world.access_tokens.insert(token, grant);
    }
    let response = google.respond(&request_with("GET", CLUSTER, headers, b""));
    assert_eq!(response.status.as_u16(), status);
    let answer = json_of(&response);
    assert_eq!(answer["error"]["details"][0]["reason"].as_str().unwrap_or_default(), reason);
    let shown = response.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
    assert!(shown.unwrap_or_default().contains(challenge), "{shown:?}");
    assert_eq!(shown.is_some(), matches!(status, 401 | 403));
}
