//! Whether an output is what a page shows, but for what differs from run to run.

use {
    regex::{Regex, escape},
    std::sync::LazyLock,
};

/// What stands for any text.
const ANY: &str = "…";

/// What differs from run to run, and may be any other of its kind.
const CHANGING: [&str; 5] = [
    // A time as RFC 3339 writes it.
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    // A UUID.
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    // A time in seconds since 1970.
    r"\b1[6-9]\d{8}(?:\.\d+)?\b",
    // A fraction of a duration.
    r"\b\d+\.\d+ ?m?s\b",
    // The digest of a key, by which its id is made.
    r"\b[A-Za-z0-9_-]{43}\b",
];

static ANY_CHANGING: LazyLock<Regex> = LazyLock::new(|| {
    let parts: Vec<_> = CHANGING.iter().map(|part| format!("({part})")).collect();
    Regex::new(&format!("({ANY})|{}", parts.join("|"))).expect("it is a constant")
});

/// Whether an output is what is shown; the end of the last line does not matter.
pub(crate) fn is_as_shown(shown: &str, output: &str) -> bool {
    pattern(shown.trim_end()).is_match(output.trim_end())
}

fn pattern(shown: &str) -> Regex {
    let (mut pattern, mut end) = (r"\A".to_owned(), 0);
    for found in ANY_CHANGING.captures_iter(shown) {
        let whole = found.get_match();
        pattern.push_str(&escape(&shown[end..whole.start()]));
        // The first group is what stands for any text, each other one a kind.
        let kind = (2..found.len()).find(|group| found.get(*group).is_some());
        pattern.push_str(kind.map_or("(?s:.*?)", |group| CHANGING[group - 2]));
        end = whole.end();
    }
    pattern.push_str(&escape(&shown[end..]));
    pattern.push_str(r"\z");
    Regex::new(&pattern).expect("text is escaped")
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("a", "a\n", true)]
    #[case("a", "b", false)]
    #[case("a.b", "aXb", false)]
    #[case("a\n…\nc", "a\n1\n2\nc", true)]
    #[case("a\n…\nc", "a\n1\n2\n", false)]
    #[case("{\"token\":\"eyJ…\"}", "{\"token\":\"eyJhbGci.x.y\"}", true)]
    #[case("{\"token\":\"eyJ…\"}", "{\"token\":\"\"}", false)]
    #[case("at 2026-11-22T06:03:05.08Z", "at 2030-01-01T00:00:00Z", true)]
    #[case("at 2026-11-22T06:03:05.08Z", "at noon", false)]
    #[case("\"exp\": 1795327985,", "\"exp\": 1795327999,", true)]
    #[case("\"exp\": 1795327985,", "\"exp\": 3600,", false)]
    #[case("in 0.25s", "in 1.75s", true)]
    #[case("in 2s", "in 3s", false)]
    #[case(
        "uid 224d6ac3-c175-471d-8181-edb145d59d5d",
        "uid 903ce781-e5d0-42fd-a96b-95dbfadab1cd",
        true
    )]
    #[case(
        "AGnKofBrGU-RdTQl7OJQv3xF_eK1e28hgQz8IuX0pDY",
        "xGnKofBrGU-RdTQl7OJQv3xF_eK1e28hgQz8IuX0pDY",
        true
    )]
    fn an_output_is_as_shown_but_for_what_changes(
        #[case] shown: &str,
        #[case] output: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(is_as_shown(shown, output), expected, "{shown:?} {output:?}");
    }
}
