//! Google's operations that go wrong: one that runs, or those that begin from now on.

use {
    crate::{
        control::{
            body::{self, Object},
            error::Error,
        },
        google,
        world::{
            World,
            operations::{
                operation::{Failure, Verb},
                rules::FailureRule,
            },
        },
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed are {"fail": {"code": "FAILED_PRECONDITION", "message": "…"}} for those that begin from now on, in it also "verb" (create, update, import or delete), "target" (what the target's name holds) and "times" (1 when it is left out), and beside it {"name": "projects/…/operations/…"} for one that runs"#;

/// The sentence of a failure that comes without one.
const MESSAGE: &str = "The operation was made to fail.";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// A running operation.
    name: Option<String>,
    fail: Object<Fail>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fail {
    code: Option<String>,
    message: Option<String>,
    verb: Option<String>,
    target: Option<String>,
    times: Option<u32>,
}

pub(super) fn show(world: &World) -> Value {
    let rules: Vec<_> = world
        .operations
        .rules
        .list()
        .into_iter()
        .map(|FailureRule { verb, target, times, failure }| {
            json!({"verb": verb.map(name_of), "target": target, "times": times,
                   "code": failure.code, "message": failure.message})
        })
        .collect();
    json!({"fail": rules})
}

pub(super) fn change(world: &World, body: &Bytes) -> Result<Value, Error> {
    let Change { name, fail: Object(fail) } = body::read(body).map_err(bad)?;
    let Fail { code, message, verb, target, times } = fail;
    let code = code.unwrap_or_else(|| "INTERNAL".to_owned());
    if !google::is_code(&code) {
        return Err(bad(format!("{code:?} is no canonical code")));
    }
    let failure = Failure { code, message: message.unwrap_or_else(|| MESSAGE.to_owned()) };
    let verb = verb.map(|verb| verb_of(&verb).ok_or_else(|| bad(format!("no verb is {verb:?}"))));
    let verb = verb.transpose()?;
    let Some(name) = name else {
        let (target, times) = (target.unwrap_or_default(), times.unwrap_or(1));
        if times > 0 {
            world.operations.rules.add(FailureRule { verb, target, times, failure });
        }
        return Ok(show(world));
    };
    if verb.is_some() || target.is_some() || times.is_some() {
        return Err(bad("an operation that is named has its verb and its target"));
    }
    world.settle_operations();
    if google::fail_operation(world, &name, failure) {
        Ok(show(world))
    } else {
        Err(bad(format!("no running operation is {name:?}")))
    }
}

pub(super) fn forget(world: &World) -> Value {
    world.operations.rules.clear();
    show(world)
}

fn name_of(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Import => "import",
        Verb::Delete => "delete",
    }
}

fn verb_of(name: &str) -> Option<Verb> {
    let verbs = [Verb::Create, Verb::Update, Verb::Import, Verb::Delete];
    verbs.into_iter().find(|verb| name_of(*verb) == name)
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
    fn a_rule_is_shown_until_it_is_forgotten() {
        let world = world();
        let body = r#"{"fail": {"code": "ABORTED", "verb": "delete", "target": "/c", "times": 2}}"#;
        let rule = json!({"verb": "delete", "target": "/c", "times": 2, "code": "ABORTED",
                          "message": MESSAGE});
        assert_eq!(tell(&world, body).unwrap(), json!({"fail": [rule]}));
        assert_eq!(forget(&world), json!({"fail": []}));
    }

    #[rstest]
    #[case("")]
    #[case("{}")]
    #[case(r#"{"fail": {"code": "BROKEN"}}"#)]
    #[case(r#"{"fail": {"code": 9}}"#)]
    #[case(r#"{"fail": {"verb": "get"}}"#)]
    #[case(r#"{"fail": {"why": "x"}}"#)]
    #[case(r#"{"fail": ["ABORTED", null, null, null, null]}"#)]
    #[case(r#"[null, {}]"#)]
    #[case(r#"{"name": "projects/p/locations/l/operations/o", "fail": {}}"#)]
    #[case(r#"{"name": "o", "fail": {"times": 2}}"#)]
    fn a_bad_rule_says_what_is_allowed(#[case] body: &str) {
        let Err(Error::BadRequest(error)) = tell(&world(), body) else { panic!("accepted {body}") };
        assert!(error.ends_with(ALLOWED), "{error}");
    }
}
