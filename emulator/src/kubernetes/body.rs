//! Bodies, in and out: what the client accepts, what it sent, and the options in its query.

use {
    crate::{
        codec::{
            DecodeError, Decoded, FieldValidation, Target, json,
            negotiate::{
                self, Invalid, MediaType, NOT_ACCEPTABLE, Output, Transform,
                UNSUPPORTED_MEDIA_TYPE, WriteOptions,
            },
            protobuf,
            schema::Schema,
            yaml,
        },
        kubernetes::{
            exchange::Exchange,
            objects::delete,
            status::{Failure, FieldError},
        },
    },
    bytes::Bytes,
    serde_json::{Value, json},
};

/// The media types of the API.
pub const MEDIA_TYPES: &[&str] =
    &["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/// The same for what can be watched.
pub const LISTED_TYPES: &[&str] = &[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];

/// The longest body that is read, in bytes.
pub(super) const LIMIT: usize = 3 << 20;

/// The router's test of `Accept`.
pub fn check_router(exchange: &Exchange<'_>, produced: &[&str]) -> Result<(), Failure> {
    let header = exchange.request.header("accept").unwrap_or("");
    if negotiate::is_routable(header, produced) {
        return Ok(());
    }
    Err(Failure::no_representation(&produced.join(", ")))
}

/// The router's test of `Content-Type`, where a document is read that takes no body at all.
/// Source: go-restful `route.go`, matchesContentType.
pub fn check_consumed(exchange: &Exchange<'_>, consumed: &[&str]) -> Result<(), Failure> {
    let header = exchange.request.head.headers.get(http::header::CONTENT_TYPE);
    let header = header.map_or("", |value| value.to_str().unwrap_or("?"));
    let matches = |part: &str| {
        let name = part.split(';').next().unwrap_or("").trim_matches(' ');
        consumed.contains(&name)
    };
    if consumed.is_empty() || header.is_empty() || header.split(',').any(matches) {
        return Ok(());
    }
    Err(Failure::unread_media_type())
}

/// The handler's choice of how to answer.
pub fn accept(exchange: &Exchange<'_>) -> Result<Output, Failure> {
    accept_as(exchange, false)
}

fn accept_as(exchange: &Exchange<'_>, tables: bool) -> Result<Output, Failure> {
    chosen(exchange, |header| negotiate::accept(header, tables))
}

fn chosen(
    exchange: &Exchange<'_>,
    choose: impl Fn(&str) -> Option<Output>,
) -> Result<Output, Failure> {
    let output = choose(exchange.request.header("accept").unwrap_or(""))
        .ok_or_else(|| Failure::not_acceptable(NOT_ACCEPTABLE))?;
    let client = exchange.request.header("user-agent").unwrap_or("");
    let pretty = output.pretty || negotiate::is_pretty(exchange.request.query(), client);
    Ok(Output { pretty, ..output })
}

/// The same for objects, which can be turned into tables.
pub fn accept_object(exchange: &Exchange<'_>) -> Result<Output, Failure> {
    accept_as(exchange, true)
}

/// The same for what cannot be turned into anything else.
pub fn accept_plain(exchange: &Exchange<'_>) -> Result<Output, Failure> {
    chosen(exchange, negotiate::accept_plain)
}

/// How an error is written: as the client accepts it, or as indented JSON.
pub fn accept_error(exchange: &Exchange<'_>) -> Output {
    let fallback = Output { pretty: true, ..Output::default() };
    accept_plain(exchange).unwrap_or(fallback)
}

/// Reads the object that is to be created, and the options of its creation.
pub fn read_created(
    exchange: &Exchange<'_>,
    api_version: &'static str,
    kind: &'static str,
) -> Result<(Value, WriteOptions), Failure> {
    read(exchange, api_version, kind, "CreateOptions")
}

/// Reads the object that is to replace another, and the options of that.
pub fn read_updated(
    exchange: &Exchange<'_>,
    api_version: &'static str,
    kind: &'static str,
) -> Result<(Value, WriteOptions), Failure> {
    read(exchange, api_version, kind, "UpdateOptions")
}

/// Reads the bytes of a patch, and the options of that; `applies` says that it is an apply.
pub fn read_patch<'a>(
    exchange: &Exchange<'a>,
    applies: bool,
) -> Result<(&'a [u8], WriteOptions), Failure> {
    let body = limited(exchange)?;
    let mut errors = Vec::new();
    if applies && exchange.query.get("fieldManager").is_empty() {
        errors.push(FieldError::required("fieldManager", "is required for apply patch"));
    }
    if !applies && exchange.query.has("force") {
        errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
    }
    let options = negotiate::write_options(&exchange.query).map_err(fields);
    match options {
        Ok(options) if errors.is_empty() => Ok((body, options)),
        options => {
            errors.extend(options.err().unwrap_or_default());
            Err(Failure::invalid("PatchOptions", "meta.k8s.io", "", errors))
        }
    }
}

