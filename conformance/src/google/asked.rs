//! What a request of the Google API asks: the method, and its message, whichever way it went.

use {
    super::schema::{self, Method},
    crate::exchange::{self, Request},
    percent_encoding::percent_decode_str,
    prost_reflect::{Kind, MessageDescriptor},
    serde_json::{Map, Value, json},
};

/// Names another method than the request's own.
const OVERRIDE: &str = "x-http-method-override";

/// The type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A call, read back from what was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// Its message in JSON, as a server writes it: in lowerCamelCase, without defaults.
    pub message: Value,
}

impl Asked {
    /// Reads a request. `None` for one that is no call, or not plainly one: JSON that only Google
    /// reads, or a form where none belongs.
    pub fn of(request: &Request) -> Option<Self> {
        if exchange::is_grpc(&request.path) {
            let method = Method::at(&request.path)?;
            let frame = request.body.split_first_chunk::<5>()?;
            let message = schema::to_json(method.input(), frame.1).ok()?;
            return Some(Self { method, message });
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let pairs: Vec<(String, String)> = pairs(query).chain(form(request)).collect();
        let overrides = pairs.iter().find(|(name, _)| name == "$httpMethod").map(|(_, it)| &**it);
        let verb = header(request, OVERRIDE).or(overrides).unwrap_or(&request.method);
        let (method, field, value) = Method::bound(verb, path)?;
        let mut message = json!({});
        for (name, value) in &pairs {
            set(&mut message, &method.input(), name, value.clone());
        }
        // The path has the last word.
        set(&mut message, &method.input(), field, decoded(value));
        let bodiless = request.body.is_empty() || method.body == "-";
        let body = if bodiless { Some(json!({})) } else { request.value() };
        merge_body(&mut message, method.body, body.filter(Value::is_object)?);
        let message = schema::from_json(method.input(), &message).ok()?;
        let message = serde_json::to_value(message).ok()?;
        Some(Self { method, message })
    }

    /// A text of the message.
    pub fn text(&self, field: &str) -> &str {
        self.message[field].as_str().unwrap_or_default()
    }
}

/// Whether a request wants less of a message than there is.
pub fn is_partial(request: &Request) -> bool {
    header(request, "x-goog-fieldmask").is_some() || request.path.contains("fields=")
}

/// Whether a request wants enumerators as numbers.
pub fn wants_numbers(request: &Request) -> bool {
    request.path.contains("enum-encoding")
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

fn pairs(form: &str) -> impl Iterator<Item = (String, String)> {
    form.split('&').filter(|it| !it.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A form has pluses for its spaces.
        (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
    })
}

/// What a form in the body adds to the query.
fn form(request: &Request) -> Vec<(String, String)> {
    let named = header(request, "content-type").unwrap_or_default();
    let text = std::str::from_utf8(&request.body).ok().filter(|_| named.starts_with(FORM));
    text.map(|it| pairs(it).collect()).unwrap_or_default()
}

impl Method {
    /// The method that is bound to a path, and the field that stands in it.
    fn bound<'a>(verb: &str, path: &'a str) -> Option<(Self, &'static str, &'a str)> {
        Self::all().filter(|method| method.verb == verb).find_map(|method| {
            let (before, rest) = method.template.split_once('{')?;
            let (variable, after) = rest.split_once('}')?;
            let (field, pattern) = variable.split_once('=')?;
            let value = path.strip_prefix(before)?.strip_suffix(after)?;
            fits(value, pattern).then_some((method, field, value))
        })
    }
}

/// Whether a value has the segments of a pattern, in which a star stands for one.
fn fits(value: &str, pattern: &str) -> bool {
    let (values, patterns) = (value.split('/'), pattern.split('/'));
    let same = |(value, pattern): (&str, &str)| match pattern {
        "*" => !value.is_empty() && !value.contains(':'),
        pattern => value == pattern,
    };
    values.clone().count() == patterns.clone().count() && values.zip(patterns).all(same)
}

/// Puts the body where the binding says, and leaves to the path what the path has said.
fn merge_body(message: &mut Value, field: &str, body: Value) {
    let place = match field {
        "-" => return,
        "*" => message,
        field => {
            let named = schema::camel(field);
            let Some(members) = message.as_object_mut() else { return };
            members.entry(named).or_insert_with(|| json!({}))
        }
    };
    let (Some(to), Value::Object(from)) = (place.as_object_mut(), body) else { return };
    for (name, value) in from {
        to.entry(name).or_insert(value);
    }
}

/// Sets a field by its path, in either spelling; what is no field of the message is no concern here.
fn set(message: &mut Value, descriptor: &MessageDescriptor, path: &str, text: String) {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let by_name = descriptor.get_field_by_name(first);
    let Some(field) = by_name.or_else(|| descriptor.get_field_by_json_name(first)) else { return };
    let Some(members) = message.as_object_mut() else { return };
    let name = field.json_name().to_owned();
    match field.kind() {
        Kind::Message(inner) if !rest.is_empty() => {
            let place = members.entry(name).or_insert_with(|| Map::new().into());
            set(place, &inner, rest, text);
        }
        Kind::Message(_) => {
            let paths = text
                .split(',')
                .map(|path| path.split('.').map(schema::camel).collect::<Vec<_>>().join("."));
            members.insert(name, paths.collect::<Vec<_>>().join(",").into());
        }
        Kind::Bool => {
            let said = ["true", "t", "yes", "y", "1"].contains(&text.to_lowercase().as_str());
            members.insert(name, said.into());
        }
        _ => {
            members.insert(name, text.into());
        }
    }
}

/// A text without percent-encoding.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{google::grpc, variant::Protocol},
        bytes::Bytes,
    };

    fn asked(line: &str, body: impl Into<Bytes>) -> Option<(String, Value)> {
        let (method, path) = line.split_once(' ').unwrap();
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: body.into(),
            protocol: Protocol::Http1,
        };
        let asked = Asked::of(&request)?;
        Some((asked.method.name().to_owned(), asked.message))
    }

    #[test]
    fn path_query_and_body_are_one_message() {
        let (method, message) = asked(
            "PATCH /v1/projects/p/locations/l/attachedClusters/c?update_mask=description,\
             platform_version&validateOnly=YES&prettyPrint=false",
            r#"{"name": "other", "description": "d", "platform_version": "1.35.0-gke.2"}"#,
        )
        .unwrap();
        assert_eq!(method, "UpdateAttachedCluster");
        let expected = json!({
            "attachedCluster": {
                "name": "projects/p/locations/l/attachedClusters/c",
                "description": "d", "platformVersion": "1.35.0-gke.2",
            },
            "updateMask": "description,platformVersion",
            "validateOnly": true,
        });
        assert_eq!(message, expected);
    }

    #[test]
    fn a_frame_is_the_same_message() {
        let method = Method::find("Operations.GetOperation").unwrap();
        let message = json!({"name": "projects/p/locations/l/operations/o"});
        let frame = grpc::request(&method, &message).unwrap();
        let over_grpc = asked("POST /google.longrunning.Operations/GetOperation", frame);
        let over_rest = asked("GET /v1/projects/p/locations/l/operations/%6f", "");
        assert_eq!(over_grpc, Some(("GetOperation".to_owned(), message)));
        assert_eq!(over_grpc, over_rest);
    }

    #[test]
    fn a_method_may_be_overridden() {
        let path = "/v1/projects/p/locations/l/operations/o";
        let over_rest = asked(&format!("GET {path}"), "");
        assert_eq!(asked(&format!("POST {path}?$httpMethod=GET"), ""), over_rest);
    }

    #[test]
    fn what_is_no_call_is_none() {
        assert_eq!(asked("GET /v1/projects/p/locations", ""), None);
        assert_eq!(asked("GET /v1/projects/p/locations/l/attachedClusters/c:verb", ""), None);
        assert_eq!(asked("POST /v1/projects/p/locations/l/attachedClusters", "{a: 1}"), None);
    }
}
