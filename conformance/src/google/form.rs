//! The JSON form of a message: which names its fields have, which types, and what is left out.
//! Source: <https://protobuf.dev/programming-guides/json/>.

use {
    crate::{expect::Mismatch, level::Level},
    jiff::Timestamp,
    prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions},
    serde_json::{Value, json},
};

/// The type of nothing.
const EMPTY: &str = "type.googleapis.com/google.protobuf.Empty";

/// Everything in a body that its message has in another form. What the message does not have is no
/// concern here: a server may be newer.
pub fn judge(
    message: MessageDescriptor,
    body: &Value,
    numbers_for_names: bool,
    found: &mut Vec<Mismatch>,
) {
    let body = &completed(body.clone());
    let lenient = DeserializeOptions::new().deny_unknown_fields(false);
    let expected = format!("the JSON of a {}", message.name());
    let read = match DynamicMessage::deserialize_with_options(message, body, &lenient) {
        Ok(read) => read,
        Err(error) => {
            found.push(Mismatch::new(Level::Should, "body", expected, error));
            return;
        }
    };
    let write = |skips_defaults: bool| {
        let options = SerializeOptions::new()
            .use_enum_numbers(numbers_for_names)
            .skip_default_fields(skips_defaults);
        read.serialize_with_options(serde_json::value::Serializer, &options).unwrap_or_default()
    };
    compare("body", &write(true), &write(false), body, found);
}

/// Google writes what an Any holds of nothing without the `value` that the mapping has there.
fn completed(mut body: Value) -> Value {
    match &mut body {
        Value::Object(members) => {
            for value in members.values_mut() {
                *value = completed(value.take());
            }
            if members.get("@type").is_some_and(|it| it == EMPTY) {
                members.entry("value").or_insert_with(|| json!({}));
            }
        }
        Value::Array(elements) => {
            for value in elements {
                *value = completed(value.take());
            }
        }
        _ => {}
    }
    body
}

/// Compares what came with the form without defaults, and with the form that has them.
fn compare(what: &str, form: &Value, full: &Value, got: &Value, found: &mut Vec<Mismatch>) {
    let mut wrong = |expected: &Value| {
        found.push(Mismatch::new(Level::Should, what, expected, got));
    };
    match (form, got) {
        (Value::Object(members), Value::Object(others)) => {
            for (name, form) in members {
                let what = format!("{what} {name}");
                compare(&what, form, &full[name], &got[name], found);
            }
            for (name, got) in others {
                if form.get(name).is_none() && full.get(name).is_some() {
                    let what = format!("{what} {name}");
                    found.push(Mismatch::new(Level::Should, what, "nothing, as it says", got));
                }
            }
        }
        (Value::Array(elements), Value::Array(others)) if elements.len() == others.len() => {
            for (index, (form, got)) in elements.iter().zip(others).enumerate() {
                compare(&format!("{what} {index}"), form, &full[index], got, found);
            }
        }
        (form, got) if form == got || is_one_time(form, got) => {}
        (form, _) => wrong(form),
    }
}

/// A time may be written with as many digits as are needed, or more.
fn is_one_time(one: &Value, other: &Value) -> bool {
    let read = |it: &Value| it.as_str()?.parse::<Timestamp>().ok();
    let in_utc = other.as_str().is_some_and(|it| it.ends_with('Z'));
    in_utc && read(one).is_some() && read(one) == read(other)
}

#[cfg(test)]
mod tests {
    use {super::*, crate::google::schema::Method};

    fn check(body: Value, expected: &[&str]) {
        let message = Method::find("AttachedClusters.GetAttachedCluster").unwrap().output();
        let mut found = Vec::new();
        judge(message, &body, false, &mut found);
        assert_eq!(found.into_iter().map(|it| it.what).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_message_has_one_form() {
        check(
            json!({
                "name": "n", "state": "RUNNING", "createTime": "2026-01-02T03:04:05.100Z",
                "oidcConfig": {"jwks": "e30="}, "monitoringConfig": {"managedPrometheusConfig": {}},
                "fromTheFuture": 1,
            }),
            &[],
        );
        check(json!({"state": 2}), &["body state"]);
        check(json!({"createTime": "2026-01-02T03:04:05+00:00"}), &["body createTime"]);
        check(json!({"oidcConfig": {"jwks": "e30"}}), &["body oidcConfig jwks"]);
        check(json!({"reconciling": false, "errors": []}), &["body errors", "body reconciling"]);
        check(json!({"create_time": "2026-01-02T03:04:05Z"}), &["body createTime"]);
        check(json!({"name": 1}), &["body"]);
    }
}
