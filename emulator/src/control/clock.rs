//! The clock: read, set, moved, stopped. All that both APIs do with time follows it.

use {
    crate::{
        config::duration,
        control::{body, error::Error},
        world::World,
    },
    bytes::Bytes,
    jiff::Timestamp,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed are {"set": "2026-01-02T03:04:05Z"}, {"advance": "1h30m"}, {"freeze": true}, {"freeze": false} and {"reset": true}; the years are 1 to 9999; together they are done in the order reset, freeze, set, advance"#;

/// What is to be done with the clock.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    reset: Option<bool>,
    freeze: Option<bool>,
    set: Option<String>,
    advance: Option<String>,
}

pub(super) fn show(world: &World) -> Value {
    json!({"now": world.clock.now().to_string(), "frozen": world.clock.is_frozen()})
}

pub(super) fn change(world: &World, body: &Bytes) -> Result<Value, Error> {
    let mut change: Change = body::read(body).map_err(bad)?;
    // `false` orders as little as a member that is left out.
    change.reset = change.reset.filter(|reset| *reset);
    if change == Change::default() {
        return Err(bad("nothing to do"));
    }
    // Everything is read before anything is done, so that a bad request changes nothing.
    let set = change.set.map(|time| time.parse::<Timestamp>()).transpose().map_err(bad)?;
    let advance = change.advance.map(|by| duration::signed(&by)).transpose().map_err(bad)?;
    let changed = world.clock.change(|clock| {
        if change.reset.is_some() {
            clock.reset();
        }
        match change.freeze {
            Some(true) => clock.freeze(),
            Some(false) => clock.resume(),
            None => {}
        }
        set.map_or(Ok(()), |time| clock.set(time))?;
        advance.map_or(Ok(()), |by| clock.advance(by))
    });
    changed.map_err(bad)?;
    Ok(show(world))
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{error}; {ALLOWED}"))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{callers::Callers, key_set::Keys, settings::Settings},
        rstest::rstest,
    };

    fn world() -> World {
        World::new(Settings::default(), Keys::generate(), Callers::default())
    }

    fn tell(world: &World, body: &str) -> Result<Value, Error> {
        change(world, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn a_clock_is_frozen_set_and_moved_in_one_request() {
        let world = world();
        let body = r#"{"freeze":true,"set":"2030-01-02T03:04:05Z","advance":"1h30m"}"#;
        let expected = json!({"now": "2030-01-02T04:34:05Z", "frozen": true});
        assert_eq!(tell(&world, body).unwrap(), expected);
        assert_eq!(tell(&world, r#"{"advance":"-30m"}"#).unwrap()["now"], "2030-01-02T04:04:05Z");
        assert_eq!(tell(&world, r#"{"reset":true}"#).unwrap()["frozen"], false);
        assert!(world.clock.now() < "2030-01-01T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn an_offset_is_a_time_too() {
        let world = world();
        let body = r#"{"freeze":true,"set":"2030-01-01T02:00:00+02:00"}"#;
        assert_eq!(tell(&world, body).unwrap()["now"], "2030-01-01T00:00:00Z");
    }

    #[rstest]
    #[case("")]
    #[case("{}")]
    #[case("[]")]
    #[case("[true, null, null, null]")]
    #[case(r#"{"reset":false}"#)]
    #[case(r#"{"set":"tomorrow"}"#)]
    #[case(r#"{"advance":"1 hour"}"#)]
    #[case(r#"{"advance":3600}"#)]
    #[case(r#"{"freeze":"yes"}"#)]
    #[case(r#"{"rewind":true}"#)]
    #[case(r#"{"freeze":true,"advance":"soon"}"#)]
    #[case(r#"{"advance":"2540400h"}"#)]
    #[case(r#"{"freeze":true,"advance":"2540400h"}"#)]
    #[case(r#"{"freeze":true,"set":"0000-12-31T23:59:59Z"}"#)]
    #[case(r#"{"freeze":true,"set":"-000001-01-01T00:00:00Z"}"#)]
    #[case(r#"{"freeze":true,"set":"10000-01-01T00:00:00Z"}"#)]
    fn a_bad_change_says_what_is_allowed_and_changes_nothing(#[case] body: &str) {
        let world = world();
        world.clock.set("9990-01-01T00:00:00Z".parse().unwrap()).unwrap();
        let Err(Error::BadRequest(error)) = tell(&world, body) else { panic!("accepted {body}") };
        assert!(error.ends_with(ALLOWED), "{error}");
        assert!(!world.clock.is_frozen());
    }
}
