//! Errors that are injected, in Google's words: it is out of order, a quota is used up, the API is
//! turned off, a permission is missing. The emulator never produces these on its own.
//!
//! Sources: public recordings; `google/api/error_reason.proto`; the IAM permissions of the API.

use {
    super::{
        front::{self, is_grpc},
        grpc, names,
        rest::{self, Exchange},
        service::Service,
        status::{Code, Detail, Status},
    },
    crate::{
        api::{
            Request, Response,
            faults::{self, Refusal},
        },
        world::World,
    },
    http::header::RETRY_AFTER,
};

/// The full name of the method that a request calls, if it calls one. The body is not looked at.
pub(super) fn called_method(request: &Request) -> Option<String> {
    if is_grpc(&request.head.headers) {
        front::method(request.path()).map(|(_, method)| method.name.clone())
    } else {
        rest::target(request).map(|target| target.method)
    }
}

/// The error in the form that a request wants.
pub(super) fn refuse(world: &World, request: &Request, refusal: &Refusal) -> Response {
    let target = target(request).unwrap_or_default();
    let status = status(refusal, &target);
    if is_grpc(&request.head.headers) {
        return grpc::error(front::schema(), &status);
    }
    let mut response = Exchange::new(world, request).error(&status);
    if let Some(seconds) = refusal.retry_after {
        response.headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// What a request is for.
pub(super) struct Target {
    pub(super) service: &'static Service,
    /// The method's full name.
    pub(super) method: String,
    /// What it works on, as far as that can be read.
    pub(super) resource: String,
}

impl Default for Target {
    fn default() -> Self {
        let (method, resource) = (String::new(), String::new());
        Self { service: front::default_service(), method, resource }
    }
}

fn target(request: &Request) -> Option<Target> {
    if is_grpc(&request.head.headers) { grpc::target(request) } else { rest::target(request) }
}

fn status(refusal: &Refusal, Target { service, method, resource }: &Target) -> Status {
    let code = match &refusal.code {
        faults::Code::Name(name) => Code::named(name).unwrap_or(Code::Unknown),
        faults::Code::Status(_) => Code::Unknown,
    };
    let project = resource.split('/').nth(1).unwrap_or_default();
    let status = match refusal.reason.as_str() {
        "" => Status::new(code, sentence(code)),
        "SERVICE_DISABLED" => service_disabled(service, code, project),
        "IAM_PERMISSION_DENIED" => permission_denied(service, code, (method, resource)),
        "RATE_LIMIT_EXCEEDED" => quota_exceeded(service, code, &names::project_number(project)),
        reason => {
            let metadata =
                vec![("service", service.name.to_owned()), ("method", method.to_owned())];
            Status::new(code, sentence(code)).with(info(reason, "googleapis.com", metadata))
        }
    };
    let status = match refusal.retry_after {
        Some(seconds) => status.with(Detail::RetryInfo(seconds)),
        None => status,
    };
    match refusal.message.as_str() {
        "" => status,
        message => Status { message: message.to_owned(), ..status },
    }
}

/// What Google says with a code when it says nothing more.
fn sentence(code: Code) -> &'static str {
    match code {
        Code::Cancelled => "The operation was cancelled.",
        Code::Unknown => "Unknown Error.",
        Code::InvalidArgument => "Request contains an invalid argument.",
        Code::DeadlineExceeded => "Deadline expired before operation could complete.",
        Code::NotFound => "Requested entity was not found.",
        Code::AlreadyExists => "Requested entity already exists",
        Code::PermissionDenied => "The caller does not have permission",
        Code::ResourceExhausted => "Resource has been exhausted (e.g. check quota).",
        Code::FailedPrecondition => "Precondition check failed.",
        Code::Aborted => "The operation was aborted.",
        Code::OutOfRange => "The operation was attempted past the valid range.",
        Code::Unimplemented => "Operation is not implemented, or supported, or enabled.",
        Code::Internal => "Internal error encountered.",
        Code::Unavailable => "The service is currently unavailable.",
        Code::DataLoss => "Unrecoverable data loss or data corruption.",
        Code::Unauthenticated => "The request does not have valid authentication credentials.",
    }
}

fn service_disabled(service: &Service, code: Code, project: &str) -> Status {
    let Service { name, title, .. } = service;
    let url =
        format!("https://console.developers.google.com/apis/api/{name}/overview?project={project}");
    let message = format!(
        "{title} has not been used in project {project} before or it is disabled. Enable it by \
         visiting {url} then retry. If you enabled this API recently, wait a few minutes for the \
         action to propagate to our systems and retry."
    );
    let metadata = vec![
        ("consumer", format!("projects/{project}")),
        ("service", service.name.to_owned()),
        ("serviceTitle", (*title).to_owned()),
        ("containerInfo", project.to_owned()),
        ("activationUrl", url.clone()),
    ];
    Status::new(code, message.clone())
        .with(info("SERVICE_DISABLED", "googleapis.com", metadata))
        .with(Detail::LocalizedMessage(message))
        .with(Detail::Help("Google developers console API activation", url))
}

fn permission_denied(service: &Service, code: Code, (method, resource): (&str, &str)) -> Status {
    let (name, permission) = (service.name, (service.permission)(method));
    let message = format!(
        "Permission '{permission}' denied on resource '//{name}/{resource}' (or it may not \
         exist)."
    );
    let metadata = vec![("permission", permission), ("resource", resource.to_owned())];
    Status::new(code, message).with(info("IAM_PERMISSION_DENIED", "iam.googleapis.com", metadata))
}

fn quota_exceeded(service: &Service, code: Code, number: &str) -> Status {
    let name = service.name;
    let (metric, limit) = (format!("{name}/requests"), "RequestsPerMinutePerProject");
    let message = format!(
        "Quota exceeded for quota metric '{metric}' and limit '{limit}' of service '{name}' for \
         consumer 'project_number:{number}'."
    );
    let metadata = vec![
        ("consumer", format!("projects/{number}")),
        ("service", service.name.to_owned()),
        ("quota_metric", metric),
        ("quota_limit", limit.to_owned()),
        ("quota_limit_value", "60".to_owned()),
        ("quota_location", "global".to_owned()),
        ("quota_unit", "1/min/{project}".to_owned()),
    ];
    let url = "https://cloud.google.com/docs/quotas/help/request_increase";
    Status::new(code, message)
        .with(info("RATE_LIMIT_EXCEEDED", "googleapis.com", metadata))
        .with(Detail::Help("Request a higher quota limit.", url.to_owned()))
}

fn info(reason: &str, domain: &'static str, metadata: Vec<(&'static str, String)>) -> Detail {
    Detail::ErrorInfo { reason: reason.to_owned().into(), domain, metadata }
}
