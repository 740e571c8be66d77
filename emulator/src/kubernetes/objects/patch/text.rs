//! The text of an object that a patch has changed: what the patch did not touch stands as it stood.

use {
    serde_json::{Value, value::RawValue},
    std::collections::{BTreeMap, HashMap},
};

/// The text of `after`, which was made of `before`, whose text is `raw`, by merging `merged`.
pub(super) fn of(raw: &str, before: &Value, after: &Value, merged: &Value) -> String {
    match (before, after) {
        _ if before == after && !merged.is_object() => raw.to_owned(),
        (Value::Object(before), Value::Object(after)) => {
            let parts: BTreeMap<String, &RawValue> = serde_json::from_str(raw).unwrap_or_default();
            let member = |(name, value): (&String, &Value)| {
                let text = match (parts.get(name), before.get(name)) {
                    (Some(raw), Some(before)) => of(raw.get(), before, value, &merged[name]),
                    _ => value.to_string(),
                };
                format!("{}:{text}", Value::from(name.as_str()))
            };
            format!("{{{}}}", after.iter().map(member).collect::<Vec<_>>().join(","))
        }
        (Value::Array(before), Value::Array(after)) => {
            let parts: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
            let mut places = HashMap::new();
            for (place, value) in before.iter().enumerate() {
                places.entry(value).or_insert(place);
            }
            let element = |value: &Value| {
                let raw = places.get(value).and_then(|at| parts.get(*at));
                raw.map_or_else(|| value.to_string(), |raw| raw.get().to_owned())
            };
            format!("[{}]", after.iter().map(element).collect::<Vec<_>>().join(","))
        }
        _ => after.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, serde_json::json};

    #[test]
    fn what_is_touched_is_sorted_and_the_rest_stands() {
        let raw = r#"{"kind":"K","metadata":{"name":"n","labels":{}},"data":{"b":"1","a":"1"}}"#;
        let before: Value = serde_json::from_str(raw).unwrap();
        let mut after = before.clone();
        after["data"]["c"] = json!(1);
        assert_eq!(
            of(raw, &before, &after, &Value::Null),
            r#"{"data":{"a":"1","b":"1","c":1},"kind":"K","metadata":{"name":"n","labels":{}}}"#
        );
        assert_eq!(of(raw, &before, &before, &Value::Null), raw);
        assert_eq!(
            of(raw, &before, &before, &json!({"metadata": {}})),
            r#"{"data":{"b":"1","a":"1"},"kind":"K","metadata":{"labels":{},"name":"n"}}"#
        );
    }
}
