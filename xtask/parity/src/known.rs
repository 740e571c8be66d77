//! Differences that stay, each with its reason.

use {
    crate::{request::Request, run::Case, scenario::Told},
    serde_json::Value,
};

/// The start of a path, what the emulator answers below it, and why that differs.
struct Known {
    path: &'static str,
    status: u16,
    reason: &'static str,
}

/// How many there are at most: whoever takes one off makes this smaller.
#[cfg(test)]
const MOST: usize = 6;

/// Why a difference stays, if it is one that does.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    let request = case.scenario.steps.last()?;
    reason_of(request, case.real.status, case.ours.status)
        .or_else(|| is_of_map_order(&case.real, &case.ours).then_some(MAP_ORDER))
}

const MAP_ORDER: &str = "the order of a Go map decides which errors come before the unknown field";

/// Whether a refused apply differs only in how many of its errors are named: kube-apiserver walks
/// the members in the random order of a Go map, and stops at the first one that the schema lacks.
/// The emulator names all of them. Source: structured-merge-diff `typed/validate.go`,
/// visitMapItems.
fn is_of_map_order(real: &Told, ours: &Told) -> bool {
    if real.status != ours.status || real.headers != ours.headers || real.body == ours.body {
        return false;
    }
    let errors = |body: &str| -> Option<(String, Vec<String>)> {
        let document: Value = serde_json::from_str(body).ok()?;
        let message = document["message"].as_str()?;
        let message = message.strip_prefix("failed to create typed patch object (")?;
        let (object, errors) = message.split_once("): ")?;
        let errors = errors.strip_prefix("errors:\n").unwrap_or(errors);
        let errors: Vec<_> = errors.lines().map(|line| line.trim().to_owned()).collect();
        let stops = errors.iter().any(|error| error.ends_with(": field not declared in schema"));
        stops.then(|| (object.to_owned(), errors))
    };
    match (errors(&real.body), errors(&ours.body)) {
        (Some((object, real)), Some((same, ours))) => {
            object == same && real.iter().all(|error| ours.contains(error))
        }
        _ => false,
    }
}

/// What differs is that the emulator does not know the place; that it lets in whom kube-apiserver
/// does not would be another matter.
fn reason_of(request: &Request, real: u16, ours: u16) -> Option<&'static str> {
    let below = |known: &Known| {
        let rest = request.path.strip_prefix(known.path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let excused = |known: &Known| ours == known.status && !matches!(real, 401 | 403);
    list().find(|known| below(known) && excused(known)).map(|known| known.reason)
}

fn list() -> impl Iterator<Item = Known> {
    let lines = include_str!("../known.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (place, reason) = line.split_once(": ")?;
        let (path, status) = place.split_once(' ')?;
        Some(Known { path, status: status.parse().ok()?, reason })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_a_reason_for_each_and_only_shrinks() {
        let lines = include_str!("../known.txt").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(list().count(), lines.count());
        assert!(list().count() <= MOST);
        assert!(list().all(|known| known.path.starts_with('/') && known.reason.len() > 10));
    }

    #[test]
    fn an_apply_may_name_more_errors_than_a_go_map_does() {
        let told = |errors: &str| {
            let message =
                format!("failed to create typed patch object (/a; /v1, Kind=B): {errors}");
            let body = serde_json::json!({"message": message}).to_string();
            Told { status: 500, headers: vec!["content-type: application/json".to_owned()], body }
        };
        let all = told("errors:\n  .x: duplicate entries\n  .y: field not declared in schema");
        let one = told(".y: field not declared in schema");
        assert!(is_of_map_order(&one, &all));
        assert!(!is_of_map_order(&all, &one));
        assert!(!is_of_map_order(&told(".x: duplicate entries"), &all));
        assert!(!is_of_map_order(&told(".z: field not declared in schema"), &all));
        // What else differs has another cause.
        assert!(!is_of_map_order(&one, &Told { status: 422, ..all.clone() }));
        assert!(!is_of_map_order(&one, &Told { headers: Vec::new(), ..all }));
        assert!(!is_of_map_order(&one, &one));
    }

    #[test]
    fn what_is_below_a_path_is_known() {
        assert!(reason_of(&Request::new("GET", "/debug/pprof"), 302, 404).is_some());
        assert!(reason_of(&Request::new("GET", "/debugger"), 302, 404).is_none());
    }

    #[test]
    fn a_refusal_is_never_known() {
        let metrics = Request::new("GET", "/metrics");
        assert!(reason_of(&metrics, 403, 404).is_none());
        assert!(reason_of(&metrics, 200, 401).is_none());
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let made = Request::new("POST", path);
        assert!(reason_of(&made, 422, 405).is_some());
        assert!(reason_of(&made, 401, 405).is_none());
        assert!(reason_of(&made, 201, 403).is_none());
    }
}
