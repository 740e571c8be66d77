//! Changing an object by a patch: JSON patch, JSON merge patch, strategic merge patch, apply.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

mod apply;
mod duplicates;
mod internal;
mod json_patch;
mod merge;
mod strategic;
mod text;
mod unstructured;

use {
    crate::{
        codec::{
            FieldValidation, Target, json,
            negotiate::WriteOptions,
            schema::{Schema, Struct},
        },
        kubernetes::{
            body,
            exchange::{Exchange, Outcome},
            kinds::{self, Resource},
            metadata,
            objects::{
                self,
                update::{check_place, match_name},
                write::{Place, manage, write},
            },
            status::{Failure, FieldError},
        },
    },
    http::header::CONTENT_TYPE,
    serde_json::Value,
    std::fmt::Write as _,
};

/// The text for a patch of a type that nobody reads.
const UNSUPPORTED: &str = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";

/// The forms of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Apply,
    Json,
    Merge,
    Strategic,
}

/// Why a patch cannot be applied.
#[derive(Debug, PartialEq, Eq)]
enum PatchError {
    /// It makes no sense by itself.
    Bad(String),
    /// It does not fit the object. What exactly is wrong is told to nobody.
    Unfit,
    /// There is more of it than is allowed.
    TooLong(String),
    /// The server's own words, which are no answer it planned for.
    Unplanned(String),
}

/// Changes an object, or its status.
pub fn patch(exchange: &Exchange<'_>, place: &Place<'_>) -> Outcome {
    let form = form(exchange)?;
    check_place(place)?;
    let output = body::accept_object(exchange)?;
    let (bytes, options) = body::read_patch(exchange, form == Form::Apply)?;
    if form == Form::Apply {
        return apply::apply(exchange, place, bytes, &options, output);
    }
    if json::check(bytes).is_err() {
        return Err(Failure::bad_request("invalid JSON patch"));
    }
    let object = write(exchange, place, options.dry_run, |_, current| {
        let mut object = changed(exchange, place.resource, form, bytes, current, &options)?;
        kinds::defaults::apply(place.resource.kind, &mut object);
        metadata::match_namespace(&mut object, place.namespace)?;
        match_name(&object, place.name)?;
        manage(exchange, place, current, &mut object);
        Ok(object)
    })?;
    objects::reply(exchange, 200, object, output)
}

/// The router's test of `Content-Type`.
pub fn check_router(exchange: &Exchange<'_>) -> Result<(), Failure> {
    form(exchange).map(drop).map_err(|_| Failure::unread_media_type())
}

fn content_type<'a>(exchange: &Exchange<'a>) -> &'a str {
    let header = exchange.request.head.headers.get(CONTENT_TYPE);
    let header = header.and_then(|value| value.to_str().ok()).unwrap_or("");
    header.split(';').next().unwrap_or("")
}

fn form(exchange: &Exchange<'_>) -> Result<Form, Failure> {
    match content_type(exchange) {
        "application/apply-patch+yaml" => Ok(Form::Apply),
        "application/json-patch+json" => Ok(Form::Json),
        "application/merge-patch+json" => Ok(Form::Merge),
        "application/strategic-merge-patch+json" => Ok(Form::Strategic),
        _ => Err(Failure::unsupported_media_type(UNSUPPORTED)),
    }
}

