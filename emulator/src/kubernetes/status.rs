//! The errors of the API, as `metav1.Status`. Every error leaves through here.
//!
//! Source: kubernetes `staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go`.

use {
    crate::{
        codec::{distinct::Distinct, quote::quote},
        kubernetes::kinds::{Resource, qualified},
    },
    serde_json::{Map, Value, json},
    std::fmt::Write as _,
};

/// A failure, as a Status tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub code: u16,
    /// The machine's word for it: `NotFound`.
    pub reason: &'static str,
    /// The human's.
    pub message: String,
    /// What it is about; `None` leaves the member out, empty details do not.
    pub details: Option<Box<Details>>,
    /// Whether the answer forbids sniffing, as only authorization's does.
    pub nosniff: bool,
    /// Where a list that failed may go on; empty for nowhere.
    pub token: String,
}

/// What a failure is about; what is empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The object's name.
    pub name: String,
    /// The API group.
    pub group: String,
    /// The resource, or the kind.
    pub kind: String,
    /// What is wrong with it, one by one.
    pub causes: Vec<Cause>,
    /// After how many seconds to try again; 0 for not at all.
    pub retry_after: u32,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The machine's word for it: `FieldValueInvalid`.
    pub reason: &'static str,
    /// The human's.
    pub message: String,
    /// The field, in a path of dots.
    pub field: String,
}

/// A field that a rule refuses. Source: apimachinery `pkg/util/validation/field/errors.go`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldError {
    /// `FieldValueInvalid` and its like.
    pub reason: &'static str,
    /// The field, in a path of dots.
    pub field: String,
    /// What stands behind the field in the message: `Invalid value: 599: may not …`.
    pub text: String,
}

impl FieldError {
    /// A value that breaks a rule; it is shown as JSON, a text as Go quotes it.
    pub fn invalid(field: &str, value: &Value, detail: &str) -> Self {
        let shown = value.as_str().map_or_else(|| go_json(value), quote);
        let text = format!("Invalid value: {shown}: {detail}");
        Self { reason: "FieldValueInvalid", field: field.to_owned(), text }
    }

    /// A value that may not be there, or not change.
    pub fn forbidden(field: &str, detail: &str) -> Self {
        let text = format!("Forbidden: {detail}");
        Self { reason: "FieldValueForbidden", field: field.to_owned(), text }
    }

    /// A value that has too many bytes.
    pub fn too_long(field: &str, limit: usize) -> Self {
        let text = format!("Too long: may not be more than {limit} bytes");
        Self { reason: "FieldValueTooLong", field: field.to_owned(), text }
    }

    /// A value that is none of those that may be.
    pub fn unsupported(field: &str, value: &str, supported: &str) -> Self {
        let text = format!("Unsupported value: {}: supported values: {supported}", quote(value));
        Self { reason: "FieldValueNotSupported", field: field.to_owned(), text }
    }

    /// A value that is there already, shown as JSON.
    pub fn duplicate(field: &str, shown: &str, detail: &str) -> Self {
        let colon = if detail.is_empty() { "" } else { ": " };
        let text = format!("Duplicate value: {shown}{colon}{detail}");
        Self { reason: "FieldValueDuplicate", field: field.to_owned(), text }
    }

    /// A value that has to be there.
    pub fn required(field: &str, detail: &str) -> Self {
        let text = if detail.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {detail}")
        };
        Self { reason: "FieldValueRequired", field: field.to_owned(), text }
    }
}

