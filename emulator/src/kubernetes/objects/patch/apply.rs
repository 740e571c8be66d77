//! Server-side apply: the object becomes what the configuration says, where nobody else says
//! otherwise.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go`, applyPatcher.

use {
    super::{type_of, wire},
    crate::{
        codec::{
            FieldValidation, Target,
            fields::{Applied, ApplyError},
            json,
            negotiate::{Output, WriteOptions},
            yaml,
        },
        kubernetes::{
            exchange::{Exchange, Outcome},
            kinds::{self, Resource},
            managed_fields::{self, Manager},
            metadata,
            objects::{
                self, create,
                update::match_name,
                write::{Part, Place, write},
            },
            status::{Cause, Failure},
        },
    },
    serde_json::{Value, json},
};

/// A configuration, and how it is to be applied.
struct Config {
    object: Value,
    duplicates: Vec<String>,
    force: bool,
    validation: FieldValidation,
}

/// Applies the configuration in the body; an object that is not there is made.
pub(super) fn apply(
    exchange: &Exchange<'_>,
    place: &Place<'_>,
    bytes: &[u8],
    options: &WriteOptions,
    output: Output,
) -> Outcome {
    let Place { resource, namespace, name, part } = *place;
    let config = read(exchange, bytes, options.field_validation)?;
    let there = exchange.world.objects.get(resource.kind, namespace, name).is_some();
    if !there && part == Part::Whole {
        let empty = json!({ "kind": resource.name, "apiVersion": resource.api_version });
        let object = applied(exchange, place, &config, &empty)?;
        let uid = metadata::text(&object, "uid");
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(Failure::conflict(resource.plural, resource.group, name, &why));
        }
        let object = fit(place, object)?;
        let object = create::put(exchange, resource, object, options.dry_run)?;
        return objects::reply(exchange, 201, object, output);
    }
    let object = write(exchange, place, options.dry_run, |_, current| {
        fit(place, applied(exchange, place, &config, current)?)
    })?;
    objects::reply(exchange, 200, object, output)
}

fn fit(place: &Place<'_>, mut object: Value) -> Result<Value, Failure> {
    metadata::match_namespace(&mut object, place.namespace)?;
    match_name(&object, place.name)?;
    Ok(object)
}

fn read(
    exchange: &Exchange<'_>,
    bytes: &[u8],
    validation: FieldValidation,
) -> Result<Config, Failure> {
    let (text, duplicates) = yaml::to_json(bytes).map_err(|error| {
        // What begins as JSON does is read once only, by what decodes it.
        let is_json = String::from_utf8_lossy(bytes).trim_start().starts_with('{');
        let step = if is_json {
            "decoding patch: error converting YAML to JSON"
        } else {
            "encoding patch"
        };
        Failure::bad_request(format!("error {step}: {error}"))
    })?;
    let mut object: Value = serde_json::from_slice(&text)
        .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))?;
    whole(&mut object);
    if !object.is_object() && !object.is_null() {
        return Err(Failure::bad_request(format!(
            "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            type_of(&object)
        )));
    }
    let force = exchange.query.get("force");
    let force = exchange.query.has("force") && force != "0" && !force.eq_ignore_ascii_case("false");
    Ok(Config { object, duplicates, force, validation })
}

// A number that is whole is whole, however it is written.
fn whole(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(whole),
        Value::Object(members) => members.values_mut().for_each(whole),
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15);
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
            if let Some(float) = float.filter(|_| number.is_f64()) {
                *value = (float as i64).into();
            }
        }
        _ => {}
    }
}