fn changed(
    exchange: &Exchange<'_>,
    resource: &Resource,
    form: Form,
    bytes: &[u8],
    current: &Value,
    options: &WriteOptions,
) -> Result<Value, Failure> {
    let target = Target::new(resource.api_version, resource.name);
    let target = target.expect("every kind that is served is in the schema");
    let strict = options.field_validation != FieldValidation::Ignore;
    let sent: Value =
        serde_json::from_slice(bytes).map_err(|_| Failure::bad_request("invalid JSON patch"))?;
    let mut earlier = if strict { duplicates::find(bytes) } else { Vec::new() };
    if strict && form == Form::Json {
        earlier.extend(json_patch::unknown(&sent));
        earlier.iter_mut().for_each(|text| text.insert_str(0, "json patch "));
    }
    let raw = json::encode(target.structure, current, false);
    let before: Value =
        serde_json::from_slice(&raw).map_err(|error| Failure::unplanned(error.to_string()))?;
    let patched =
        patched(form, &sent, target.structure, before.clone()).map_err(|error| match error {
            PatchError::Bad(text) => Failure::bad_request(text),
            PatchError::Unfit => Failure::unfit_patch(),
            PatchError::TooLong(text) => Failure::too_large(&text),
            PatchError::Unplanned(text) => Failure::unplanned(text),
        })?;
    // A merge patch touches what it names, though nothing may come of it.
    let merged = if form == Form::Merge { &sent } else { &Value::Null };
    let text = text::of(&String::from_utf8_lossy(&raw), &before, &patched, merged);
    let shown = if form == Form::Strategic { go(&sent) } else { text.clone() };
    let refuse = |why: &str| {
        let error = FieldError::invalid("patch", &shown.as_str().into(), why);
        Failure::invalid("", "", "", vec![error])
    };
    if form == Form::Strategic {
        unstructured::check(target.structure, &patched).map_err(|why| refuse(&why))?;
    }
    let (text, unknown) = internal::read(resource, &patched, text).map_err(|why| refuse(&why))?;
    earlier.extend(unknown.into_iter().filter(|_| strict));
    match json::decode(text.as_bytes(), &target, options.field_validation) {
        Ok(_) if !earlier.is_empty() && options.field_validation == FieldValidation::Strict => {
            Err(refuse(&format!("strict decoding error: {}", earlier.join(", "))))
        }
        Ok(decoded) => {
            earlier.into_iter().chain(decoded.warnings).for_each(|warning| exchange.warn(warning));
            Ok(decoded.object)
        }
        Err(error) => {
            let strict = error.cause.strip_prefix("strict decoding error: ");
            let Some(strict) = strict.filter(|_| !earlier.is_empty()) else {
                return Err(refuse(&error.cause));
            };
            Err(refuse(&format!("strict decoding error: {}, {strict}", earlier.join(", "))))
        }
    }
}

/// The object as it goes over the wire: what is kept as JSON text is JSON there.
fn wire(structure: &'static Struct, object: &Value) -> serde_json::Result<Value> {
    serde_json::from_slice(&json::encode(structure, object, false))
}

fn patched(
    form: Form,
    sent: &Value,
    structure: &'static Struct,
    mut object: Value,
) -> Result<Value, PatchError> {
    match form {
        // What is applied goes another way.
        Form::Apply => {}
        Form::Json => json_patch::apply(&mut object, sent)?,
        Form::Merge => merge::apply(&mut object, sent)?,
        Form::Strategic => {
            let told = [object["kind"].clone(), object["apiVersion"].clone()];
            strategic::apply(&mut object, sent, structure)?;
            // What the object is is not read from it again.
            let [kind, version] = ["kind", "apiVersion"].map(|member| &object[member]);
            if [kind, version].into_iter().all(|text| text.is_string() || text.is_null()) {
                let [kind, version] = told;
                object["kind"] = kind;
                object["apiVersion"] = version;
            }
        }
    }
    Ok(object)
}

/// What Go calls a value that is not what it should be.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as Go's `%v` prints it.
fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(go).collect::<Vec<_>>().join(" "))
        }
        Value::Object(members) => {
            let mut text = "map[".to_owned();
            for (index, (name, value)) in members.iter().enumerate() {
                let space = if index == 0 { "" } else { " " };
                // Writing to a string cannot fail.
                let _ = write!(text, "{space}{name}:{}", go(value));
            }
            text + "]"
        }
        value => value.to_string(),
    }
}

/// The members that a strategy is known for.
fn structure_of(kind: &crate::codec::schema::Kind) -> Option<&'static Struct> {
    match kind {
        crate::codec::schema::Kind::Struct(id) => Some(Schema::get().structure(*id)),
        kind => kind.element().and_then(structure_of),
    }
}