/// A value as Go writes it in JSON: what HTML or JavaScript minds is escaped.
pub fn go_json(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
            nosniff: false,
            token: String::new(),
        }
    }

    fn about(mut self, details: Details) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401: the credentials are not accepted.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 403 by authorization; `name` and `kind` say what may not be touched.
    pub fn forbidden(message: String, details: Details) -> Self {
        Self { nosniff: true, ..Self::new(403, "Forbidden", message).about(details) }
    }

    /// 403: a page of another site asks. kube-apiserver has no such check.
    pub fn foreign_site(message: &str) -> Self {
        Self::new(403, "Forbidden", message)
    }

    /// 421: another host was asked. kube-apiserver has no such check, and no reason for it.
    pub fn misdirected(message: &str) -> Self {
        Self::new(421, "", message)
    }

    /// 403 by admission.
    pub fn not_admitted(resource: &Resource, name: &str, why: &str, causes: Vec<Cause>) -> Self {
        let Resource { plural, group, .. } = *resource;
        let mut failure = Self::not_admitted_as(plural, group, name, why);
        failure.details = Some(Box::new(Details { causes, ..resource_details(resource, name) }));
        failure
    }

    /// 403 by admission, of what is not stored.
    pub fn not_admitted_as(plural: &str, group: &str, name: &str, why: &str) -> Self {
        let message = format!("{} {} is forbidden: {why}", qualified(plural, group), quote(name));
        Self::new(403, "Forbidden", message).about(details(plural, group, name))
    }

    /// 404: there is no object of that name.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {} not found", resource.qualified(), quote(name));
        Self::new(404, "NotFound", message).about(resource_details(resource, name))
    }

    /// 404 by a cache, which calls the kind by another name.
    pub fn not_found_as(kind: &str, group: &str, name: &str) -> Self {
        let message = format!("{} {} not found", qualified(kind, group), quote(name));
        Self::new(404, "NotFound", message).about(details(kind, group, name))
    }

    /// 404: no endpoint has that path.
    pub fn no_route() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
            .about(Details::default())
    }

    /// 405: the endpoint does not know the method.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).about(Details::default())
    }

    /// 405: there is a list, but nothing tells of its changes.
    pub fn not_watched(plural: &str) -> Self {
        let message = format!("watch is not supported on resources of kind {}", quote(plural));
        Self::new(405, "MethodNotAllowed", message).about(details(plural, "", ""))
    }

    /// 406 by the router.
    pub fn no_representation(available: &str) -> Self {
        let message = format!("406: Not Acceptable\n\nAvailable representations: {available}");
        Self::new(406, "NotAcceptable", message).about(Details::default())
    }

    /// 406 by the handler.
    pub fn not_acceptable(message: impl Into<String>) -> Self {
        Self::new(406, "NotAcceptable", message)
    }

    /// 409: the name is taken, perhaps by an object that is going.
    pub fn already_exists(resource: &Resource, name: &str, going: bool) -> Self {
        let going = if going { "object is being deleted: " } else { "" };
        let message = format!("{going}{} {} already exists", resource.qualified(), quote(name));
        Self::new(409, "AlreadyExists", message).about(resource_details(resource, name))
    }

    /// The same for a name that the server may have made: it might make another.
    #[must_use]
    pub fn generated(mut self) -> Self {
        self.message.push_str(", the server was not able to generate a unique name for the object");
        if let Some(details) = &mut self.details {
            details.retry_after = 1;
        }
        self
    }

    /// 409: the object is not the one that the request means. `kind` is what the text calls it.
    pub fn conflict(kind: &str, group: &str, name: &str, why: &str) -> Self {
        let what = qualified(kind, group);
        let message = format!("Operation cannot be fulfilled on {what} {}: {why}", quote(name));
        Self::new(409, "Conflict", message).about(details(kind, group, name))
    }

    /// 409: others own what is applied.
    pub fn apply_conflict(message: String, causes: Vec<Cause>) -> Self {
        Self::new(409, "Conflict", message).about(Details { causes, ..Details::default() })
    }

    /// 406: a list was to be shown as one object.
    pub fn is_a_list(resource: &Resource) -> Self {
        let package = match resource.group {
            "" => "core",
            _ => "rbac",
        };
        let message = format!(
            "you requested PartialObjectMetadata, but the requested object is a list (*{package}.{}List)",
            resource.name
        );
        Self::not_acceptable(message)
    }

    /// 410: what is asked for has been forgotten.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 410: a list cannot go on from where it was; the token goes on from what is now.
    pub fn expired_token(token: &str) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        Self { token: token.to_owned(), ..Self::expired(message) }
    }

    /// 504: a version that is not there yet.
    pub fn version_too_large(wanted: u64, newest: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {newest}");
        let cause = Cause {
            reason: "ResourceVersionTooLarge",
            message: "Too large resource version".to_owned(),
            field: String::new(),
        };
        let details = Details { causes: vec![cause], retry_after: 1, ..Details::default() };
        Self::new(504, "Timeout", message).about(details)
    }

    /// 413: the body is too long, or what is in it is too much.
    pub fn too_large(why: &str) -> Self {
        let message = format!("Request entity too large: {why}");
        Self::new(413, "RequestEntityTooLarge", message)
    }

    /// 415: the body is of a type that nobody reads.
    pub fn unsupported_media_type(message: &str) -> Self {
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 415 by the router.
    pub fn unread_media_type() -> Self {
        Self::new(415, "UnsupportedMediaType", "415: Unsupported Media Type")
            .about(Details::default())
    }

    /// 422: fields that rules refuse.
    pub fn invalid(kind: &str, group: &str, name: &str, errors: Vec<FieldError>) -> Self {
        let texts = errors.iter().map(|error| format!("{}: {}", error.field, error.text));
        let mut texts = texts.collect::<Distinct<_>>().into_vec();
        let list =
            if texts.len() == 1 { texts.remove(0) } else { format!("[{}]", texts.join(", ")) };
        let message = format!("{} {} is invalid: {list}", qualified(kind, group), quote(name));
        let causes = errors
            .into_iter()
            .map(|error| Cause { reason: error.reason, message: error.text, field: error.field })
            .collect();
        Self::new(422, "Invalid", message).about(Details { causes, ..details(kind, group, name) })
    }

    /// 429: the server has too much to do.
    pub fn too_many_requests(message: String, seconds: u32) -> Self {
        let details = Details { retry_after: seconds, ..Details::default() };
        Self::new(429, "TooManyRequests", message).about(details)
    }

    /// 503: the server is not there for this.
    pub fn service_unavailable(message: String) -> Self {
        Self { nosniff: true, ..Self::new(503, "ServiceUnavailable", message) }
    }

    /// 504: the server took too long.
    pub fn timeout(what: &str, seconds: u32) -> Self {
        let details = Details { retry_after: seconds, ..Details::default() };
        Self::new(504, "Timeout", format!("Timeout: {what}")).about(details)
    }

    /// 500: the server's own fault.
    pub fn internal(what: &str) -> Self {
        let message = format!("Internal error occurred: {what}");
        let cause = Cause { reason: "", message: what.to_owned(), field: String::new() };
        Self::new(500, "InternalError", message)
            .about(Details { causes: vec![cause], ..Details::default() })
    }

    /// 500: a new object cannot have a version. kube-apiserver gives no reason.
    pub fn version_on_create() -> Self {
        Self::new(500, "", "resourceVersion should not be set on objects to be created")
    }

    /// 500: the answer cannot be written as the client wants it.
    pub fn unencodable(why: String) -> Self {
        Self::new(500, "", why)
    }

    /// 422: a patch that does not fit the object.
    pub fn unfit_patch() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(422, "Invalid", message).about(Details::default())
    }

    /// 500: an error that kube-apiserver did not plan for, and gives no reason.
    pub fn unplanned(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// 500: a version that is no number. kube-apiserver gives no reason.
    pub fn unreadable_version(version: &str) -> Self {
        let quoted = quote(version);
        Self::new(500, "", format!("strconv.ParseUint: parsing {quoted}: invalid syntax"))
    }

    /// The Status of this failure.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        });
        if self.reason.is_empty() {
            status["reason"] = Value::Null;
        }
        if !self.token.is_empty() {
            status["metadata"]["continue"] = self.token.as_str().into();
        }
        if let Some(details) = &self.details {
            status["details"] = details.to_value();
        }
        status
    }
}

impl Details {
    /// The details of a Status.
    pub fn to_value(&self) -> Value {
        let mut value = Map::new();
        for (member, text) in [("name", &self.name), ("group", &self.group), ("kind", &self.kind)] {
            if !text.is_empty() {
                value.insert(member.to_owned(), text.as_str().into());
            }
        }
        if !self.causes.is_empty() {
            value.insert("causes".to_owned(), self.causes.iter().map(Cause::to_value).collect());
        }
        if self.retry_after > 0 {
            value.insert("retryAfterSeconds".to_owned(), self.retry_after.into());
        }
        Value::Object(value)
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let members = [("reason", self.reason), ("message", &self.message), ("field", &self.field)];
        let members = members.into_iter().filter(|(_, text)| !text.is_empty());
        members.map(|(member, text)| (member.to_owned(), Value::from(text))).collect()
    }
}

fn resource_details(resource: &Resource, name: &str) -> Details {
    details(resource.plural, resource.group, name)
}

fn details(kind: &str, group: &str, name: &str) -> Details {
    Details {
        name: name.to_owned(),
        group: group.to_owned(),
        kind: kind.to_owned(),
        causes: Vec::new(),
        retry_after: 0,
    }
}
