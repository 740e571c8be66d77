//! Any token that a test may want, good or bad: of whom, for whom, from when, by which key, and what
//! is wrong with it. Only the controls make such tokens.

use {
    crate::{
        tokens::claims::{self, Claims, Kubernetes, Reference},
        tokens::legacy,
        world::{World, keys::SigningKey, objects::Kind},
    },
    aws_lc_rs::hmac,
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jiff::SignedDuration,
    serde_json::{Map, Value, json},
    std::sync::Arc,
};

/// The token that is wanted. The default is a good one: of the service account `default` in the
/// namespace `default`, for the API server, for an hour from now on.
#[derive(Debug)]
pub struct Mint {
    /// The namespace of the service account, the pod and the secret.
    pub namespace: String,
    /// The service account; it need not be there, and has a made-up identity then.
    pub service_account: String,
    /// The pod that the token is bound to; it need not be there either.
    pub pod: Option<String>,
    /// The secret that the token is bound to, or, of a legacy token, that it lives in.
    pub secret: Option<String>,
    /// The node that the token is bound to.
    pub node: Option<String>,
    /// Who it is for; `None` for the API server.
    pub audiences: Option<Vec<String>>,
    /// Who issued it; `None` for the server itself.
    pub issuer: Option<String>,
    /// When it was issued, from now.
    pub issued: SignedDuration,
    /// How long it lives from then on; less than nothing is allowed.
    pub lifetime: SignedDuration,
    /// Whether it has the form of those that live in Secrets: without an end, without an audience.
    pub legacy: bool,
    /// What is to be otherwise in the claims, as a JSON merge patch: null takes a claim away.
    pub claims: Value,
    /// What stands in place of all claims: JSON, or a text that need not be any.
    pub payload: Option<Value>,
    /// What is to be otherwise in the header, as a JSON merge patch.
    pub header: Value,
    /// The key that signs.
    pub key: Key,
    /// The algorithm that signs, where it is not the key's; `none` for an unsigned token.
    pub algorithm: Option<String>,
    /// What becomes of the signature.
    pub signature: Signature,
}

/// The key that signs a token that is minted.
#[derive(Debug)]
pub enum Key {
    /// The one that signs all tokens.
    Signing,
    /// The one of that `kid`, retired or not.
    Kid(String),
    /// One that neither verifies nor is published.
    Unpublished,
    /// This one.
    Own(Box<SigningKey>),
}

/// What becomes of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// It stays.
    Whole,
    /// One bit of it is another.
    Broken,
    /// Its second half is missing.
    Truncated,
    /// It is missing.
    Empty,
}

/// A token that was minted.
pub struct Minted {
    /// The token.
    pub token: String,
    /// Its header.
    pub header: Value,
    /// Its claims, or what stands in their place.
    pub payload: Value,
}

/// Why no token is minted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MintError {
    /// Nobody has a private key of that `kid`.
    UnknownKey(String),
    /// The key cannot sign with that algorithm.
    Algorithm(String),
}

impl Default for Mint {
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            service_account: "default".to_owned(),
            pod: None,
            secret: None,
            node: None,
            audiences: None,
            issuer: None,
            issued: SignedDuration::ZERO,
            lifetime: SignedDuration::from_hours(1),
            legacy: false,
            claims: json!({}),
            payload: None,
            header: json!({}),
            key: Key::Signing,
            algorithm: None,
            signature: Signature::Whole,
        }
    }
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Minted").field("header", &self.header).finish_non_exhaustive()
    }
}

impl std::fmt::Display for MintError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKey(kid) => write!(formatter, "no private key here has kid {kid:?}"),
            Self::Algorithm(name) => write!(formatter, "the key cannot sign with {name:?}"),
        }
    }
}

impl std::error::Error for MintError {}

