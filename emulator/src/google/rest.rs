//! One exchange over REST. The order in which it is judged: route, credentials, project, body and
//! fields, and then the method itself.

use {
    super::{
        auth::{self, Credentials},
        page,
        schema::{Body, Method, Routed, Schema},
        service::{Context, Stop},
        status::{Code, Detail, Status},
        transcode::{
            bind, form, json,
            mask::{Mask, UnknownPath},
            query::{self, Taken},
            system::System,
            violation::Violation,
            write::{self, Style, Writer},
        },
    },
    crate::{
        server::message::{Answer, Fetched, Request, Response},
        world::World,
    },
    http::{HeaderName, HeaderValue, Method as HttpMethod, StatusCode, header},
    prost_reflect::{DynamicMessage, Value},
};

const JSON: &str = "application/json; charset=UTF-8";
const SCRIPT: &str = "text/javascript; charset=UTF-8";
const FORM: &str = "application/x-www-form-urlencoded";

/// The largest body that is taken, in bytes.
const LARGEST: usize = 10 << 20;

/// A request, as far as it is understood.
struct Exchange<'a> {
    world: &'a World,
    schema: &'a Schema,
    request: &'a Request,
    system: System,
    parameters: Vec<(String, String)>,
}

/// Answers one request.
pub(crate) fn answer(world: &World, request: &Request, fetched: &Fetched) -> Answer {
    let schema = Schema::get();
    let mut system = System::default();
    let parameters = system.take(form::parse(request.query()));
    if let Some(fields) = request.header("x-goog-fieldmask") {
        system.fields.get_or_insert_with(|| fields.to_owned());
    }
    let mut exchange = Exchange { world, schema, request, system, parameters };
    let http_method = exchange.http_method();
    let Some(routed) = schema.route(&http_method, request.path()) else {
        return page::not_found(request.path()).into();
    };
    match exchange.run(&routed, fetched) {
        Ok(response) => response.into(),
        Err(Stop::Fetch(fetch)) => Answer::Fetch(fetch),
        Err(Stop::Status(status)) => exchange.error(&status).into(),
    }
}

