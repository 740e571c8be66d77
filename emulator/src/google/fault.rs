//! Errors that are injected, in Google's words: it is out of order, a quota is used up, the API is
//! turned off, a permission is missing. None of these comes about here by itself. Sources: public recordings; `google/api/error_reason.proto`; the IAM permissions of the
//! API.

use {
    super::{
        auth::SERVICE,
        grpc, is_grpc, names,
        rest::{self, Exchange},
        schema::Schema,
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

/// The full name of the method that a request is for, if it is for one.
pub(super) fn method(request: &Request) -> Option<String> {
    target(request).map(|(method, _)| method)
}

/// The error in the form that a request wants.
pub(super) fn refuse(world: &World, request: &Request, refusal: &Refusal) -> Response {
    let (method, resource) = target(request).unwrap_or_default();
    let status = status(refusal, &method, &resource);
    let schema = Schema::get();
    if is_grpc(&request.head.headers) {
        grpc::error(schema, &status)
    } else {
        let mut response = Exchange::new(world, schema, request).error(&status);
        if let Some(seconds) = refusal.retry_after {
            response.headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The method, and what it works on.
fn target(request: &Request) -> Option<(String, String)> {
    let schema = Schema::get();
    if is_grpc(&request.head.headers) {
        return grpc::target(schema, request);
    }
    let routed = rest::route(schema, request)?;
    Some((routed.method.name.clone(), routed.resource))
}

fn status(refusal: &Refusal, method: &str, resource: &str) -> Status {
    let code = match &refusal.code {
        faults::Code::Name(name) => Code::named(name).unwrap_or(Code::Unknown),
        faults::Code::Status(_) => Code::Unknown,
    };
    let project = resource.split('/').nth(1).unwrap_or_default();
    let status = match refusal.reason.as_str() {
        "" => Status::new(code, sentence(code)),
        "SERVICE_DISABLED" => service_disabled(code, project),
        "IAM_PERMISSION_DENIED" => permission_denied(code, method, resource),
        "RATE_LIMIT_EXCEEDED" => quota_exceeded(code, &names::project_number(project)),
        reason => {
            let metadata = vec![("service", SERVICE.to_owned()), ("method", method.to_owned())];
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

fn service_disabled(code: Code, project: &str) -> Status {
    let title = "GKE Multi-Cloud API";
    let url = format!(
        "https://console.developers.google.com/apis/api/{SERVICE}/overview?project={project}"
    );
    let message = format!(
        "{title} has not been used in project {project} before or it is disabled. Enable it by \
         visiting {url} then retry. If you enabled this API recently, wait a few minutes for the \
         action to propagate to our systems and retry."
    );
    let metadata = vec![
        ("consumer", format!("projects/{project}")),
        ("service", SERVICE.to_owned()),
        ("serviceTitle", title.to_owned()),
        ("containerInfo", project.to_owned()),
        ("activationUrl", url.clone()),
    ];
    Status::new(code, message.clone())
        .with(info("SERVICE_DISABLED", "googleapis.com", metadata))
        .with(Detail::LocalizedMessage(message))
        .with(Detail::Help("Google developers console API activation", url))
}

fn permission_denied(code: Code, method: &str, resource: &str) -> Status {
    let permission = permission(method);
    let message = format!(
        "Permission '{permission}' denied on resource '//{SERVICE}/{resource}' (or it may not \
         exist)."
    );
    let metadata = vec![("permission", permission), ("resource", resource.to_owned())];
    Status::new(code, message).with(info("IAM_PERMISSION_DENIED", "iam.googleapis.com", metadata))
}

/// `gkemulticloud.attachedClusters.get`, as the method's name has it.
fn permission(method: &str) -> String {
    let name = method.rsplit('.').next().unwrap_or_default();
    let (verb, noun) = match name.find(|letter: char| letter.is_ascii_uppercase()) {
        Some(0) => name[1..]
            .find(|letter: char| letter.is_ascii_uppercase())
            .map_or((name, ""), |at| name.split_at(at + 1)),
        _ => (name, ""),
    };
    let (verb, noun) = match (verb, noun) {
        ("Generate", "AttachedClusterInstallManifest") => {
            ("generateInstallManifest", "AttachedClusters")
        }
        _ => (verb, noun),
    };
    let plural = if noun.ends_with('s') { "" } else { "s" };
    format!("gkemulticloud.{}{plural}.{}", lower(noun), lower(verb))
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn quota_exceeded(code: Code, number: &str) -> Status {
    let (metric, limit) = (format!("{SERVICE}/requests"), "RequestsPerMinutePerProject");
    let message = format!(
        "Quota exceeded for quota metric '{metric}' and limit '{limit}' of service '{SERVICE}' for \
         consumer 'project_number:{number}'."
    );
    let metadata = vec![
        ("consumer", format!("projects/{number}")),
        ("service", SERVICE.to_owned()),
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

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("AttachedClusters.GetAttachedCluster", "attachedClusters.get")]
    #[case("AttachedClusters.ListAttachedClusters", "attachedClusters.list")]
    #[case(
        "AttachedClusters.GenerateAttachedClusterInstallManifest",
        "attachedClusters.generateInstallManifest"
    )]
    #[case("AttachedClusters.GetAttachedServerConfig", "attachedServerConfigs.get")]
    #[case("Operations.CancelOperation", "operations.cancel")]
    fn a_method_wants_a_permission(#[case] method: &str, #[case] expected: &str) {
        assert_eq!(permission(method), format!("gkemulticloud.{expected}"));
    }
}
