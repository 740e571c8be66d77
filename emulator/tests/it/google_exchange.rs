//! The exchange: which subject tokens are accepted, and what is said of the others.

use {
    crate::google_world::{
        CLUSTER, Google, ISSUER, PARENT, ec_key, exchange_body, jwks, jwt, jwt_with, request,
        rsa_key,
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    rstest::rstest,
    serde_json::{Value, json},
    std::time::Duration,
    token_emulator::{
        api::{Answer, Document, Unfetched},
        world::keys::SigningKey,
    },
};

/// The reason and the sentence of an exchange that has to fail on its token.
fn refused(google: &Google, token: &str) -> (String, String) {
    let (status, answer) = google.exchange(token);
    let error = &answer["error"];
    assert_eq!((status, error["status"].as_str()), (400, Some("INVALID_ARGUMENT")), "{answer}");
    assert!(!answer.to_string().contains(token), "the token is repeated");
    let violation = &error["details"][0]["fieldViolations"][0];
    assert_eq!(violation["field"], "subject_token", "{answer}");
    let text = |name: &str| violation[name].as_str().unwrap_or_default().to_owned();
    (text("reason"), text("description"))
}

#[rstest]
#[case(json!({"exp": 0}), "EXPIRED")]
#[case(json!({"exp": "soon"}), "CLAIM_INVALID")]
#[case(json!({"exp": null}), "CLAIM_INVALID")]
#[case(json!({"iat": null}), "CLAIM_INVALID")]
#[case(json!({"sub": null}), "CLAIM_INVALID")]
#[case(json!({"sub": ""}), "CLAIM_INVALID")]
#[case(json!({"aud": null}), "CLAIM_INVALID")]
#[case(json!({"iss": 7}), "CLAIM_INVALID")]
#[case(json!({"iss": "https://issuer.example.com/path/"}), "ISSUER_MISMATCH")]
#[case(json!({"nbf": "+60"}), "NOT_YET_VALID")]
#[case(json!({"iat": "+60"}), "ISSUED_IN_FUTURE")]
#[case(json!({"exp": "+172800"}), "LIFETIME_TOO_LONG")]
fn a_claim_that_is_wrong_has_its_reason(#[case] wrong: Value, #[case] reason: &str) {
    let google = Google::new();
    let key = rsa_key();
    google.register(&[key.public()]);
    let mut claims = google.claims();
    let now = google.world.clock.now().as_second();
    for (name, value) in wrong.as_object().unwrap() {
        let ahead = value.as_str().and_then(|text| text.strip_prefix('+'));
        claims[name] = match ahead.and_then(|ahead| ahead.parse::<i64>().ok()) {
            Some(ahead) => json!(now + ahead),
            None => value.clone(),
        };
    }
    assert_eq!(refused(&google, &jwt(&key, &claims)).0, format!("SUBJECT_TOKEN_{reason}"));
}

#[test]
fn a_token_lives_from_its_nbf_to_its_exp() {
    let google = Google::new();
    let key = rsa_key();
    google.register(&[key.public()]);
    let mut claims = google.claims();
    let now = claims["iat"].as_i64().unwrap();
    claims["exp"] = json!(now + 172_799);
    let token = jwt(&key, &claims);
    assert_eq!(google.exchange(&token).0, 200);
    google.world.clock.advance(jiff::SignedDuration::from_secs(172_798)).unwrap();
    assert_eq!(google.exchange(&token).0, 200);
    google.world.clock.advance(jiff::SignedDuration::from_secs(1)).unwrap();
    assert_eq!(refused(&google, &token).0, "SUBJECT_TOKEN_EXPIRED");
}

#[test]
fn a_signature_that_is_wrong_has_its_reason() {
    let google = Google::new();
    let (rsa, ec) = (rsa_key(), ec_key());
    google.register(&[rsa.public(), ec.public()]);
    let claims = google.claims();
    for key in [&rsa, &ec] {
        assert_eq!(google.exchange(&jwt(key, &claims)).0, 200);
    }
    let reason = |token: &str| refused(&google, token).0;
    let named = |alg: &str, kid: Value| jwt_with(&rsa, &json!({"alg": alg, "kid": kid}), &claims);
    let kid = || json!(rsa.public().kid);
    assert_eq!(reason(&jwt(&ec_key(), &claims)), "SUBJECT_TOKEN_KEY_UNKNOWN");
    assert_eq!(reason(&named("RS256", Value::Null)), "SUBJECT_TOKEN_KEY_UNKNOWN");
    for algorithm in ["none", "None", "HS256", "HS512", "A128KW"] {
        assert_eq!(reason(&named(algorithm, kid())), "SUBJECT_TOKEN_ALGORITHM_UNSUPPORTED");
    }
    assert_eq!(reason(&named("RS384", kid())), "SUBJECT_TOKEN_ALGORITHM_MISMATCH");
    assert_eq!(reason(&named("ES256", kid())), "SUBJECT_TOKEN_ALGORITHM_MISMATCH");
    let other = json!(ec.public().kid);
    assert_eq!(reason(&named("ES256", other)), "SUBJECT_TOKEN_SIGNATURE_INVALID");
    let critical = json!({"alg": "RS256", "kid": rsa.public().kid, "crit": ["b64"]});
    let critical = jwt_with(&rsa, &critical, &claims);
    assert_eq!(reason(&critical), "SUBJECT_TOKEN_CRITICAL_HEADER");
    let token = jwt(&rsa, &claims);
    for broken in ["x", "a.b", "a.b.c", "..", &token[1..], &format!("{token}.x")] {
        assert_eq!(reason(broken), "SUBJECT_TOKEN_MALFORMED", "{broken}");
    }
    let unsigned = token.rsplit_once('.').unwrap().0.to_owned() + ".";
    assert_eq!(reason(&unsigned), "SUBJECT_TOKEN_SIGNATURE_INVALID");
}

#[test]
fn a_shared_secret_made_of_the_public_key_signs_nothing() {
    let google = Google::new();
    let key = rsa_key();
    google.register(&[key.public()]);
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let header = json!({"alg": "HS256", "kid": key.public().kid}).to_string();
    let message = format!("{}.{}", encode(header), encode(google.claims().to_string()));
    let secret = jwks(&[key.public()]);
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&secret, message.as_bytes());
    let token = format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(refused(&google, &token).0, "SUBJECT_TOKEN_ALGORITHM_UNSUPPORTED");
}

