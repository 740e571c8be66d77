//! `POST …/serviceaccounts/NAME/token`: the way from a TokenRequest to a token.
//!
//! Source: kubernetes `pkg/registry/core/serviceaccount/storage/token.go`.

use {
    crate::{
        codec::carried,
        kubernetes::{
            admission, body,
            exchange::{Exchange, Outcome, Reply},
            kinds,
            managed_fields::{self, Manager},
            metadata, names, node_restriction,
            status::{Failure, FieldError},
            webhook,
        },
        tokens::issue::{self, Binding, Error, Lifetime, LifetimeError},
        world::{
            clock::rfc3339,
            objects::{Kind, Object},
        },
    },
    serde_json::{Map, Value},
};

const KIND: &str = "TokenRequest";
const GROUP: &str = "authentication.k8s.io";
const API_VERSION: &str = "authentication.k8s.io/v1";
/// The lifetime when none is asked for, in seconds.
const DEFAULT_LIFETIME: i64 = 3600;

/// Issues a token for a service account.
pub fn create(exchange: &Exchange<'_>, namespace: &str, name: &str) -> Outcome {
    let output = body::accept(exchange)?;
    let (mut request, _) = body::read_created(exchange, API_VERSION, KIND)?;
    metadata::match_namespace(&mut request, namespace)?;
    metadata::dedup_owners(exchange, &mut request);
    default(&mut request);
    note(exchange, &request["spec"]);
    let manager = Manager::of(exchange, API_VERSION).subresource("token");
    let managed = managed_fields::created(&request, &manager);
    admission::namespace(exchange, kinds::of(Kind::ServiceAccount), namespace, name)?;
    node_restriction::admit(exchange, &request, name)?;
    admission::deny(exchange, kinds::of(Kind::ServiceAccount), name)?;
    let account = find(exchange, &request, namespace, name)?;
    let issued = issue(exchange, &mut request, &account)?;
    let document = answer(request, &account, managed, issued);
    Ok(Reply::Object { status: 201, object: document, output })
}

/// Notes what is asked for, whatever comes of it.
fn note(exchange: &Exchange<'_>, spec: &Value) {
    exchange.note("audiences", strings(spec.get("audiences")).join(", "));
    exchange.note("expirationSeconds", spec["expirationSeconds"].to_string());
    let reference = &spec["boundObjectRef"];
    if reference.is_object() {
        let member = |name: &str| reference[name].as_str().unwrap_or_default();
        exchange.note("boundObjectRef", format!("{}/{}", member("kind"), member("name")));
    }
}

// Defaults are part of decoding, so they are there for whoever tracks fields.
fn default(request: &mut Value) {
    let spec = metadata::object_at(request, "spec");
    if spec.get("expirationSeconds").is_none_or(Value::is_null) {
        spec.insert("expirationSeconds".to_owned(), DEFAULT_LIFETIME.into());
    }
}

fn find(
    exchange: &Exchange<'_>,
    request: &Value,
    namespace: &str,
    name: &str,
) -> Result<std::sync::Arc<Object>, Failure> {
    let named = metadata::text(request, "name");
    if !named.is_empty() && named != name {
        let detail = "must match the service account name if specified";
        let error = FieldError::invalid("metadata.name", &named.into(), detail);
        return Err(Failure::invalid(KIND, GROUP, name, vec![error]));
    }
    if namespace.is_empty() {
        return Err(Failure::bad_request("Namespace parameter required."));
    }
    names::check_path_segment(name)?;
    let resource = kinds::of(Kind::ServiceAccount);
    let account = exchange
        .world
        .objects
        .get(Kind::ServiceAccount, namespace, name)
        .ok_or_else(|| Failure::not_found(resource, name))?;
    let uid = metadata::text(request, "uid");
    if !uid.is_empty() && uid != account.uid {
        let why = format!(
            "the UID in the token request ({uid}) does not match the UID of the service account ({})",
            account.uid
        );
        return Err(Failure::conflict(KIND, GROUP, name, &why));
    }
    Ok(account)
}

fn issue(
    exchange: &Exchange<'_>,
    request: &mut Value,
    account: &Object,
) -> Result<issue::Issued, Failure> {
    let spec = metadata::object_at(request, "spec");
    let audiences = strings(spec.get("audiences"));
    let audiences = if audiences.is_empty() {
        exchange.world.settings.api_audiences.clone()
    } else {
        audiences
    };
    let seconds = spec.get("expirationSeconds").and_then(Value::as_i64).unwrap_or(DEFAULT_LIFETIME);
    let lifetime = validate(spec, &audiences, seconds)?;
    let reference = spec.get("boundObjectRef").filter(|reference| !reference.is_null());
    let binding = reference.map(binding).transpose()?;
    let claimed = claimed(&audiences);
    let ask = issue::Request { service_account: account, audiences: &claimed, lifetime, binding };
    let issued = issue::issue(exchange.world, &ask).map_err(refusal)?;
    if issued.seconds < seconds {
        exchange.warn(format!(
            "requested expiration of {seconds} seconds shortened to {} seconds",
            issued.seconds
        ));
    }
    spec.insert("audiences".to_owned(), audiences.into());
    spec.insert("expirationSeconds".to_owned(), issued.seconds.into());
    Ok(issued)
}

