//! `POST …/tokenreviews`: whom a token stands for.
//!
//! Source: kubernetes `pkg/registry/authentication/tokenreview/storage.go`.

use {
    crate::{
        kubernetes::{
            body,
            exchange::{Exchange, Outcome, Reply},
            identify::{self, Credential},
            managed_fields::{self, Manager},
            metadata, review_text,
            status::Failure,
        },
        tokens::review::Error,
        world::{authentications::Authenticated, callers::Caller},
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
    let spec = metadata::object_at(&mut review, "spec");
    let token = spec.get("token").and_then(Value::as_str).unwrap_or("").to_owned();
    if token.is_empty() {
        return Err(Failure::bad_request("token is required for TokenReview in authentication"));
    }
    let wanted = wanted(exchange, spec.get("audiences"));
    let result = judge(exchange, &token, &wanted);
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

/// The verdict on a token; `None` when nobody was asked, because it does not count as one.
fn judge(
    exchange: &Exchange<'_>,
    token: &str,
    wanted: &[String],
) -> Option<Result<Authenticated, Error>> {
    // kube-apiserver puts the token into a header and authenticates that, spaces and all.
    match Credential::read(&format!("Bearer {token}")) {
        Credential::Bearer(token) => Some(identify::authenticate(exchange.world, token, wanted)),
        Credential::None | Credential::ExtraSpace => {
            let anonymous =
                Authenticated { caller: Caller::anonymous(), audiences: wanted.to_vec() };
            exchange.world.settings.anonymous_auth.then_some(Ok(anonymous))
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
