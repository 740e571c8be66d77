//! A call as REST: path fields into the path, the body field into the body, the rest into the query.
//! Source: <https://github.com/googleapis/googleapis/blob/master/google/api/http.proto>.

use {
    super::schema::{Method, camel},
    serde_json::Value,
};

/// Method and path with query, and the body if there is one.
pub fn rest(method: &Method, message: &Value) -> Result<(String, Option<Value>), String> {
    let mut rest = message.clone();
    let mut path = String::new();
    let mut template = method.template;
    while let Some((before, after)) = template.split_once('{') {
        let (variable, after) = after.split_once('}').ok_or("a template ends in a variable")?;
        let field = variable.split_once('=').map_or(variable, |(field, _)| field);
        path.push_str(before);
        path.push_str(&take(&mut rest, field)?);
        template = after;
    }
    path.push_str(template);
    let body = match method.body {
        "*" => Some(std::mem::take(&mut rest)),
        "-" => None,
        field => rest.as_object_mut().and_then(|it| it.remove(&camel(field))),
    };
    let mut query = Vec::new();
    flatten("", &rest, &mut query);
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Ok((format!("{} {path}{query}", method.verb), body))
}

/// Takes a field out of the message by its path: `attached_cluster.name`.
fn take(message: &mut Value, field: &str) -> Result<String, String> {
    let (parents, last) = field.rsplit_once('.').unwrap_or(("", field));
    let mut inner = message;
    for parent in parents.split('.').filter(|it| !it.is_empty()) {
        inner = inner.get_mut(camel(parent)).ok_or_else(|| format!("the body needs {field}"))?;
    }
    let value = inner.as_object_mut().and_then(|it| it.remove(&camel(last)));
    match value {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("the body needs {field}, which stands in the path")),
    }
}

fn flatten(name: &str, value: &Value, query: &mut Vec<String>) {
    let text = match value {
        Value::Object(members) => {
            for (member, value) in members {
                let dot = if name.is_empty() { "" } else { "." };
                flatten(&format!("{name}{dot}{member}"), value, query);
            }
            return;
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| flatten(name, element, query));
            return;
        }
        Value::Null => return,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    query.push(format!("{name}={}", escaped(&text)));
}

/// Everything but what a query may hold as it stands.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b',' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn transcoded(method: &str, message: Value) -> (String, Option<Value>) {
        rest(&Method::find(method).unwrap(), &message).unwrap()
    }

    #[test]
    fn a_body_of_everything_keeps_what_the_path_does_not() {
        let name = "projects/p/locations/l/attachedClusters/c";
        let (line, body) = transcoded(
            "AttachedClusters.GenerateAttachedClusterAgentToken",
            json!({"attachedCluster": name, "subjectToken": "t"}),
        );
        assert_eq!(line, format!("POST /v1/{name}:generateAttachedClusterAgentToken"));
        assert_eq!(body, Some(json!({"subjectToken": "t"})));
    }

    #[test]
    fn the_rest_of_a_message_is_its_query() {
        let (line, body) = transcoded(
            "AttachedClusters.CreateAttachedCluster",
            json!({"parent": "projects/p/locations/l", "attachedClusterId": "c d",
                "attachedCluster": {"distribution": "generic"}}),
        );
        assert_eq!(
            line,
            "POST /v1/projects/p/locations/l/attachedClusters?attachedClusterId=c%20d"
        );
        assert_eq!(body, Some(json!({"distribution": "generic"})));
    }

    #[test]
    fn a_field_of_the_path_that_is_missing_is_an_error() {
        let method = Method::find("AttachedClusters.GetAttachedCluster").unwrap();
        assert!(rest(&method, &json!({})).is_err());
    }
}
