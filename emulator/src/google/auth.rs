//! Who may call: a bearer with the cloud-platform scope, when the emulator is strict about it.

use {
    super::{
        names::Project,
        schema::Method,
        service::Service,
        status::{Code, Detail, Status},
    },
    crate::world::{World, access_tokens::AccessToken, callers::Caller, settings::GoogleAuth},
    std::sync::Arc,
};

/// The one scope that opens this API.
pub const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

const EXPECTED: &str = "Expected OAuth 2 access token, login cookie or other valid authentication \
    credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

const MISSING: &str = "Bearer realm=\"https://accounts.google.com/\"";
const INVALID: &str = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
const INSUFFICIENT: &str = "Bearer realm=\"https://accounts.google.com/\", \
    error=\"insufficient_scope\", scope=\"https://www.googleapis.com/auth/cloud-platform\"";

/// What a request shows of itself.
#[derive(Default)]
pub(crate) struct Credentials<'a> {
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
    /// A bearer in the query.
    pub(crate) access_token: Option<&'a str>,
    /// An API key.
    pub(crate) key: Option<&'a str>,
}

/// Lets a request pass, and says whose it is as far as its bearer is known; or says why not.
pub(crate) fn check(
    world: &World,
    (service, method): (&Service, &Method),
    credentials: &Credentials<'_>,
) -> Result<Option<Caller>, Status> {
    let bearer = credentials.authorization.and_then(bearer).or(credentials.access_token);
    let bearer = bearer.filter(|bearer| !bearer.is_empty());
    if world.settings.google_auth == GoogleAuth::Off {
        return Ok(bearer.and_then(|bearer| world.access_tokens.get(bearer)).map(caller));
    }
    let Some(bearer) = bearer else {
        return Err(match credentials.key {
            // Google knows its keys by heart; here one is good as long as it looks like one.
            Some(key) if !key.starts_with("AIza") => bad_key(service),
            key => missing(service, method, key.is_some()),
        });
    };
    let Some(token) = world.access_tokens.get(bearer) else {
        return Err(unknown(service, method, bearer));
    };
    if token.grant.expires.is_some_and(|expires| expires <= world.clock.now()) {
        return Err(expired(service, method));
    }
    if !token.grant.scopes.iter().any(|scope| scope == CLOUD_PLATFORM) {
        return Err(insufficient(service, method));
    }
    Ok(Some(caller(token)))
}

fn caller(token: Arc<AccessToken>) -> Caller {
    Caller { username: token.grant.principal.clone(), ..Caller::default() }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn bad_key(service: &Service) -> Status {
    let metadata = vec![("service", service.name.to_owned())];
    let (reason, domain) = ("API_KEY_INVALID", "googleapis.com");
    let message = "API key not valid. Please pass a valid API key.";
    Status::new(Code::InvalidArgument, message)
        .with(Detail::ErrorInfo { reason: reason.into(), domain, metadata })
        .with(Detail::LocalizedMessage(message.to_owned()))
}

fn missing(service: &Service, method: &Method, has_key: bool) -> Status {
    let message = if has_key {
        "API keys are not supported by this API. Expected OAuth2 access token or other \
         authentication credentials that assert a principal. See \
         https://cloud.google.com/docs/authentication"
            .to_owned()
    } else {
        format!("Request is missing required authentication credential. {EXPECTED}")
    };
    let info = error_info("CREDENTIALS_MISSING", "googleapis.com", service, method);
    challenge(Status::new(Code::Unauthenticated, message).with(info), MISSING)
}

fn unknown(service: &Service, method: &Method, bearer: &str) -> Status {
    let status = invalid();
    if is_jwt_shaped(bearer) {
        status
    } else if bearer.starts_with("ya29.") {
        status.with(error_info("ACCESS_TOKEN_TYPE_UNSUPPORTED", "", service, method))
    } else {
        status.with(error_info("CREDENTIALS_MISSING", "", service, method))
    }
}

fn expired(service: &Service, method: &Method) -> Status {
    invalid().with(error_info("ACCESS_TOKEN_EXPIRED", "googleapis.com", service, method))
}

fn insufficient(service: &Service, method: &Method) -> Status {
    let info = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com", service, method);
    let status =
        Status::new(Code::PermissionDenied, "Request had insufficient authentication scopes.");
    challenge(status.with(info), INSUFFICIENT)
}

fn invalid() -> Status {
    let message = format!("Request had invalid authentication credentials. {EXPECTED}");
    challenge(Status::new(Code::Unauthenticated, message), INVALID)
}

fn challenge(status: Status, challenge: &'static str) -> Status {
    Status { challenge: Some(challenge), ..status }
}

fn error_info(
    reason: &'static str,
    domain: &'static str,
    service: &Service,
    method: &Method,
) -> Detail {
    let metadata = vec![("service", service.name.to_owned()), ("method", method.name.clone())];
    Detail::ErrorInfo { reason: reason.into(), domain, metadata }
}

fn is_jwt_shaped(bearer: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let parts: Vec<&str> = bearer.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(is_base64url))
}

/// Lets a request for a project pass if the project exists, by its id or its number: otherwise it
/// is refused, not missing. The same holds for a project that is to bear the cost.
pub(crate) fn check_project(
    world: &World,
    service: &Service,
    resource: &str,
    payer: Option<&str>,
) -> Result<(), Status> {
    let Some(projects) = &world.settings.google_projects else { return Ok(()) };
    let exists = |project: &Project| projects.iter().any(|known| project.is(known));
    let payer = payer.map(|payer| payer.strip_prefix("projects/").unwrap_or(payer));
    let payer = payer.filter(|payer| !payer.is_empty());
    if let Some(payer) = payer.filter(|it| !exists(&Project::of(&format!("projects/{it}")))) {
        return Err(no_payer(service, payer));
    }
    let project = Project::of(resource);
    let project = match project.as_written() {
        "" => return Ok(()),
        _ if exists(&project) => return Ok(()),
        written => written,
    };
    let message = format!("Permission denied on resource project {project}.");
    let metadata = vec![
        ("containerInfo", project.to_owned()),
        ("consumer", format!("projects/{project}")),
        ("service", service.name.to_owned()),
    ];
    Err(Status::new(Code::PermissionDenied, message.clone())
        .with(Detail::ErrorInfo {
            reason: "CONSUMER_INVALID".into(),
            domain: "googleapis.com",
            metadata,
        })
        .with(Detail::LocalizedMessage(message))
        .with(Detail::Help(
            "Google developers console",
            "https://console.developers.google.com".to_owned(),
        )))
}

fn no_payer(service: &Service, project: &str) -> Status {
    let url =
        format!("https://console.developers.google.com/iam-admin/iam/project?project={project}");
    let message = format!(
        "Caller does not have required permission to use project {project}. Grant the caller the \
         roles/serviceusage.serviceUsageConsumer role, or a custom role with the \
         serviceusage.services.use permission, by visiting {url} and then retry. Propagation of \
         the new permission may take a few minutes."
    );
    let metadata =
        vec![("service", service.name.to_owned()), ("consumer", format!("projects/{project}"))];
    let (reason, domain) = ("USER_PROJECT_DENIED", "googleapis.com");
    Status::new(Code::PermissionDenied, message.clone())
        .with(Detail::ErrorInfo { reason: reason.into(), domain, metadata })
        .with(Detail::LocalizedMessage(message))
        .with(Detail::Help("Google developer console IAM admin", url))
}
