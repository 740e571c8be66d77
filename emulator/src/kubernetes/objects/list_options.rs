//! What the query of a list, a watch or a deletion of a collection asks for.
//!
//! Source: apimachinery `pkg/apis/meta/internalversion/validation/validation.go`.

use crate::{
    codec::quote::quote,
    kubernetes::{
        exchange::Exchange,
        selector::{self, Selector},
        status::{Failure, FieldError},
    },
    world::objects::Kind,
};

/// The options of a list or watch.
#[derive(Debug)]
pub struct ListOptions {
    /// Which objects are meant.
    pub selector: Selector,
    /// How many of them at most; 0 for all.
    pub limit: u64,
    /// Where an earlier list left off; empty for the start.
    pub token: String,
    /// The version asked for; empty for the newest.
    pub version: String,
    /// Whether it has to be that very version.
    pub exact: bool,
    /// Whether a watch begins with what is there.
    pub initial: Option<bool>,
    /// Whether a watch tells of versions at which nothing happened.
    pub bookmarks: bool,
    /// How long a watch lasts, in seconds.
    pub timeout: Option<u64>,
}

/// Reads the options of a list, or of a watch.
pub fn read(exchange: &Exchange<'_>, kind: Kind, watch: bool) -> Result<ListOptions, Failure> {
    let query = &exchange.query;
    let selector = selector::read(exchange)?;
    let limit = number(query.get("limit"))?.and_then(|limit| u64::try_from(limit).ok());
    let timeout = number(query.get("timeoutSeconds"))?.and_then(|it| u64::try_from(it).ok());
    let flag = |name: &str| {
        let value = query.get(name);
        query.has(name) && value != "0" && !value.eq_ignore_ascii_case("false")
    };
    let initial = query.has("sendInitialEvents").then(|| flag("sendInitialEvents"));
    let (version, fit) = (query.get("resourceVersion"), query.get("resourceVersionMatch"));
    let errors = if initial.is_some() || watch {
        watch_errors(watch, initial, fit)
    } else {
        list_errors(version, fit, query.get("continue"))
    };
    if !errors.is_empty() {
        return Err(Failure::invalid("ListOptions", "meta.k8s.io", "", errors));
    }
    selector::check_fields(kind, &selector)?;
    Ok(ListOptions {
        selector,
        limit: limit.unwrap_or(0),
        token: query.get("continue").to_owned(),
        version: version.to_owned(),
        exact: fit == "Exact",
        initial,
        bookmarks: flag("allowWatchBookmarks"),
        timeout,
    })
}

fn number(text: &str) -> Result<Option<i64>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let quoted = quote(text);
        Failure::bad_request(format!("strconv.ParseInt: parsing {quoted}: invalid syntax"))
    })
}

const MATCH: &str = "resourceVersionMatch";

fn watch_errors(watch: bool, initial: Option<bool>, fit: &str) -> Vec<FieldError> {
    let forbidden = |field: &str, detail: &str| vec![FieldError::forbidden(field, detail)];
    if !watch {
        return forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
    if initial.is_none() {
        let detail =
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
        return if fit.is_empty() { Vec::new() } else { forbidden(MATCH, detail) };
    }
    if fit == "NotOlderThan" {
        return Vec::new();
    }
    let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    let mut errors = forbidden(MATCH, detail);
    if !fit.is_empty() {
        errors.push(FieldError::unsupported(MATCH, fit, r#""NotOlderThan""#));
    }
    errors
}

fn list_errors(version: &str, fit: &str, token: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if fit.is_empty() {
        return errors;
    }
    if version.is_empty() {
        let detail = "resourceVersionMatch is forbidden unless resourceVersion is provided";
        errors.push(FieldError::forbidden(MATCH, detail));
    }
    if !token.is_empty() {
        let detail = "resourceVersionMatch is forbidden when continue is provided";
        errors.push(FieldError::forbidden(MATCH, detail));
    }
    if !matches!(fit, "Exact" | "NotOlderThan") {
        errors.push(FieldError::unsupported(MATCH, fit, r#""Exact", "NotOlderThan", """#));
    }
    if fit == "Exact" && version == "0" {
        let detail = r#"resourceVersionMatch "exact" is forbidden for resourceVersion "0""#;
        errors.push(FieldError::forbidden(MATCH, detail));
    }
    errors
}