impl Exchange<'_> {
    /// The method that is meant: a POST may stand for another.
    fn http_method(&self) -> HttpMethod {
        let named =
            self.request.header("x-http-method-override").or(self.system.http_method.as_deref());
        match named.map(|named| named.to_ascii_uppercase().parse()) {
            Some(Ok(named)) if self.request.method == HttpMethod::POST => named,
            _ => self.request.method.clone(),
        }
    }

    fn run(&mut self, routed: &Routed<'_>, fetched: &Fetched) -> Result<Response, Stop> {
        self.take_form();
        let key = self.request.header("x-goog-api-key");
        let authorization = self.request.header_lossy("authorization");
        let credentials = Credentials {
            authorization: authorization.as_deref(),
            access_token: self.system.access_token.as_deref(),
            key: self.system.key.as_deref().or(key),
        };
        auth::check(self.world, routed.method, &credentials)?;
        auth::check_project(self.world, &routed.resource)?;
        let mask = self.mask(routed.method)?;
        let message = self.message(routed)?;
        let context =
            Context { world: self.world, schema: self.schema, method: routed.method, fetched };
        let answer = (routed.method.handler)(&context, &message)?;
        Ok(self.success(&answer, mask.as_ref()))
    }

    /// A form in the body is more of the query.
    fn take_form(&mut self) {
        if self.is_form() {
            let body = String::from_utf8_lossy(&self.request.body);
            let parameters = self.system.take(form::parse(&body));
            self.parameters.extend(parameters);
        }
    }

    fn is_form(&self) -> bool {
        let content_type = self.request.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case(FORM)
    }

    fn mask(&self, method: &Method) -> Result<Option<Mask>, Status> {
        if let Some(alt) = &self.system.bad_alt {
            let violation = Violation::invalid_value("alt", "TYPE_ENUM", &format!("\"{alt}\""));
            return Err(Status::violations(vec![violation]));
        }
        let Some(fields) = &self.system.fields else { return Ok(None) };
        let mask = Mask::parse(fields, &method.output);
        mask.map(Some).map_err(|UnknownPath(path)| {
            let description = format!(
                "Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
            );
            let violation = Violation { field: fields.clone(), description };
            Status::new(Code::InvalidArgument, "Request contains an invalid argument.")
                .with(Detail::BadRequest(vec![(violation, "")]))
        })
    }

    /// The request's message: body first, then the query, and the path has the last word.
    fn message(&self, routed: &Routed<'_>) -> Result<DynamicMessage, Status> {
        let mut message = DynamicMessage::new(routed.method.input.clone());
        let taken = match &routed.route.body {
            Body::Field(field) => Taken::Field(field),
            // A form's fields are the body.
            Body::Everything if !self.is_form() => Taken::Everything,
            Body::Everything | Body::Nothing => Taken::Nothing,
        };
        let mut bound = DynamicMessage::new(routed.method.input.clone());
        let mut violations = query::bind(&self.parameters, &mut bound, taken);
        if violations.is_empty() {
            violations = self.bind_body(&routed.route.body, &mut message)?;
        }
        if !violations.is_empty() {
            return Err(Status::violations(violations));
        }
        for (field, value) in bound.take_fields() {
            message.set_field(&field, value);
        }
        set_path(&mut message, &routed.method.resource_field, &routed.resource);
        Ok(message)
    }

    fn bind_body(
        &self,
        body: &Body,
        message: &mut DynamicMessage,
    ) -> Result<Vec<Violation>, Status> {
        let bytes = &self.request.body;
        if bytes.is_empty() || self.is_form() || *body == Body::Nothing {
            return Ok(Vec::new());
        }
        if self.request.truncated || bytes.len() > LARGEST {
            let message = format!("Request payload size exceeds the limit: {LARGEST} bytes.");
            return Err(Status::new(Code::InvalidArgument, message));
        }
        let json = json::parse(bytes).map_err(|json::SyntaxError(reason)| {
            Status::new(Code::InvalidArgument, format!("Invalid JSON payload received. {reason}"))
        })?;
        let Body::Field(name) = body else { return Ok(bind::bind(json, message, "")) };
        match message.get_field_by_name_mut(name) {
            Some(Value::Message(inner)) => Ok(bind::bind(json, inner, name)),
            _ => Ok(Vec::new()),
        }
    }

    fn success(&self, message: &DynamicMessage, mask: Option<&Mask>) -> Response {
        let System { pretty, enum_numbers, .. } = self.system;
        let body = write::write(message, Style { pretty, enum_numbers, mask });
        self.respond(StatusCode::OK, body)
    }

    fn error(&self, status: &Status) -> Response {
        let (_, http_status, _) = status.code.row();
        let http_status = StatusCode::from_u16(http_status).unwrap_or_default();
        let body = error_body(self.schema, &self.system, status);
        let mut response = self.respond(http_status, body);
        if let Some(challenge) = status.challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn respond(&self, status: StatusCode, body: String) -> Response {
        let mut response = match &self.system.callback {
            Some(callback) => {
                let script = format!("// API callback\n{callback}({});\n", body.trim_end());
                Response::new(status, SCRIPT, script)
            }
            None => Response::new(status, JSON, body),
        };
        for (name, value) in HEADERS {
            response.headers.append(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// What every answer of the API carries. `Alt-Svc` is left out: it would send clients to a port
/// of the emulator's host where nothing of it listens.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::VARY, "Origin"),
    (header::VARY, "X-Origin"),
    (header::VARY, "Referer"),
    (header::SERVER, "ESF"),
    (header::CACHE_CONTROL, "private"),
    (header::X_XSS_PROTECTION, "0"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

fn error_body(schema: &Schema, system: &System, status: &Status) -> String {
    let (_, http_status, name) = status.code.row();
    let mut writer = Writer::new(system.pretty, system.enum_numbers);
    writer.open('{');
    writer.key("error");
    writer.open('{');
    writer.key("code");
    writer.raw(http_status);
    writer.key("message");
    writer.string(&status.message);
    if system.legacy_errors {
        legacy_errors(&mut writer, status);
    }
    writer.key("status");
    writer.string(name);
    let message = status.to_message(schema);
    if let Some(Value::List(details)) = message.get_field_by_name("details").as_deref()
        && !details.is_empty()
    {
        writer.key("details");
        writer.open('[');
        for detail in details.iter().filter_map(Value::as_message) {
            writer.next();
            writer.message(detail, None);
        }
        writer.close(']');
    }
    writer.close('}');
    writer.close('}');
    writer.finish()
}

fn legacy_errors(writer: &mut Writer, status: &Status) {
    let reason = match status.code {
        Code::InvalidArgument | Code::FailedPrecondition => "badRequest",
        Code::Unauthenticated => "authError",
        Code::PermissionDenied => "forbidden",
        Code::NotFound => "notFound",
        Code::AlreadyExists | Code::Aborted => "conflict",
        Code::ResourceExhausted => "rateLimitExceeded",
        _ => "backendError",
    };
    writer.key("errors");
    writer.open('[');
    writer.next();
    writer.open('{');
    for (key, value) in
        [("message", status.message.as_str()), ("domain", "global"), ("reason", reason)]
    {
        writer.key(key);
        writer.string(value);
    }
    writer.close('}');
    writer.close(']');
}

fn set_path(message: &mut DynamicMessage, field: &str, value: &str) {
    match field.split_once('.') {
        None => message.set_field_by_name(field, Value::String(value.to_owned())),
        Some((parent, rest)) => {
            if let Some(Value::Message(inner)) = message.get_field_by_name_mut(parent) {
                set_path(inner, rest, value);
            }
        }
    }
}