#[test]
fn every_kind_of_key_that_kubernetes_has_is_understood() {
    let google = Google::new();
    let keys = ["P256", "P384", "P521"].map(ec_key_on);
    let public: Vec<_> = keys.iter().map(SigningKey::public).collect();
    google.register(&public);
    for key in &keys {
        let (status, answer) = google.exchange(&jwt(key, &google.claims()));
        assert_eq!(status, 200, "{} {answer}", key.public().algorithm.name());
    }
}

fn ec_key_on(curve: &str) -> SigningKey {
    let algorithm = match curve {
        "P384" => &rcgen::PKCS_ECDSA_P384_SHA384,
        "P521" => &rcgen::PKCS_ECDSA_P521_SHA512,
        _ => &rcgen::PKCS_ECDSA_P256_SHA256,
    };
    let pem = rcgen::KeyPair::generate_for(algorithm).unwrap().serialize_pem();
    SigningKey::from_pem(pem.as_bytes()).unwrap()
}

#[rstest]
#[case("subjectToken", json!(null), "subject_token")]
#[case("subjectTokenType", json!(""), "subject_token_type")]
#[case("version", json!(null), "version")]
#[case("subjectTokenType", json!("urn:ietf:params:oauth:token-type:saml2"), "subject_token_type")]
#[case("grantType", json!("client_credentials"), "grant_type")]
#[case("requestedTokenType", json!("urn:x"), "requested_token_type")]
#[case("scope", json!("a,b"), "scope")]
#[case("options", json!("[]"), "options")]
fn a_field_that_is_wrong_is_named(#[case] name: &str, #[case] value: Value, #[case] field: &str) {
    let google = Google::new();
    google.register(&[]);
    let mut body = exchange_body("a.b.c");
    body[name] = value;
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    let (status, answer) = google.call("POST", &target, &body.to_string());
    assert_eq!((status, answer["error"]["status"].as_str()), (400, Some("INVALID_ARGUMENT")));
    let violation = &answer["error"]["details"][0]["fieldViolations"][0];
    assert_eq!(violation["field"], field);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!(", field: {field}")), "{message}");
}

