//! One exchange over REST. The order in which it is judged: route, credentials, project, body and
//! fields, and then the method itself.

mod answer;
mod body;
mod cors;

use {
    super::{
        auth::{self, Credentials},
        fault::Target,
        front, page,
        schema::{Body, Method, Routed},
        service::{Service, Stop},
        status::{Code, Detail, Status},
        transcode::{
            bind, form, json,
            mask::{Fault, Mask},
            query::{self, Taken},
            system::System,
            violation::Violation,
        },
        wire,
    },
    crate::{
        api::{Answer, Fetched, Request, Response},
        world::{World, journal::Summary},
    },
    body::{MediaType, media_type},
    http::Method as HttpMethod,
    prost::Message,
    prost_reflect::DynamicMessage,
    std::{borrow::Cow, sync::Arc},
};

pub(crate) use body::LARGEST;

/// A request, as far as it is understood.
pub(super) struct Exchange<'a> {
    world: &'a World,
    request: &'a Request,
    system: System,
    parameters: Vec<(String, String)>,
}

/// Answers one request.
pub(crate) fn answer(world: &World, request: &Request, fetched: &Fetched) -> Answer {
    if let Some(preflight) = cors::preflight(request) {
        return preflight.into();
    }
    let mut exchange = Exchange::new(world, request);
    let http_method = http_method(request, &exchange.system);
    let Some((service, routed)) = front::route(&http_method, request.path()) else {
        return page::not_found(request.path()).into();
    };
    let mut summary = Summary { operation: routed.method.operation.into(), ..Summary::default() };
    let answer = match exchange.run((service, &routed), fetched, &mut summary) {
        Ok(response) => response.into(),
        Err(Stop::Fetch(fetch)) => Answer::Fetch(fetch),
        Err(Stop::Status(status)) => exchange.error(&status).into(),
    };
    answer.about(summary)
}

/// What a request is for, if it is for a method.
pub(super) fn target(request: &Request) -> Option<Target> {
    let mut system = System::default();
    system.take(form::parse(request.query()));
    let http_method = http_method(request, &system);
    let (service, Routed { method, resource, .. }) = front::route(&http_method, request.path())?;
    Some(Target { service, method: method.name.clone(), resource })
}

/// The HTTP method that is meant: a POST may stand for another.
fn http_method(request: &Request, system: &System) -> HttpMethod {
    let named = request.header("x-http-method-override").or(system.http_method.as_deref());
    match named.map(|named| named.to_ascii_uppercase().parse()) {
        Some(Ok(named)) if request.head.method == HttpMethod::POST => named,
        _ => request.head.method.clone(),
    }
}

impl<'a> Exchange<'a> {
    /// What the query and the headers say.
    pub(super) fn new(world: &'a World, request: &'a Request) -> Self {
        let mut system = System::default();
        let parameters = system.take(form::parse(request.query()));
        if let Some(fields) = request.header("x-goog-fieldmask") {
            system.fields.get_or_insert_with(|| fields.to_owned());
        }
        Self { world, request, system, parameters }
    }
}

impl Exchange<'_> {
    fn run(
        &mut self,
        (service, routed): (&'static Service, &Routed<'_>),
        fetched: &Fetched,
        summary: &mut Summary,
    ) -> Result<Response, Stop> {
        self.take_form();
        let key = self.request.header("x-goog-api-key");
        let authorization = self.request.header_lossy("authorization");
        let credentials = Credentials {
            authorization: authorization.as_deref(),
            access_token: self.system.access_token.as_deref(),
            key: self.system.key.as_deref().or(key),
        };
        let caller = auth::check(self.world, (service, routed.method), &credentials)?;
        summary.caller = caller.map(Arc::new);
        let payer = self.request.header("x-goog-user-project");
        let payer = self.system.user_project.as_deref().or(payer);
        auth::check_project(self.world, service, &routed.resource, payer)?;
        let mask = self.mask(routed.method)?;
        let message = self.message(routed)?;
        service.note(routed.method, &message, summary);
        let answer = service.call(self.world, routed.method, fetched, message)?;
        Ok(self.success(answer, mask.as_ref()))
    }

    /// A form in the body is more of the query.
    fn take_form(&mut self) {
        // One that cannot be unpacked is told of when the body's turn comes.
        if media_type(self.request) == MediaType::Form
            && let Ok(bytes) = body::unpacked(self.request)
        {
            let parameters = self.system.take(form::parse(&String::from_utf8_lossy(&bytes)));
            self.parameters.extend(parameters);
        }
    }

    fn mask(&self, method: &Method) -> Result<Option<Mask>, Status> {
        if let Some(alt) = &self.system.bad_alt {
            let violation = Violation::invalid_value("alt", "TYPE_ENUM", &format!("\"{alt}\""));
            return Err(Status::violations(vec![violation]));
        }
        let Some(fields) = &self.system.fields else { return Ok(None) };
        let mask = Mask::parse(fields, &method.output);
        mask.map(Some).map_err(|fault| {
            let why = match fault {
                Fault::UnknownPath(path) => {
                    format!("Cannot find matching fields for path '{path}'.")
                }
                Fault::Syntax(at) => format!("Unexpected text at position {at}."),
            };
            let description = format!("Error expanding 'fields' parameter. {why}");
            let violation = Violation { field: fields.clone(), description };
            Status::new(Code::InvalidArgument, "Request contains an invalid argument.")
                .with(Detail::BadRequest(vec![(violation, "")]))
        })
    }

    /// The request's message: body first, then the query, and the path has the last word.
    fn message(&self, routed: &Routed<'_>) -> Result<DynamicMessage, Status> {
        if self.request.broken {
            return Err(body::refused("The request's body could not be read."));
        }
        let mut message = DynamicMessage::new(routed.method.input.clone());
        let taken = match &routed.route.body {
            Body::Field(field) => Taken::Field(field),
            // A form's fields are the body.
            Body::Everything if media_type(self.request) != MediaType::Form => {
                Taken::AllBut(&routed.method.resource_field)
            }
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
        wire::set_text_at(&mut message, &routed.method.resource_field, &routed.resource);
        Ok(message)
    }

    fn bind_body(
        &self,
        body: &Body,
        message: &mut DynamicMessage,
    ) -> Result<Vec<Violation>, Status> {
        let bytes = match body {
            Body::Nothing => Cow::Borrowed(&[][..]),
            Body::Everything | Body::Field(_) => body::unpacked(self.request)?,
        };
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let (message, at) = match body {
            Body::Field(name) => (wire::fill(message, name), name.as_str()),
            Body::Everything | Body::Nothing => (message, ""),
        };
        match media_type(self.request) {
            MediaType::Form => Ok(Vec::new()),
            MediaType::Protobuf => {
                let merged = message.merge(&*bytes).map(|()| Vec::new());
                merged.map_err(|_| body::refused("Invalid protobuf payload received."))
            }
            MediaType::Json => {
                let json = json::parse(&bytes).map_err(|json::SyntaxError(reason)| {
                    body::refused(&format!("Invalid JSON payload received. {reason}"))
                })?;
                Ok(bind::bind(json, message, at))
            }
            MediaType::Other(name) => {
                Err(body::refused(&format!("Unsupported content type: {name}.")))
            }
        }
    }
}