fn read(
    exchange: &Exchange<'_>,
    api_version: &'static str,
    kind: &'static str,
    options_kind: &str,
) -> Result<(Value, WriteOptions), Failure> {
    // An update looks at the type of its body after all else, a creation before.
    let media_type = content_type(exchange);
    if options_kind == "CreateOptions" {
        media_type.as_ref().map_err(Clone::clone)?;
    }
    let body = limited(exchange)?;
    let options = negotiate::write_options(&exchange.query)
        .map_err(|invalid| Failure::invalid(options_kind, "meta.k8s.io", "", fields(invalid)))?;
    let media_type = media_type?;
    let target = Target::new(api_version, kind).expect("every kind that is read is in the schema");
    match decode(media_type, body, &target, options.field_validation) {
        Ok(Decoded { object, warnings }) => {
            warnings.into_iter().for_each(|warning| exchange.warn(warning));
            Ok((object, options))
        }
        Err(error) => {
            error.warnings.into_iter().for_each(|warning| exchange.warn(warning));
            Err(Failure::bad_request(error.message))
        }
    }
}

/// Reads the options of a deletion: from the body, or from the query when there is none.
/// Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go`.
pub fn read_delete_options(exchange: &Exchange<'_>) -> Result<delete::Options, Failure> {
    let body = limited(exchange)?;
    if body.is_empty() {
        return queried_delete_options(exchange);
    }
    let media_type = content_type(exchange)?;
    let target = Target::options("DeleteOptions").expect("the schema has them");
    let options = decode(media_type, body, &target, FieldValidation::Ignore)
        .map_err(|error| Failure::bad_request(error.cause))?
        .object;
    delete_options(&options)
}

/// The options of a deletion in a document; none at all are the usual ones.
pub fn delete_options(options: &Value) -> Result<delete::Options, Failure> {
    check_delete_options(options)?;
    let text = |pointer: &str| options.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let dry_run = options["dryRun"].as_array().is_some_and(|values| !values.is_empty());
    Ok(delete::Options {
        grace: options["gracePeriodSeconds"].as_i64(),
        uid: text("/preconditions/uid"),
        resource_version: text("/preconditions/resourceVersion"),
        policy: policy(options),
        dry_run,
    })
}

// What becomes of dependents, by the older of two members or the newer.
fn policy(options: &Value) -> String {
    match options["orphanDependents"].as_bool() {
        Some(true) => "Orphan".to_owned(),
        Some(false) => "Background".to_owned(),
        None => options["propagationPolicy"].as_str().unwrap_or("").to_owned(),
    }
}