#[test]
fn an_audience_that_is_named_has_to_be_the_tokens() {
    let google = Google::new();
    let key = rsa_key();
    google.register(&[key.public()]);
    let mut body = exchange_body(&jwt(&key, &google.claims()));
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    body["audience"] = json!("b");
    assert_eq!(google.call("POST", &target, &body.to_string()).0, 200);
    body["audience"] = json!("c");
    let (status, answer) = google.call("POST", &target, &body.to_string());
    let expected = "The audience in ID Token [a, b] does not match the expected audience c., \
                    field: subject_token";
    assert_eq!((status, answer["error"]["message"].as_str()), (400, Some(expected)));
}

/// Registers a cluster that has an issuer and no keys.
fn register_without_keys(google: &Google, issuer: &str) {
    let body = json!({
        "platformVersion": "1.35.0-gke.1",
        "distribution": "generic",
        "fleet": {"project": "projects/123"},
        "oidcConfig": {"issuerUrl": issuer},
    });
    let target = format!("{PARENT}/attachedClusters?attachedClusterId=c1");
    assert_eq!(google.call("POST", &target, &body.to_string()).0, 200);
}

#[test]
fn the_emulators_own_issuer_needs_no_keys() {
    let google = Google::new();
    let issuer = google.world.settings.issuers[0].clone();
    register_without_keys(&google, &issuer);
    let mut claims = google.claims();
    claims["iss"] = json!(issuer);
    let keys = google.world.keys.get();
    assert_eq!(google.exchange(&jwt(&keys.signing, &claims)).0, 200);
    assert_eq!(refused(&google, &jwt(&ec_key(), &claims)).0, "SUBJECT_TOKEN_KEY_UNKNOWN");
}

#[test]
fn the_keys_of_a_foreign_issuer_are_fetched() {
    let mut google = Google::new();
    register_without_keys(&google, ISSUER);
    let key = rsa_key();
    let body = exchange_body(&jwt(&key, &google.claims())).to_string();
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    let discovery = format!("{ISSUER}/.well-known/openid-configuration");
    let document = json!({"issuer": ISSUER, "jwks_uri": "https://keys.example.com/"}).to_string();
    for (url, document) in
        [(discovery, document), ("https://keys.example.com/".to_owned(), jwks(&[key.public()]))]
    {
        let Answer::Fetch(fetch) = google.answer(&request("POST", &target, &body)) else {
            panic!("{url} was not asked for")
        };
        assert_eq!(fetch.url, url);
        google.fetched.0.push((url, document_of(&document, 0)));
    }
    assert_eq!(google.call("POST", &target, &body).0, 200);
    google.fetched.0.clear();
    let Answer::Fetch(_) = google.answer(&request("POST", &target, &body)) else {
        panic!("what must not be kept was kept")
    };
}

fn document_of(text: &str, keep: u64) -> Result<Document, Unfetched> {
    Ok(Document { body: text.to_owned().into(), keep: Duration::from_secs(keep) })
}

