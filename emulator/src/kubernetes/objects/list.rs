//! Listing objects, all of them or those that selectors leave, whole or in pieces.

use {
    crate::{
        codec::{json, negotiate::Transform, quote::quote_byte},
        kubernetes::{
            body,
            exchange::{Exchange, Outcome},
            kinds::Resource,
            names,
            objects::{
                self,
                list_options::{self, ListOptions},
            },
            status::Failure,
        },
        world::objects::{Kind, List, Object},
    },
    base64::{
        Engine,
        alphabet::URL_SAFE,
        engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
        prelude::BASE64_URL_SAFE_NO_PAD,
    },
    serde_json::{Value, json},
    std::sync::Arc,
};

/// Go does not mind what the bits after the last byte are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The version of continue tokens.
const TOKEN_VERSION: &str = "meta.k8s.io/v1";

/// The objects of a list, and what is said of them.
#[derive(Debug)]
pub struct Page {
    /// The objects.
    pub items: Vec<Arc<Object>>,
    /// The metadata of the list.
    pub metadata: Value,
}

/// Answers with the objects of a kind, in one namespace or in all.
pub fn list(
    exchange: &Exchange<'_>,
    resource: &'static Resource,
    namespace: Option<&str>,
) -> Outcome {
    let output = body::accept_object(exchange)?;
    let options = list_options::read(exchange, None)?;
    let page = page(exchange, resource, namespace, &options)?;
    if let Some(Transform::PartialObjectMetadata(_)) = output.transform {
        return Err(Failure::is_a_list(resource));
    }
    objects::reply_list(exchange, resource, page, output)
}

/// The objects that the options ask for.
pub fn page(
    exchange: &Exchange<'_>,
    resource: &Resource,
    namespace: Option<&str>,
    options: &ListOptions,
) -> Result<Page, Failure> {
    let namespace = namespace.or_else(|| narrowed(resource, options));
    let (list, start) = snapshot(exchange, resource, namespace, options)?;
    let mut rest = list
        .items
        .into_iter()
        .filter(|object| start.is_empty() || key(object, namespace).as_str() >= start.as_str());
    let limit = match usize::try_from(options.limit).unwrap_or(usize::MAX) {
        0 => usize::MAX,
        // What any version will do for comes from a cache, whole.
        _ if options.version == "0" => usize::MAX,
        limit => limit,
    };
    let matching: Vec<_> =
        rest.by_ref().filter(|object| options.selector.matches(object)).take(limit).collect();
    let mut metadata = json!({ "resourceVersion": list.resource_version.to_string() });
    // There is more when there is any object left: whether it is meant is not looked at.
    let rest = rest.count();
    if rest > 0 && !is_single(resource, namespace, options) {
        let last = matching.last().map(|object| key(object, namespace)).unwrap_or_default();
        metadata["continue"] = token(list.resource_version, &last).into();
        if options.selector.is_empty() {
            metadata["remainingItemCount"] = rest.into();
        }
    }
    Ok(Page { items: matching, metadata })
}

/// The namespace that a list of all is about by its field selector.
/// Source: apiserver `pkg/registry/generic/registry/store.go`, `ListPredicate`.
fn narrowed<'a>(resource: &Resource, options: &'a ListOptions) -> Option<&'a str> {
    let namespace = options.selector.exact("metadata.namespace")?;
    let begins = options.token.is_empty();
    let valid = names::name_faults(Kind::Namespace, namespace).is_empty();
    (begins && valid && resource.namespaced).then_some(namespace)
}

/// Whether it is about one object alone, which has none after it.
fn is_single(resource: &Resource, namespace: Option<&str>, options: &ListOptions) -> bool {
    let placed = namespace.is_some() || !resource.namespaced;
    placed && options.token.is_empty() && options.selector.exact("metadata.name").is_some()
}

/// The objects at the version that is asked for, and the key at which to begin.
fn snapshot(
    exchange: &Exchange<'_>,
    resource: &Resource,
    namespace: Option<&str>,
    options: &ListOptions,
) -> Result<(List, String), Failure> {
    let store = &exchange.world.objects;
    let newest = || store.list(resource.kind, namespace);
    if !options.token.is_empty() {
        let (version, start) = read_token(&options.token)?;
        if !matches!(options.version.as_str(), "" | "0") {
            let message = "specifying resource version is not allowed when using continue";
            return Err(Failure::bad_request(message));
        }
        let list = store.list_at(resource.kind, namespace, version);
        let list = list.ok_or_else(|| {
            Failure::expired_token(&token(newest().resource_version, start.trim_end_matches('\0')))
        })?;
        return Ok((list, start));
    }
    if options.version.is_empty() {
        return Ok((newest(), String::new()));
    }
    let version: u64 = options.version.parse().map_err(|_| {
        let quoted = crate::codec::quote::quote(&options.version);
        Failure::bad_request(format!(
            "invalid resource version: resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
        ))
    })?;
    let list = newest();
    if version > list.resource_version {
        return Err(Failure::version_too_large(version, list.resource_version));
    }
    if !options.exact {
        return Ok((list, String::new()));
    }
    let list = store.list_at(resource.kind, namespace, version);
    let list = list
        .ok_or_else(|| Failure::expired("The resourceVersion for the provided list is too old."))?;
    Ok((list, String::new()))
}

/// Where an object stands in a list.
fn key(object: &Object, namespace: Option<&str>) -> String {
    if namespace.is_some() || object.namespace.is_empty() {
        format!("/{}", object.name)
    } else {
        format!("/{}/{}", object.namespace, object.name)
    }
}

/// The token for what comes after a key.
fn token(version: u64, last: &str) -> String {
    let start = json!(format!("{last}\0")).to_string();
    let text = format!(r#"{{"v":"{TOKEN_VERSION}","rv":{version},"start":{start}}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn read_token(token: &str) -> Result<(u64, String), Failure> {
    let bad = |why: &str| {
        let message = format!("invalid continue token: continue key is not valid: {why}");
        Failure::bad_request(message)
    };
    let bytes = LENIENT.decode(token).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _)
            | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            // One character that is left over, which says nothing by itself.
            _ => token.len().saturating_sub(1),
        };
        bad(&format!("illegal base64 data at input byte {at}"))
    })?;
    json::check(&bytes).map_err(|error| match bytes.first() {
        // Go shows the first byte of what is no JSON as a character of Latin-1.
        Some(byte) if *byte >= 0x80 => {
            bad(&format!("invalid character {} looking for beginning of value", quote_byte(*byte)))
        }
        _ => bad(&error),
    })?;
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if value["v"] != TOKEN_VERSION {
        let version = value["v"].as_str().unwrap_or("");
        return Err(bad(&format!("server does not recognize this encoded version {}", version)));
    }
    match (value["rv"].as_u64(), value["start"].as_str()) {
        (None | Some(0), _) => {
            Err(bad("incorrect encoded start resourceVersion (version meta.k8s.io/v1)"))
        }
        (_, None | Some("")) => Err(bad("encoded start key empty (version meta.k8s.io/v1)")),
        (Some(version), Some(start)) => Ok((version, start.to_owned())),
    }
}