/// What the configuration makes of an object.
fn applied(
    exchange: &Exchange<'_>,
    place: &Place<'_>,
    config: &Config,
    current: &Value,
) -> Result<Value, Failure> {
    let Place { resource, part, .. } = *place;
    check_kind(resource, &config.object)?;
    if !config.object["metadata"]["managedFields"].is_null() {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let target = Target::new(resource.api_version, resource.name);
    let target = target.expect("every kind that is served is in the schema");
    let mut plain = current.clone();
    metadata::set_managed_fields(&mut plain, None);
    let wire =
        wire(target.structure, &plain).map_err(|error| Failure::unplanned(error.to_string()))?;
    let manager = Manager::of(exchange, resource.api_version).part(part);
    let Applied { object, managed } =
        managed_fields::apply((current, &wire), &config.object, &manager, config.force)
            .map_err(|error| refusal(resource, &config.object, error))?;
    let mut object = match object {
        Some(object) => {
            let text = object.to_string();
            let decoded = json::decode(text.as_bytes(), &target, FieldValidation::Ignore);
            let mut object = decoded
                .map_err(|error| {
                    let what = shown(resource, &config.object);
                    let base64 = if error.cause.starts_with("illegal base64") {
                        "error decoding from json: "
                    } else {
                        ""
                    };
                    Failure::unplanned(format!(
                        "failed to convert new object ({what}) to proper version: unable to convert unstructured object to {}, Kind={}: {base64}{}",
                        version(resource),
                        resource.name,
                        error.cause
                    ))
                })?
                .object;
            kinds::defaults::apply(resource.kind, &mut object);
            object
        }
        None => current.clone(),
    };
    metadata::set_managed_fields(&mut object, managed);
    check_duplicates(exchange, config)?;
    Ok(object)
}

// Source: apimachinery `pkg/util/managedfields/internal/versioncheck.go`.
fn check_kind(resource: &Resource, config: &Value) -> Result<(), Failure> {
    let text = |member: &str| config[member].as_str().unwrap_or("");
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if api_version == resource.api_version && kind == resource.name {
        return Ok(());
    }
    // What is no version at all is none.
    let (group, version) = match api_version.matches('/').count() {
        0 => ("", api_version),
        1 => api_version.split_once('/').unwrap_or_default(),
        _ => return Err(Failure::bad_request("invalid object type: /, Kind=")),
    };
    Err(Failure::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")))
}

fn check_duplicates(exchange: &Exchange<'_>, config: &Config) -> Result<(), Failure> {
    if config.duplicates.is_empty() || config.validation == FieldValidation::Ignore {
        return Ok(());
    }
    if config.validation == FieldValidation::Strict {
        let text = config.duplicates.join("\n  ");
        return Err(Failure::bad_request(format!(
            "error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  {text}"
        )));
    }
    config.duplicates.iter().for_each(|duplicate| exchange.warn(duplicate));
    Ok(())
}

fn version(resource: &Resource) -> String {
    let slash = if resource.group.is_empty() { "/" } else { "" };
    format!("{slash}{}", resource.api_version)
}

fn shown(resource: &Resource, config: &Value) -> String {
    let text = |member: &str| metadata::text(config, member);
    let version = version(resource);
    format!("{}/{}; {version}, Kind={}", text("namespace"), text("name"), resource.name)
}

fn refusal(resource: &Resource, config: &Value, error: ApplyError) -> Failure {
    let conflicts = match error {
        ApplyError::Conflicts(conflicts) => conflicts,
        ApplyError::Untyped(why) => {
            let what = shown(resource, config);
            return Failure::unplanned(format!(
                "failed to create typed patch object ({what}): {why}"
            ));
        }
        ApplyError::Unfollowed => {
            let what = shown(resource, config);
            return Failure::unplanned(format!("failed to create typed live object ({what})"));
        }
    };
    let causes = conflicts.iter().map(|conflict| Cause {
        reason: "FieldManagerConflict",
        message: format!("conflict with {}", conflict.manager),
        field: conflict.path.clone(),
    });
    let causes = causes.collect();
    if let [conflict] = conflicts.as_slice() {
        let message = format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            conflict.manager, conflict.path
        );
        return Failure::apply_conflict(message, causes);
    }
    let mut message = format!("Apply failed with {} conflicts: ", conflicts.len());
    let mut last = "";
    for conflict in &conflicts {
        if conflict.manager != last {
            let line = if last.is_empty() { "" } else { "\n" };
            message.push_str(&format!("{line}conflicts with {}:", conflict.manager));
            last = &conflict.manager;
        }
        message.push_str(&format!("\n- {}", conflict.path));
    }
    Failure::apply_conflict(message, causes)
}
