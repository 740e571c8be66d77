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
    /// How long a watch lasts, in seconds; it may be over before it begins.
    pub timeout: Option<i64>,
}

/// Reads the options of a list, or of a watch; `name` is that of the one object that is meant.
pub fn read(exchange: &Exchange<'_>, name: Option<&str>) -> Result<ListOptions, Failure> {
    let query = &exchange.query;
    let limit = number(query.get("limit"))?.and_then(|limit| u64::try_from(limit).ok());
    let timeout = number(query.get("timeoutSeconds"))?;
    let mut selector = selector::read(exchange)?;
    let flag = |name: &str| {
        let value = query.get(name);
        query.has(name) && value != "0" && !value.eq_ignore_ascii_case("false")
    };
    let initial = query.has("sendInitialEvents").then(|| flag("sendInitialEvents"));
    let (version, fit) = (query.get("resourceVersion"), query.get("resourceVersionMatch"));
    let token = query.get("continue");
    let errors = if flag("watch") {
        watch_errors(initial, version, fit, token)
    } else {
        list_errors(initial, version, fit, token)
    };
    if !errors.is_empty() {
        return Err(Failure::invalid("ListOptions", "meta.k8s.io", "", errors));
    }
    selector::check_fields(exchange, &selector)?;
    if let Some(name) = name {
        selector.narrow(name)?;
    }
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

fn watch_errors(initial: Option<bool>, version: &str, fit: &str, token: &str) -> Vec<FieldError> {
    // Who says nothing, and does not begin from a version, wants what is there first.
    let (initial, fit) = match (initial, fit, version) {
        (None, "", "" | "0") => (Some(true), "NotOlderThan"),
        _ => (initial, fit),
    };
    let mut errors = Vec::new();
    let mut forbid = |detail: &str| errors.push(FieldError::forbidden(MATCH, detail));
    if initial.is_some() && fit != "NotOlderThan" {
        forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if fit.is_empty() {
        return errors;
    }
    if initial.is_none() {
        forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if fit != "NotOlderThan" {
        errors.push(FieldError::unsupported(MATCH, fit, r#""NotOlderThan""#));
    }
    if !token.is_empty() {
        let detail = "resourceVersionMatch is forbidden when continue is provided";
        errors.push(FieldError::forbidden(MATCH, detail));
    }
    errors
}

fn list_errors(initial: Option<bool>, version: &str, fit: &str, token: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !fit.is_empty() {
        errors.extend(match_errors(version, fit, token));
    }
    if initial.is_some() {
        let detail = "sendInitialEvents is forbidden for list";
        errors.push(FieldError::forbidden("sendInitialEvents", detail));
    }
    errors
}

fn match_errors(version: &str, fit: &str, token: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
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
