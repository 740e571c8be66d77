//! Clusters on AWS and Azure, as far as tokens need them.

use {
    crate::google_world::{Google, exchange_body, jwt, request},
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::world::settings::{GoogleAuth, Settings},
};

const LOCATION: &str = "/v1/projects/p/locations/us-west1";

/// Makes a cluster, and lets its operation end.
fn register(google: &Google, collection: &str) -> String {
    let id = if collection == "awsClusters" { "awsClusterId" } else { "azureClusterId" };
    let target = format!("{LOCATION}/{collection}?{id}=c1");
    let body = r#"{"description": "d", "fleet": {"project": "projects/123"}}"#;
    let (status, operation) = google.call("POST", &target, body);
    assert_eq!((status, operation.get("done")), (200, None), "{operation}");
    google.settle();
    format!("{LOCATION}/{collection}/c1")
}

#[rstest]
#[case("awsClusters", "generateAwsClusterAgentToken", "generateAwsAccessToken")]
#[case("azureClusters", "generateAzureClusterAgentToken", "generateAzureAccessToken")]
fn tokens_are_minted(#[case] collection: &str, #[case] agent: &str, #[case] user: &str) {
    let google = Google::new();
    let cluster = register(&google, collection);
    let keys = google.world.keys.get();
    let mut claims = google.claims();
    let (_, answer) = google.call("GET", &cluster, "");
    let own = answer["workloadIdentityConfig"]["issuerUri"].as_str().unwrap().to_owned();
    for issuer in [own, google.world.settings.issuers[0].clone()] {
        claims["iss"] = issuer.into();
        let mut body = exchange_body(&jwt(&keys.signing, &claims));
        body["nodePoolId"] = json!("pool");
        let (status, answer) =
            google.call("POST", &format!("{cluster}:{agent}"), &body.to_string());
        assert_eq!((status, &answer["token_type"]), (200, &json!("Bearer")), "{answer}");
    }
    claims["iss"] = json!("https://other");
    let body = exchange_body(&jwt(&keys.signing, &claims)).to_string();
    assert_eq!(google.call("POST", &format!("{cluster}:{agent}"), &body).0, 400);
    assert_eq!(google.call("POST", &format!("{cluster}:{user}"), "").0, 404);
    let (status, answer) = google.call("GET", &format!("{cluster}:{user}"), "");
    let mut members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(status, 200);
    assert_eq!(members, ["accessToken", "expirationTime"]);
}

#[test]
fn an_issuer_is_published_to_everybody() {
    let settings = Settings { google_auth: GoogleAuth::Strict, ..Settings::default() };
    let google = Google::with(settings);
    let path = "/v1/projects/p/locations/us-west1/awsClusters/c1/jwks";
    assert_eq!(google.call("GET", path, "").0, 404);
    let google = Google::new();
    let cluster = register(&google, "awsClusters");
    let (_, answer) =
        google.call("GET", &format!("{cluster}/.well-known/openid-configuration"), "");
    assert_eq!(answer["jwks_uri"], format!("{}/jwks", answer["issuer"].as_str().unwrap()));
    assert!(answer.get("grant_types").is_some() && answer.get("grantTypes").is_none());
    let (_, answer) = google.call("GET", &format!("{cluster}/jwks"), "");
    assert_eq!(answer["keys"][0]["kid"], google.world.keys.get().verifying[0].kid);
    let (_, answer) = google.call("GET", &cluster, "");
    let issuer = answer["workloadIdentityConfig"]["issuerUri"].as_str().unwrap();
    let path = issuer.strip_prefix("https://us-west1-gkemulticloud.googleapis.com").unwrap();
    assert!(path.starts_with("/v1/projects/") && !path.starts_with("/v1/projects/p/"), "{path}");
    let (_, answer) = google.call("GET", &format!("{path}/.well-known/openid-configuration"), "");
    assert_eq!(answer["issuer"], issuer);
}

#[test]
fn node_pools_belong_to_clusters() {
    let google = Google::new();
    let pools = format!("{LOCATION}/awsClusters/c1/awsNodePools");
    let create = format!("{pools}?awsNodePoolId=n1");
    assert_eq!(google.call("POST", &create, "{}").0, 404);
    let cluster = register(&google, "awsClusters");
    assert_eq!(google.call("POST", &create, r#"{"version": "1"}"#).0, 200);
    google.settle();
    let (_, list) = google.call("GET", &format!("{LOCATION}/awsClusters"), "");
    assert_eq!(list["awsClusters"].as_array().unwrap().len(), 1);
    let update = format!("{pools}/n1?updateMask=version");
    let (status, answer) = google.call("PATCH", &update, r#"{"version": "2"}"#);
    assert_eq!(status, 200, "{answer}");
    let (_, list) = google.call("GET", &pools, "");
    assert_eq!(list["awsNodePools"][0]["version"], "2");
    assert_eq!(list["awsNodePools"][0]["state"], "RECONCILING");
    assert_eq!(google.call("PATCH", &format!("{pools}/n1?updateMask=uid"), "{}").0, 400);
    assert_eq!(google.call("POST", &format!("{pools}/n1:rollback"), "{}").0, 200);
    let (_, answer) = google.call("DELETE", &cluster, "");
    assert_eq!(answer["error"]["status"], "FAILED_PRECONDITION");
    assert_eq!(google.call("DELETE", &format!("{pools}/n1"), "").0, 200);
    google.settle();
    assert_eq!(google.call("GET", &format!("{pools}/n1"), "").0, 404);
    assert_eq!(google.call("DELETE", &cluster, "").0, 200);
}

#[test]
fn an_azure_client_has_no_state() {
    let google = Google::new();
    let target = format!("{LOCATION}/azureClients?azureClientId=a1");
    assert_eq!(google.call("POST", &target, r#"{"tenantId": "t"}"#).0, 200);
    let (_, client) = google.call("GET", &format!("{LOCATION}/azureClients/a1"), "");
    assert_eq!((client.get("state"), &client["tenantId"]), (None, &json!("t")));
}

#[rstest]
#[case("awsServerConfig", "supportedAwsRegions")]
#[case("azureServerConfig", "supportedAzureRegions")]
fn versions_and_regions_are_on_offer(#[case] name: &str, #[case] regions: &str) {
    let (status, config) = Google::new().call("GET", &format!("{LOCATION}/{name}"), "");
    assert_eq!(status, 200, "{config}");
    assert!(config["validVersions"][0]["enabled"] == json!(true) && config[regions].is_array());
}

/// Every method, asked with as little as possible, gives an answer in the API's own form.
#[test]
fn no_method_is_left_out() {
    let google = Google::new();
    let routes = include_str!("../../src/google/api/routes.txt");
    for line in routes.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(' ').collect();
        let (before, rest) = columns[2].split_once('{').unwrap();
        let (variable, after) = rest.split_once('}').unwrap();
        let pattern = variable.split_once('=').unwrap().1;
        let path = format!("{before}{pattern}{after}").replace('*', "x");
        let response = google.respond(&request(columns[1], &path, ""));
        let answer: Value = serde_json::from_slice(&response.body).expect(line);
        assert_ne!(response.status, 501, "{line}: {answer}");
    }
}
