//! The keys of service account tokens: shown, rotated, retired, hidden. What relying parties that
//! keep a JWKS are burnt by can be brought about here.

use {
    crate::{
        config::duration,
        control::{
            body::{self, Object},
            error::{self, Error},
        },
        kubernetes::openid,
        world::{
            World,
            keys::{Algorithm, SigningKey, VerifyingKey},
        },
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed is one of {"rotate": {}} (a new key signs, the old ones still verify), {"add": {}} (a new key verifies and does not sign yet) and {"replace": {}} (a new key in the place and under the kid of the one that signs), in each "algorithm" (RS256, ES256, ES384 or ES512; RS256 when it is left out), "private_key" (PEM, in place of a new one), and, but for replace, "kid" and "published" (true when it is left out); {"sign_with": "KID"}, {"retire": "KID"}, {"hide": "KID"}, {"publish": "KID"}, {"max_age": "1h"} and {"reset": true}"#;

/// The longest `kid`, in bytes. Source: kubernetes `pkg/serviceaccount/externaljwt/plugin`.
const LONGEST_KID: usize = 1024;

/// What is to be done with the keys.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Change {
    Rotate(Object<NewKey>),
    Add(Object<NewKey>),
    Replace(Object<NewKey>),
    SignWith(String),
    Retire(String),
    Hide(String),
    Publish(String),
    MaxAge(String),
    Reset(bool),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    algorithm: Option<String>,
    private_key: Option<String>,
    kid: Option<String>,
    published: Option<bool>,
}

pub(super) fn show(world: &World) -> Value {
    let keys = world.keys.get();
    let signing = keys.signing.public();
    let key = |key: &VerifyingKey, verifies: bool| {
        json!({
            "kid": key.kid,
            "algorithm": key.algorithm.name(),
            "signs": key.kid == signing.kid && key.spki == signing.spki,
            "verifies": verifies,
            "published": verifies && key.published,
            "jwk": serde_json::from_str::<Value>(&openid::jwk(key)).unwrap_or_default(),
            "pem": key.pem(),
        })
    };
    let verifying = keys.verifying.iter().map(|it| key(it, true));
    let retired = keys.retired.iter().map(|it| key(it, false));
    let listed = keys.verifying.iter().chain(&keys.retired).any(|it| it.spki == signing.spki);
    let unlisted = (!listed).then(|| key(signing, false));
    json!({
        "keys": verifying.chain(retired).chain(unlisted).collect::<Vec<_>>(),
        "max_age": keys.max_age,
        "changed": world.keys.is_changed(),
    })
}

pub(super) fn change(world: &World, body: &Bytes) -> Result<Value, Error> {
    // What serde says of a wrong body may hold a private key.
    let change: Change = body::read(body).map_err(|error| bad(error::place(&error)))?;
    let keys = &world.keys;
    let done = match change {
        Change::Rotate(Object(new)) => keys.rotate(new.key()?),
        Change::Add(Object(new)) => keys.add(new.key()?),
        Change::Replace(Object(NewKey { kid: None, published: None, algorithm, private_key })) => {
            keys.replace(new_key(algorithm.as_deref(), private_key.as_deref())?)
        }
        Change::Replace(_) => return Err(bad("a key that is replaced keeps its kid, in public")),
        Change::SignWith(kid) => keys.sign_with(&kid),
        Change::Retire(kid) => keys.retire(&kid),
        Change::Hide(kid) => keys.publish(&kid, false),
        Change::Publish(kid) => keys.publish(&kid, true),
        Change::MaxAge(age) => {
            let seconds = duration::unsigned(&age).map_err(bad)?.as_secs();
            keys.set_max_age(seconds.try_into().map_err(bad)?);
            Ok(())
        }
        Change::Reset(true) => {
            keys.reset();
            Ok(())
        }
        Change::Reset(false) => return Err(bad("nothing to do")),
    };
    done.map_err(bad)?;
    Ok(show(world))
}

pub(super) fn reset(world: &World) -> Value {
    world.keys.reset();
    show(world)
}

impl NewKey {
    fn key(self) -> Result<SigningKey, Error> {
        let key = new_key(self.algorithm.as_deref(), self.private_key.as_deref())?;
        let key = key.published(self.published.unwrap_or(true));
        match self.kid {
            None => Ok(key),
            Some(kid) if (1..=LONGEST_KID).contains(&kid.len()) => Ok(key.under(kid)),
            Some(_) => Err(bad(format!("a kid has 1 to {LONGEST_KID} bytes"))),
        }
    }
}

fn new_key(algorithm: Option<&str>, private_key: Option<&str>) -> Result<SigningKey, Error> {
    let algorithm = match algorithm {
        None => None,
        Some(name) => Some(
            Algorithm::named(name)
                .ok_or_else(|| bad(format!("no kube-apiserver signs with {name:?}")))?,
        ),
    };
    let Some(pem) = private_key else {
        return Ok(SigningKey::generate(algorithm.unwrap_or(Algorithm::Rs256)));
    };
    let key = SigningKey::from_pem(pem.as_bytes()).map_err(|error| bad(error.0))?;
    match algorithm {
        Some(other) if other != key.public().algorithm => {
            Err(bad(format!("that private key signs with {}", key.public().algorithm.name())))
        }
        _ => Ok(key),
    }
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{error}; {ALLOWED}"))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{
            callers::Callers,
            key_set::{KeySet, Keys},
            settings::Settings,
        },
        rstest::rstest,
    };

    fn world() -> World {
        let keys = Keys::new(KeySet::alone(SigningKey::generate(Algorithm::Es256)));
        World::new(Settings::default(), keys, Callers::default())
    }

    fn tell(world: &World, body: &str) -> Result<Value, Error> {
        change(world, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn a_key_is_shown_by_its_public_half_and_what_it_does() {
        let world = world();
        let order = r#"{"rotate": {"algorithm": "ES384", "kid": "new", "published": false}}"#;
        let shown = tell(&world, order).unwrap();
        let does = |place: usize| {
            let key = &shown["keys"][place];
            ["signs", "verifies", "published"].map(|what| key[what].as_bool().unwrap())
        };
        assert_eq!((does(0), does(1)), ([false, true, true], [true, true, false]));
        let key = &shown["keys"][1];
        assert_eq!((&key["kid"], &key["jwk"]["crv"]), (&json!("new"), &json!("P-384")));
        assert!(key["pem"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
        assert!(!shown.to_string().contains("PRIVATE") && key["jwk"].get("d").is_none());
        let shown = tell(&world, r#"{"retire": "new"}"#).unwrap();
        assert_eq!(
            (&shown["keys"][1]["signs"], &shown["keys"][1]["verifies"]),
            (&json!(true), &json!(false))
        );
        let shown = reset(&world);
        assert_eq!(
            (shown["keys"].as_array().unwrap().len(), &shown["changed"]),
            (1, &json!(false))
        );
    }

    #[rstest]
    #[case("")]
    #[case("{}")]
    #[case(r#"{"rotate": {}, "reset": true}"#)]
    #[case(r#"{"rotate": {"algorithm": "RS384"}}"#)]
    #[case(r#"{"rotate": {"kid": ""}}"#)]
    #[case(r#"{"rotate": {"hush": 1}}"#)]
    #[case(r#"{"rotate": [null, null, null, null]}"#)]
    #[case(r#"{"add": ["ES256", null, "hush", true]}"#)]
    #[case(r#"{"rotate": {"private_key": "hush"}}"#)]
    #[case(r#"{"replace": {"kid": "k"}}"#)]
    #[case(r#"{"retire": "nobody"}"#)]
    #[case(r#"{"sign_with": "nobody"}"#)]
    #[case(r#"{"max_age": "-1s"}"#)]
    #[case(r#"{"reset": false}"#)]
    fn a_bad_change_says_what_is_allowed(#[case] body: &str) {
        let Err(Error::BadRequest(error)) = tell(&world(), body) else { panic!("accepted {body}") };
        assert!(error.ends_with(ALLOWED) && !error.contains("hush"), "{error}");
    }
}