/// Mints a token.
pub fn mint(world: &World, order: &Mint) -> Result<Minted, MintError> {
    let keys = world.keys.get();
    let found: Arc<SigningKey>;
    let key = match &order.key {
        Key::Signing => &keys.signing,
        Key::Unpublished => world.keys.stray(),
        Key::Own(key) => key,
        Key::Kid(kid) => {
            found = keys.private(kid).ok_or_else(|| MintError::UnknownKey(kid.clone()))?;
            &found
        }
    };
    let public = key.public();
    let algorithm = order.algorithm.as_deref().unwrap_or(public.algorithm.name());
    let mut header = json!({"alg": algorithm, "kid": public.kid});
    merge(&mut header, &order.header);
    let payload = order.payload.clone().unwrap_or_else(|| claims(world, order));
    let text = match &payload {
        Value::String(text) => text.clone().into_bytes(),
        json => claims::escape_html(json.to_string().into_bytes()),
    };
    let message = format!("{}.{}", base64(header.to_string().as_bytes()), base64(&text));
    let signature = sign(key, algorithm, message.as_bytes());
    let signature = signature.ok_or_else(|| MintError::Algorithm(algorithm.to_owned()))?;
    let signature = base64(&order.signature.of(signature));
    Ok(Minted { token: format!("{message}.{signature}"), header, payload })
}

fn claims(world: &World, order: &Mint) -> Value {
    let mut claims = if order.legacy { legacy_claims(world, order) } else { issued(world, order) };
    if order.legacy {
        let claims = claims.as_object_mut().into_iter();
        claims.for_each(|claims| add_what_was_asked_for(claims, order));
    }
    merge(&mut claims, &order.claims);
    claims
}

/// What a token of a Secret has only when somebody wants it to.
fn add_what_was_asked_for(claims: &mut Map<String, Value>, order: &Mint) {
    if let Some(issuer) = &order.issuer {
        claims.insert("iss".to_owned(), issuer.as_str().into());
    }
    if let Some(audiences) = &order.audiences {
        claims.insert("aud".to_owned(), json!(audiences));
    }
}

fn legacy_claims(world: &World, order: &Mint) -> Value {
    let uid = uid(world, Kind::ServiceAccount, &order.namespace, &order.service_account);
    let secret = order.secret.as_deref().unwrap_or("token");
    legacy::claims(&order.namespace, secret, &order.service_account, &uid)
}

/// The claims that TokenRequest would give, had it been asked then.
fn issued(world: &World, order: &Mint) -> Value {
    let namespace = order.namespace.as_str();
    let named = |kind: Kind, namespace: &str, name: &Option<String>| {
        let name = name.clone()?;
        let uid = uid(world, kind, namespace, &name);
        Some((name, uid))
    };
    let pod = named(Kind::Pod, namespace, &order.pod);
    let secret = named(Kind::Secret, namespace, &order.secret);
    let node = named(Kind::Node, "", &order.node.clone().or_else(|| node_of(world, order)));
    let account = uid(world, Kind::ServiceAccount, namespace, &order.service_account);
    let iat = world.clock.now().as_second().saturating_add(order.issued.as_secs());
    let claims = Claims {
        aud: order.audiences.as_deref().unwrap_or(&world.settings.api_audiences),
        exp: iat.saturating_add(order.lifetime.as_secs()),
        iat,
        iss: order.issuer.as_deref().unwrap_or(&world.settings.issuers[0]),
        jti: &world.entropy.uuid(),
        kubernetes: Kubernetes {
            namespace,
            node: node.as_ref().map(reference),
            pod: pod.as_ref().map(reference),
            secret: secret.as_ref().map(reference),
            serviceaccount: Reference { name: &order.service_account, uid: &account },
            warnafter: None,
        },
        nbf: iat,
        sub: &format!("system:serviceaccount:{namespace}:{}", order.service_account),
    };
    serde_json::to_value(claims).expect("claims are text and numbers")
}

/// The node that the pod runs on, as far as there is such a pod.
fn node_of(world: &World, order: &Mint) -> Option<String> {
    let pod = world.objects.get(Kind::Pod, &order.namespace, order.pod.as_deref()?)?;
    Some(pod.node_name.clone()).filter(|name| !name.is_empty())
}

fn reference((name, uid): &(String, String)) -> Reference<'_> {
    Reference { name, uid }
}

/// The identity of an object, or a made-up one for an object that does not exist.
fn uid(world: &World, kind: Kind, namespace: &str, name: &str) -> String {
    let object = world.objects.get(kind, namespace, name);
    object.map_or_else(|| world.entropy.uuid(), |object| object.uid.clone())
}

