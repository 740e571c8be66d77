//! A world with the Google side in front of it, without a socket; and tokens to exchange.

use {
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    http::{HeaderName, HeaderValue},
    serde_json::{Value, json},
    std::sync::OnceLock,
    token_emulator::{
        api::{Answer, Api, Fetched, Head, Request, Response},
        google,
        world::{
            World,
            callers::Callers,
            key_set::{KeySet, Keys},
            keys::{Numbers, SigningKey, VerifyingKey},
            settings::Settings,
        },
    },
};

/// Where everything is.
pub(crate) const PARENT: &str = "/v1/projects/p/locations/us-west1";

/// The cluster that most tests are about.
pub(crate) const CLUSTER: &str = "/v1/projects/p/locations/us-west1/attachedClusters/c1";

/// An issuer that is not the emulator.
pub(crate) const ISSUER: &str = "https://issuer.example.com/path";

/// A world and what is asked of it.
pub(crate) struct Google {
    pub(crate) world: World,
    pub(crate) fetched: Fetched,
}

impl Google {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let keys = Keys::new(KeySet::alone(rsa_key()));
        let world = World::new(settings, keys, Callers::default());
        world.clock.freeze();
        Self { world, fetched: Fetched::default() }
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
        google::Google.answer(&self.world, request, &self.fetched)
    }

    pub(crate) fn respond(&self, request: &Request) -> Response {
        match self.answer(request) {
            Answer::Response(response) => response,
            other => panic!("not answered: {other:?}"),
        }
    }

    /// Sends a request, and gives the status and the JSON that came back.
    pub(crate) fn call(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let response = self.respond(&request(method, target, body));
        let value = serde_json::from_slice(&response.body);
        (response.status.as_u16(), value.unwrap_or(Value::Null))
    }

    /// Registers the cluster with a key set, and lets its operation end.
    pub(crate) fn register(&self, keys: &[&VerifyingKey]) {
        let body = json!({
            "platformVersion": "1.35.0-gke.1",
            "distribution": "generic",
            "fleet": {"project": "projects/123"},
            "oidcConfig": {"issuerUrl": ISSUER, "jwks": base64_of(&jwks(keys))},
        });
        let target = format!("{PARENT}/attachedClusters?attachedClusterId=c1");
        let (status, operation) = self.call("POST", &target, &body.to_string());
        assert_eq!(status, 200, "{operation}");
        self.settle();
    }

    /// Lets all operations end.
    pub(crate) fn settle(&self) {
        self.world.clock.advance(jiff::SignedDuration::from_secs(1)).unwrap();
    }

    /// The claims of a token that is good now.
    pub(crate) fn claims(&self) -> Value {
        let now = self.world.clock.now().as_second();
        json!({"iss": ISSUER, "sub": "system:serviceaccount:ns:sa", "aud": ["a", "b"],
               "iat": now, "nbf": now, "exp": now + 3600})
    }

    /// Exchanges a token.
    pub(crate) fn exchange(&self, token: &str) -> (u16, Value) {
        let body = exchange_body(token).to_string();
        self.call("POST", &format!("{CLUSTER}:generateAttachedClusterAgentToken"), &body)
    }
}

/// The least that an exchange needs.
pub(crate) fn exchange_body(token: &str) -> Value {
    json!({"subjectToken": token, "version": "v1",
           "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt"})
}

/// A request as the server hands it on.
pub(crate) fn request(method: &str, target: &str, body: &str) -> Request {
    let headers = [("content-type", "application/json")];
    request_with(method, target, &headers, body.as_bytes())
}

pub(crate) fn request_with(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Request {
    let headers = headers.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    let mut head = Head::new(method.parse().unwrap(), target.parse().unwrap());
    head.headers = headers.collect();
    head.local_address = "127.0.0.1:8693".into();
    Request::new(head, body.to_vec())
}

/// A key that all tests share, since making one takes its time.
pub(crate) fn rsa_key() -> SigningKey {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| {
        let algorithm = &rcgen::PKCS_RSA_SHA256;
        rcgen::KeyPair::generate_rsa_for(algorithm, rcgen::RsaKeySize::_2048)
            .unwrap()
            .serialize_pem()
    });
    SigningKey::from_pem(pem.as_bytes()).unwrap()
}

/// A new key on P-256.
pub(crate) fn ec_key() -> SigningKey {
    let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    SigningKey::from_pem(pem.as_bytes()).unwrap()
}

/// A JWK Set.
pub(crate) fn jwks(keys: &[&VerifyingKey]) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let keys: Vec<Value> = keys
        .iter()
        .map(|key| {
            let mut jwk = match &key.numbers {
                Numbers::Rsa { n, e } => json!({"kty": "RSA", "n": encode(n), "e": encode(e)}),
                Numbers::Ec { curve, x, y } => {
                    json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
                }
            };
            jwk["kid"] = key.kid.clone().into();
            jwk["alg"] = key.algorithm.name().into();
            jwk["use"] = "sig".into();
            jwk
        })
        .collect();
    json!({"keys": keys}).to_string()
}

/// A signed token.
pub(crate) fn jwt(key: &SigningKey, claims: &Value) -> String {
    let header = json!({"alg": key.public().algorithm.name(), "kid": key.public().kid});
    jwt_with(key, &header, claims)
}

/// A token with a header of one's own.
pub(crate) fn jwt_with(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

pub(crate) fn base64_of(text: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(text)
}

/// Where the cluster's tokens are exchanged.
pub(crate) fn token_target() -> String {
    format!("{CLUSTER}:generateAttachedClusterAgentToken")
}

/// The sentence of an error.
pub(crate) fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_default()
}

/// The body as JSON.
pub(crate) fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}