/// Audiences as a token claims them: its JSON has U+FFFD for a byte that is not UTF-8, which only
/// protobuf can send.
fn claimed(audiences: &[String]) -> Vec<String> {
    audiences.iter().map(|audience| carried::shown(audience).into_owned()).collect()
}

// Source: kubernetes `pkg/apis/authentication/validation/validation.go`.
fn validate(
    spec: &Map<String, Value>,
    audiences: &[String],
    seconds: i64,
) -> Result<Lifetime, Failure> {
    let invalid = |errors| Failure::invalid(KIND, GROUP, "", errors);
    let none = Value::Null;
    let attestations = spec.get("attestations").unwrap_or(&none);
    let some = attestations.as_object().is_some_and(|map| !map.is_empty());
    let is_webhook = spec.get("boundObjectRef").is_some_and(webhook::is_reference);
    if some && !is_webhook {
        let detail = "attestations may only be specified with a webhook bound object reference";
        let error = FieldError::invalid("spec.attestations", attestations, detail);
        return Err(invalid(vec![error]));
    }
    let lifetime = Lifetime::parse(seconds).map_err(|error| {
        let detail = match error {
            LifetimeError::TooShort => "may not specify a duration less than 10 minutes",
            LifetimeError::TooLong => "may not specify a duration larger than 2^32 seconds",
        };
        FieldError::invalid("spec.expirationSeconds", &seconds.into(), detail)
    });
    let further = if is_webhook { webhook::check(audiences, attestations) } else { Vec::new() };
    match lifetime {
        Ok(lifetime) if further.is_empty() => Ok(lifetime),
        Ok(_) => Err(invalid(further)),
        Err(error) => Err(invalid([vec![error], further].concat())),
    }
}

fn binding(reference: &Value) -> Result<Binding<'_>, Failure> {
    let member = |name: &str| reference.get(name).and_then(Value::as_str).unwrap_or("");
    let (kind, name) = (member("kind"), member("name"));
    let (group, version) = group_version(member("apiVersion"));
    let bound = match (group, kind) {
        ("", "Pod") => Kind::Pod,
        ("", "Secret") => Kind::Secret,
        ("", "Node") => Kind::Node,
        _ => {
            let gate = if webhook::is_reference(reference) { webhook::GATE } else { "" };
            let message =
                format!("cannot bind token to object of type {group}/{version}, Kind={kind}{gate}");
            return Err(Failure::bad_request(message));
        }
    };
    if name.is_empty() {
        return Err(Failure::bad_request("Name parameter required."));
    }
    names::check_path_segment(name)?;
    Ok(Binding { kind: bound, name, uid: member("uid") })
}

/// Group and version of an `apiVersion`; both are empty when it cannot be parsed.
fn group_version(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        _ if matches!(api_version, "" | "/") => ("", ""),
        None => ("", api_version),
        Some((_, version)) if version.contains('/') => ("", ""),
        Some(parts) => parts,
    }
}

fn refusal(error: Error) -> Failure {
    match error {
        Error::BoundObjectNotFound(kind, name) => Failure::not_found(kinds::of(kind), &name),
        Error::PodOfAnotherServiceAccount(account) => Failure::bad_request(format!(
            "cannot bind token for serviceaccount \"{account}\" to pod running with different serviceaccount name."
        )),
        Error::BoundObjectUid { kind, name, uid } => {
            let why = format!(
                "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
            );
            Failure::conflict(kinds::of(kind).name, "", &name, &why)
        }
    }
}

fn answer(
    mut request: Value,
    account: &Object,
    managed: Option<Value>,
    issued: issue::Issued,
) -> Value {
    let metadata = metadata::object_at(&mut request, "metadata");
    metadata.insert("name".to_owned(), account.name.as_str().into());
    metadata.insert("namespace".to_owned(), account.namespace.as_str().into());
    metadata.insert("uid".to_owned(), account.uid.as_str().into());
    metadata.insert("creationTimestamp".to_owned(), rfc3339(issued.issued).into());
    metadata::set_managed_fields(&mut request, managed);
    let status = metadata::object_at(&mut request, "status");
    status.clear();
    status.insert("token".to_owned(), issued.token.into());
    status.insert("expirationTimestamp".to_owned(), rfc3339(issued.expiration).into());
    request
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap_or("").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_claims_no_byte_that_is_not_utf8() {
        let audiences = [carried::carry(b"vau\xfft"), "vault".to_owned()];
        assert_eq!(claimed(&audiences), ["vau\u{fffd}t", "vault"]);
    }

    #[test]
    fn a_version_does_not_matter_to_a_binding_and_a_group_does() {
        for (api_version, expected) in [
            ("", ("", "")),
            ("v1", ("", "v1")),
            ("/v1", ("", "v1")),
            ("/", ("", "")),
            ("a/b/c", ("", "")),
            ("core/v1", ("core", "v1")),
            ("v1/", ("v1", "")),
        ] {
            assert_eq!(group_version(api_version), expected, "{api_version}");
        }
    }
}