/// A signature; nothing at all for `none`. The secret algorithms take the public key for a secret,
/// as somebody does who hopes that the server mistakes it for one.
fn sign(key: &SigningKey, algorithm: &str, message: &[u8]) -> Option<Vec<u8>> {
    let secret = match algorithm {
        "none" => return Some(Vec::new()),
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        other => return key.sign_as(other, message),
    };
    let secret = hmac::Key::new(secret, key.public().pem().as_bytes());
    Some(hmac::sign(&secret, message).as_ref().to_vec())
}

impl Signature {
    fn of(self, mut signature: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Whole => {}
            Self::Broken => signature.iter_mut().take(1).for_each(|byte| *byte ^= 1),
            Self::Truncated => signature.truncate(signature.len() / 2),
            Self::Empty => signature.clear(),
        }
        signature
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.as_str()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{
            tokens::review::{self, Error},
            world::{
                callers::Callers,
                key_set::{KeySet, Keys},
                keys::Algorithm,
                settings::Settings,
            },
        },
        rstest::rstest,
    };

    fn world() -> World {
        let keys = Keys::new(KeySet::alone(SigningKey::generate(Algorithm::Es256)));
        let world = World::new(Settings::default(), keys, Callers::default());
        world.clock.freeze();
        world
    }

    #[rstest]
    #[case(Mint::default(), Error::ServiceAccountNotFound("default".to_owned()))]
    #[case(Mint { signature: Signature::Broken, ..Mint::default() }, Error::BadSignature)]
    #[case(Mint { signature: Signature::Truncated, ..Mint::default() }, Error::BadSignature)]
    #[case(Mint { signature: Signature::Empty, ..Mint::default() }, Error::BadSignature)]
    #[case(Mint { algorithm: Some("none".to_owned()), ..Mint::default() }, Error::BadSignature)]
    #[case(Mint { algorithm: Some("HS256".to_owned()), ..Mint::default() }, Error::BadSignature)]
    #[case(Mint { key: Key::Unpublished, ..Mint::default() }, Error::NoKeyFound)]
    #[case(Mint { header: json!({"kid": "x"}), ..Mint::default() }, Error::NoKeyFound)]
    #[case(Mint { issuer: Some("x".to_owned()), ..Mint::default() }, Error::NotOurs)]
    #[case(Mint { payload: Some(json!("no JSON")), ..Mint::default() }, Error::NotOurs)]
    #[case(
        Mint { issued: SignedDuration::from_hours(-2), ..Mint::default() },
        Error::Expired
    )]
    #[case(
        Mint { lifetime: SignedDuration::from_hours(-1), ..Mint::default() },
        Error::Expired
    )]
    #[case(
        Mint { issued: SignedDuration::from_hours(2), ..Mint::default() },
        Error::NotValidYet
    )]
    #[case(
        Mint {
            issued: SignedDuration::from_hours(2),
            claims: json!({"nbf": null}),
            ..Mint::default()
        },
        Error::IssuedInTheFuture
    )]
    fn what_is_wrong_with_a_token_is_what_a_review_finds(
        #[case] order: Mint,
        #[case] expected: Error,
    ) {
        let world = world();
        let minted = mint(&world, &order).unwrap();
        assert_eq!(review::review(&world, &minted.token, &[]).unwrap_err(), expected);
    }

    #[test]
    fn a_key_signs_only_with_what_it_can() {
        let world = world();
        let order = Mint { algorithm: Some("RS384".to_owned()), ..Mint::default() };
        assert_eq!(mint(&world, &order).unwrap_err(), MintError::Algorithm("RS384".to_owned()));
        let order = Mint { key: Key::Kid("x".to_owned()), ..Mint::default() };
        assert_eq!(mint(&world, &order).unwrap_err(), MintError::UnknownKey("x".to_owned()));
    }

    #[test]
    fn a_patch_changes_adds_and_takes_away() {
        let mut claims = json!({"a": {"b": 1, "c": 2}, "d": 3});
        merge(&mut claims, &json!({"a": {"b": null, "e": {"f": null, "g": 4}}, "d": [5]}));
        assert_eq!(claims, json!({"a": {"c": 2, "e": {"g": 4}}, "d": [5]}));
    }
}
