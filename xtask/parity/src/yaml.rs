//! YAML: documents written as people write them, in blocks.

use serde_json::Value;

/// A document as YAML.
pub(crate) fn encode(document: &Value) -> String {
    let mut out = String::new();
    match document {
        Value::Object(members) if !members.is_empty() => block(document, 0, &mut out),
        Value::Array(items) if !items.is_empty() => block(document, 0, &mut out),
        other => out.push_str(&format!("{other}\n")),
    }
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                out.push_str(&format!("{indent}{}:", scalar(&Value::from(name.as_str()))));
                content(inner, depth, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&format!("{indent}-"));
                content(item, depth, out);
            }
        }
        _ => {}
    }
}

fn content(value: &Value, depth: usize, out: &mut String) {
    let empty = value.as_object().is_none_or(|it| it.is_empty())
        && value.as_array().is_none_or(|it| it.is_empty());
    if empty {
        out.push_str(&format!(" {}\n", scalar(value)));
    } else {
        out.push('\n');
        block(value, depth + 1, out);
    }
}

/// A value on one line; a text that can be nothing else goes without quotes.
fn scalar(value: &Value) -> String {
    let plain = |text: &str| {
        text.starts_with(|it: char| it.is_ascii_alphabetic())
            && text.chars().all(|it| it.is_ascii_alphanumeric() || "./-_".contains(it))
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
                .contains(&text.to_lowercase().as_str())
    };
    match value {
        Value::String(text) if plain(text) => text.clone(),
        other => other.to_string(),
    }
}