#[test]
fn keys_are_kept_until_their_time_is_over_or_a_token_names_another() {
    let mut google = Google::new();
    register_without_keys(&google, ISSUER);
    let (old, new) = (rsa_key(), ec_key());
    let target = format!("{CLUSTER}:generateAttachedClusterAgentToken");
    let ask = |google: &Google, key: &SigningKey| {
        let body = exchange_body(&jwt(key, &google.claims())).to_string();
        google.answer(&request("POST", &target, &body))
    };
    let publish = |google: &mut Google, key: &SigningKey| {
        let discovery = json!({"issuer": ISSUER, "jwks_uri": "https://keys.example.com/"});
        let url = format!("{ISSUER}/.well-known/openid-configuration");
        google.fetched.0 = vec![
            (url, document_of(&discovery.to_string(), 60)),
            ("https://keys.example.com/".to_owned(), document_of(&jwks(&[key.public()]), 60)),
        ];
    };
    let status = |answer: Answer| match answer {
        Answer::Response(response) => Some(response.status.as_u16()),
        _ => None,
    };
    publish(&mut google, &old);
    assert_eq!(status(ask(&google, &old)), Some(200));
    google.fetched.0.clear();
    google.world.clock.advance(jiff::SignedDuration::from_secs(59)).unwrap();
    assert_eq!(status(ask(&google, &old)), Some(200));
    // A key that is not known is looked for once, and once only.
    assert_eq!(status(ask(&google, &new)), None);
    publish(&mut google, &old);
    assert_eq!(status(ask(&google, &new)), Some(400));
    publish(&mut google, &new);
    assert_eq!(status(ask(&google, &new)), Some(200));
    google.fetched.0.clear();
    google.world.clock.advance(jiff::SignedDuration::from_secs(60)).unwrap();
    assert_eq!(status(ask(&google, &new)), None);
}

#[rstest]
#[case(Err(Unfetched::Url("x".into())), "ISSUER_URL_INVALID")]
#[case(Err(Unfetched::Unreachable("refused".into())), "ISSUER_UNREACHABLE")]
#[case(Err(Unfetched::Status(404)), "ISSUER_STATUS_UNEXPECTED")]
#[case(Err(Unfetched::TooLarge), "ISSUER_DOCUMENT_TOO_LARGE")]
#[case(Err(Unfetched::TooManyRedirects), "ISSUER_REDIRECTS_TOO_OFTEN")]
#[case(Err(Unfetched::TooSlow), "ISSUER_TIMEOUT")]
#[case(document_of("{}", 0), "ISSUER_DISCOVERY_INVALID")]
#[case(document_of(&json!({"issuer": "https://other", "jwks_uri": "https://x"}).to_string(), 0), "ISSUER_MISMATCH")]
#[case(document_of(&json!({"issuer": ISSUER, "jwks_uri": "https://keys"}).to_string(), 0), "ISSUER_JWKS_INVALID")]
fn an_issuer_that_gives_no_keys_is_no_fault_of_the_token(
    #[case] discovery: Result<Document, Unfetched>,
    #[case] reason: &str,
) {
    let mut google = Google::new();
    register_without_keys(&google, ISSUER);
    let url = format!("{ISSUER}/.well-known/openid-configuration");
    google.fetched.0.push((url, discovery));
    google.fetched.0.push(("https://keys".to_owned(), document_of("{}", 0)));
    let (status, answer) = google.exchange(&jwt(&rsa_key(), &google.claims()));
    let expected = "Error connecting to the given credential's issuer. ";
    assert_eq!((status, &answer["error"]["status"]), (400, &json!("FAILED_PRECONDITION")));
    assert!(answer["error"]["message"].as_str().unwrap().starts_with(expected), "{answer}");
    assert_eq!(answer["error"]["details"][0]["reason"], reason);
}

#[test]
fn keys_that_come_too_late_are_a_deadline_that_has_passed() {
    let mut google = Google::new();
    register_without_keys(&google, ISSUER);
    let url = format!("{ISSUER}/.well-known/openid-configuration");
    google.fetched.0.push((url, Err(Unfetched::TooLate)));
    let (status, answer) = google.exchange(&jwt(&rsa_key(), &google.claims()));
    assert_eq!((status, &answer["error"]["status"]), (504, &json!("DEADLINE_EXCEEDED")));
}

#[test]
fn a_missing_cluster_is_not_found() {
    let google = Google::new();
    let (status, answer) = google.exchange("a.b.c");
    assert_eq!((status, answer["error"]["status"].as_str()), (404, Some("NOT_FOUND")));
}
