//! What a Google access token stands for. It comes in a body, so that no log has it.

use {
    crate::{
        control::{
            body,
            error::{self, Error},
        },
        world::World,
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed is {"access_token": "ya29.…"}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    access_token: String,
}

/// Whose the token is, what for, and until when; `known` is false for one that nobody minted.
pub(super) fn look_up(world: &World, body: &Bytes) -> Result<Value, Error> {
    // What serde says of a wrong body may hold the token.
    let question: Question = body::read(body)
        .map_err(|error| Error::BadRequest(format!("{}; {ALLOWED}", error::place(&error))))?;
    let Some(token) = world.access_tokens.get(&question.access_token) else {
        return Ok(json!({"known": false}));
    };
    let expires = token.grant.expires;
    Ok(json!({
        "known": true,
        "principal": token.grant.principal,
        "scopes": token.grant.scopes,
        "cluster": token.cluster,
        "expires": expires.map(|expires| expires.to_string()),
        "expired": expires.is_some_and(|expires| expires <= world.clock.now()),
    }))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{
            access_tokens::{AccessToken, Grant},
            callers::Callers,
            key_set::Keys,
            settings::Settings,
        },
    };

    #[test]
    fn a_token_is_told_by_whose_it_is() {
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        world.clock.freeze();
        let (now, expires) = (world.clock.now(), "2001-01-01T00:00:00Z".parse().unwrap());
        let grant = Grant {
            principal: "me@example.com".to_owned(),
            scopes: vec!["scope".to_owned()],
            expires: Some(expires),
        };
        let token = AccessToken { grant, cluster: Some("c".to_owned()) };
        let token = world.access_tokens.mint(&world.entropy, now, token);
        let ask = |token: &str| {
            look_up(&world, &json!({"access_token": token}).to_string().into()).unwrap()
        };
        let expected = json!({"known": true, "principal": "me@example.com", "scopes": ["scope"],
                              "cluster": "c", "expires": "2001-01-01T00:00:00Z", "expired": true});
        assert_eq!(ask(&token), expected);
        assert_eq!(ask("other"), json!({"known": false}));
    }

    #[test]
    fn a_wrong_question_is_not_repeated() {
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        for body in [r#"{"access_token": ["hush"], "hush": 1}"#, r#"["hush"]"#] {
            let body = Bytes::from_static(body.as_bytes());
            let Err(Error::BadRequest(error)) = look_up(&world, &body) else { panic!("answered") };
            assert!(error.ends_with(ALLOWED) && !error.contains("hush"), "{error}");
        }
    }
}