// Source: apimachinery `pkg/apis/meta/v1/validation/validation.go`, ValidateDeleteOptions.
fn check_delete_options(options: &Value) -> Result<(), Failure> {
    let mut errors = Vec::new();
    let policy = &options["propagationPolicy"];
    if !policy.is_null() && !options["orphanDependents"].is_null() {
        let detail = "orphanDependents and deletionPropagation cannot be both set";
        errors.push(FieldError::invalid("propagationPolicy", policy, detail));
    }
    let unsupported = |field: &str, value: &Value, supported: &str| FieldError {
        reason: "FieldValueNotSupported",
        field: field.to_owned(),
        text: format!("Unsupported value: {value}: supported values: {supported}"),
    };
    if !policy.is_null() && !["Foreground", "Background", "Orphan"].iter().any(|it| policy == it) {
        let supported = r#""Foreground", "Background", "Orphan", "nil""#;
        errors.push(unsupported("propagationPolicy", policy, supported));
    }
    let values = options["dryRun"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !values.iter().all(|value| value == "All") {
        errors.push(unsupported("dryRun", &options["dryRun"], "\"All\""));
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(Failure::invalid("DeleteOptions", "meta.k8s.io", "", errors))
}

fn queried_delete_options(exchange: &Exchange<'_>) -> Result<delete::Options, Failure> {
    let query = &exchange.query;
    let grace = match query.get("gracePeriodSeconds") {
        "" if !query.has("gracePeriodSeconds") => None,
        text => Some(text.parse::<i64>().map_err(|_| {
            let quoted = crate::codec::quote::quote(text);
            Failure::bad_request(format!("strconv.ParseInt: parsing {quoted}: invalid syntax"))
        })?),
    };
    let text = |name: &str| query.has(name).then(|| query.get(name).to_owned());
    let dry_run: Vec<&str> = query.all("dryRun").collect();
    let options = json!({
        "propagationPolicy": text("propagationPolicy"),
        "orphanDependents": text("orphanDependents").map(|text| !matches!(&*text, "false" | "0")),
        "dryRun": dry_run,
    });
    check_delete_options(&options)?;
    let dry_run = !dry_run.is_empty();
    Ok(delete::Options { grace, dry_run, policy: policy(&options), ..delete::Options::default() })
}

/// An object, encoded for the client.
pub fn encode(object: &Value, output: &Output) -> Result<Bytes, Failure> {
    match output.transform {
        None => encode_whole(object, output),
        Some(Transform::PartialObjectMetadata(api_version)) => {
            let kind = "PartialObjectMetadata";
            encode_whole(&partial(object, kind, api_version), output)
        }
        Some(Transform::PartialObjectMetadataList(api_version)) => {
            let items = object["items"].as_array().ok_or_else(|| not_a_list(object))?;
            let items: Vec<_> = items
                .iter()
                .map(|item| partial(item, "PartialObjectMetadata", api_version))
                .collect();
            let mut list = partial(object, "PartialObjectMetadataList", api_version);
            // Go has a list of nothing there, which is not an empty list.
            list["items"] = if items.is_empty() { Value::Null } else { items.into() };
            encode_whole(&list, output)
        }
        Some(Transform::Table(_)) => Err(Failure::not_acceptable(NOT_ACCEPTABLE)),
    }
}

/// An object, encoded whole; YAML refuses some characters that JSON takes.
pub fn encode_whole(object: &Value, output: &Output) -> Result<Bytes, Failure> {
    let member = |name: &str| object[name].as_str().unwrap_or("");
    // The oldest discovery documents do not say their version.
    let api_version = match member("apiVersion") {
        "" | "meta.k8s.io/v1" | "meta.k8s.io/v1beta1" => "v1",
        api_version => api_version,
    };
    let root = |api_version, kind| Schema::get().root(api_version, kind);
    let structure = root(api_version, member("kind"))
        .or_else(|| root("meta.k8s.io/v1", member("kind")))
        // Of a kind that has no objects, only empty lists and bookmarks are ever told.
        .or_else(|| root("meta.k8s.io/v1", partial_kind(object)))
        .expect("every kind that is served is in the schema");
    let bytes = match output.media_type {
        MediaType::Json => json::encode(structure, object, output.pretty),
        MediaType::Yaml => yaml::encode(structure, object).map_err(Failure::unencodable)?,
        MediaType::Protobuf => protobuf::encode(structure, object),
    };
    Ok(bytes.into())
}

fn partial_kind(object: &Value) -> &'static str {
    if object["items"].is_array() { "PartialObjectMetadataList" } else { "PartialObjectMetadata" }
}

fn partial(object: &Value, kind: &str, api_version: &str) -> Value {
    json!({ "kind": kind, "apiVersion": api_version, "metadata": object["metadata"] })
}

fn not_a_list(object: &Value) -> Failure {
    let member = |name: &str| object[name].as_str().unwrap_or("");
    let package = member("apiVersion").split(['.', '/']).next().unwrap_or("").replace("v1", "core");
    Failure::not_acceptable(format!(
        "you requested PartialObjectMetadataList, but the requested object is not a list (*{package}.{})",
        member("kind")
    ))
}

fn content_type(exchange: &Exchange<'_>) -> Result<MediaType, Failure> {
    let header = exchange.request.head.headers.get(http::header::CONTENT_TYPE);
    // What is not visible ASCII names no type.
    let header = header.map_or("", |value| value.to_str().unwrap_or("?"));
    negotiate::content_type(header)
        .ok_or_else(|| Failure::unsupported_media_type(UNSUPPORTED_MEDIA_TYPE))
}

fn limited<'a>(exchange: &Exchange<'a>) -> Result<&'a [u8], Failure> {
    if exchange.request.broken {
        return Err(Failure::unplanned("the body of the request could not be read"));
    }
    let body = &exchange.request.body;
    if exchange.request.truncated {
        Err(Failure::too_large(&format!("limit is {LIMIT}")))
    } else {
        Ok(body)
    }
}

fn decode(
    media_type: MediaType,
    body: &[u8],
    target: &Target,
    validation: FieldValidation,
) -> Result<Decoded, DecodeError> {
    match media_type {
        MediaType::Json => json::decode(body, target, validation),
        MediaType::Yaml => yaml::decode(body, target, validation),
        MediaType::Protobuf => protobuf::decode(body, target),
    }
}

fn fields(invalid: Vec<Invalid>) -> Vec<FieldError> {
    let field = |Invalid { field, reason, detail }| FieldError {
        reason,
        field: String::from(field),
        text: detail,
    };
    invalid.into_iter().map(field).collect()
}
