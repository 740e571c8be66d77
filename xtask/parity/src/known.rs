//! Differences that stay, each with its reason.

use crate::{request::Request, run::Case};

/// The start of a path and why what is below it differs.
struct Known {
    path: &'static str,
    reason: &'static str,
}

/// How many there are at most: whoever takes one off makes this smaller.
#[cfg(test)]
const MOST: usize = 7;

/// Why a difference stays, if it is one that does.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    reason_of(case.scenario.steps.last()?)
}

fn reason_of(request: &Request) -> Option<&'static str> {
    let below = |known: &Known| {
        let rest = request.path.strip_prefix(known.path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    list().find(below).map(|known| known.reason)
}

fn list() -> impl Iterator<Item = Known> {
    let lines = include_str!("../known.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).map(|(path, reason)| Known { path, reason })
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
    fn what_is_below_a_path_is_known() {
        assert!(reason_of(&Request::new("GET", "/debug/pprof")).is_some());
        assert!(reason_of(&Request::new("GET", "/debugger")).is_none());
    }
}
