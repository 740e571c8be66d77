//! `POST …/tokenreviews`: whom a token stands for.
//!
//! Source: kubernetes `pkg/registry/authentication/tokenreview/storage.go`.

use {
    crate::{
        kubernetes::{
            admission, body,
            exchange::{Exchange, Outcome, Reply},
            identify::{self, Credential},
            managed_fields::{self, Manager},
            metadata, review_text,
            status::Failure,
        },
        tokens::{
            review::Error,
            witness::{Facts, Witness},
        },
        world::{World, authentications::Authenticated, callers::Caller},
    },
    serde_json::{Map, Value, json},
};

const KIND: &str = "TokenReview";
const API_VERSION: &str = "authentication.k8s.io/v1";

/// Reviews the token in the body.
pub fn create(exchange: &Exchange<'_>) -> Outcome {
    let output = body::accept(exchange)?;
    let (mut review, _) = body::read_created(exchange, API_VERSION, KIND)?;
    metadata::wipe(&mut review);
    metadata::match_namespace(&mut review, "")?;
    metadata::dedup_owners(exchange, &mut review);
    let managed = managed_fields::created(&review, &Manager::of(exchange, API_VERSION));
    let name = metadata::shown_name(&review);
    admission::deny_as(exchange, "tokenreviews", "authentication.k8s.io", name)?;
    let spec = metadata::object_at(&mut review, "spec");
    let token = spec.get("token").and_then(Value::as_str).unwrap_or("").to_owned();
    if token.is_empty() {
        return Err(Failure::bad_request("token is required for TokenReview in authentication"));
    }
    let (world, wanted) = (exchange.world, wanted(exchange, spec.get("audiences")));
    let authenticate = |token: &str| identify::authenticate(world, token, &wanted);
    let result = judge(world, &token, &wanted, authenticate);
    exchange.note("audiences", wanted.join(", "));
    exchange.note("authenticated", matches!(result, Some(Ok(_))).to_string());
    update(metadata::object_at(&mut review, "status"), result);
    metadata::set_managed_fields(&mut review, managed);
    Ok(Reply::Object { status: 201, object: review, output })
}

fn wanted(exchange: &Exchange<'_>, audiences: Option<&Value>) -> Vec<String> {
    let audiences = audiences.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if audiences.is_empty() {
        return exchange.world.settings.api_audiences.clone();
    }
    audiences.iter().map(|audience| audience.as_str().unwrap_or("").to_owned()).collect()
}

/// What a review would find of a token for these audiences, those of the API server if there are
/// none, while somebody watches: whom it stands for, or what it would say of it.
pub fn explain(
    world: &World,
    token: &str,
    audiences: &[String],
    witness: &mut impl Witness,
) -> Result<Authenticated, String> {
    let wanted = if audiences.is_empty() { &world.settings.api_audiences } else { audiences };
    witness.sees("bearer", || {
        Facts::new(format!("{} characters", token.len()), "at least one, and no space in front")
    });
    let authenticate = |token: &str| identify::watched(world, token, wanted, witness);
    // Where nobody is asked, nothing is said of it either.
    let result = judge(world, token, wanted, authenticate).ok_or_else(String::new)?;
    result.map_err(|error| review_text::describe(&error))
}

/// The verdict on a token; `None` when nobody was asked, because it does not count as one.
fn judge(
    world: &World,
    token: &str,
    wanted: &[String],
    authenticate: impl FnOnce(&str) -> Result<Authenticated, Error>,
) -> Option<Result<Authenticated, Error>> {
    // kube-apiserver puts the token into a header and authenticates that, spaces and all.
    match Credential::read(&format!("Bearer {token}")) {
        Credential::Bearer(token) => Some(authenticate(token)),
        Credential::None | Credential::ExtraSpace => {
            let anonymous =
                Authenticated { caller: Caller::anonymous().into(), audiences: wanted.to_vec() };
            world.settings.anonymous_auth.then_some(Ok(anonymous))
        }
    }
}

// What the client sent as its status is kept where the verdict does not speak of it.
fn update(status: &mut Map<String, Value>, result: Option<Result<Authenticated, Error>>) {
    status.remove("authenticated");
    match result {
        Some(Ok(authenticated)) => {
            status.insert("authenticated".to_owned(), true.into());
            status.insert("user".to_owned(), user(&authenticated.caller));
            status.insert("audiences".to_owned(), authenticated.audiences.into());
        }
        Some(Err(error)) => {
            status.insert("error".to_owned(), review_text::describe(&error).into());
        }
        None => {}
    }
}

/// A caller as `UserInfo`.
pub fn user(caller: &Caller) -> Value {
    let mut user = json!({ "username": caller.username, "groups": caller.groups });
    if !caller.uid.is_empty() {
        user["uid"] = caller.uid.as_str().into();
    }
    if !caller.extra.is_empty() {
        user["extra"] = json!(caller.extra);
    }
    user
}
