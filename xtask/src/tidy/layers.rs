//! What the layers of the emulator may use: the invariants of ARCHITECTURE.md, as far as the text
//! of the source shows them.

use super::{
    Finding,
    code::{self, has_word},
    tree::Tree,
};

const WORLD: &str = "emulator/src/world/";
const TOKENS: &str = "emulator/src/tokens/";
const KUBERNETES: &str = "emulator/src/kubernetes/";
const GOOGLE: &str = "emulator/src/google/";
const CONTROL: &str = "emulator/src/control/";
const CODEC: &str = "emulator/src/codec/";
const API: &str = "emulator/src/api/";

/// `world` and `tokens` know no HTTP and no runtime.
pub(super) fn state_knows_no_http(tree: &Tree) -> Vec<Finding> {
    let words = ["http", "hyper", "hyper_util", "tokio", "StatusCode", "HeaderMap"];
    [WORLD, TOKENS].iter().flat_map(|folder| words_in(tree, folder, &words)).collect()
}

/// Time, identifiers and randomness come from the world, so that a test can fix all three.
pub(super) fn time_and_randomness_come_from_the_world(tree: &Tree) -> Vec<Finding> {
    let sources = ["clock.rs", "keys.rs", "entropy.rs"].map(|file| format!("{WORLD}{file}"));
    let calls = [
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Uuid::new_v4",
        "thread_rng",
        "rand::fill",
        "SystemRandom",
    ];
    let mut findings = words_in(tree, "emulator/src/", &calls);
    findings.retain(|finding| !sources.contains(&finding.path));
    findings
}

/// Nothing below `server/` is async.
pub(super) fn only_the_server_is_async(tree: &Tree) -> Vec<Finding> {
    [WORLD, TOKENS, CODEC, API, KUBERNETES, GOOGLE, CONTROL]
        .iter()
        .flat_map(|folder| words_in(tree, folder, &["async", "await"]))
        .collect()
}

/// The layer that Google's APIs share knows none of them; only `google/mod.rs`, which lists them,
/// does.
pub(super) fn googles_layer_knows_no_api(tree: &Tree) -> Vec<Finding> {
    let mut findings = words_in(tree, GOOGLE, &["clusters::"]);
    let may = [format!("{GOOGLE}clusters/"), format!("{GOOGLE}mod.rs")];
    findings.retain(|finding| !may.iter().any(|place| finding.path.starts_with(place)));
    findings
}

/// Words that a folder's code, unit tests left out, has and should not have.
fn words_in(tree: &Tree, folder: &str, words: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust(folder) {
        for (number, line) in code::lines_outside_tests(text) {
            let found = words.iter().find(|word| has_word(&line, word.trim_end_matches(':')));
            // A word that ends in `::` is a module: a field or variable of its name is none.
            if let Some(word) = found.filter(|word| line.contains(**word)) {
                findings.push(Finding::new(path, number, format!("{word} has no place here")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&Tree) -> Vec<Finding>, path: &str, source: &str, expected: usize) {
        let findings = rule(&Tree::of(&[(path, source)]));
        assert_eq!(findings.len(), expected, "{path}: {source}: {findings:?}");
    }

    #[test]
    fn a_status_code_in_the_world_is_found() {
        check(state_knows_no_http, "emulator/src/world/keys.rs", "use http::StatusCode;", 1);
        check(state_knows_no_http, "emulator/src/tokens/issue.rs", "use {\n tokio::spawn,\n};", 1);
        check(state_knows_no_http, "emulator/src/world/keys.rs", "//! Knows no http.", 0);
        check(state_knows_no_http, "emulator/src/server/mod.rs", "use http::StatusCode;", 0);
    }

    #[test]
    fn the_system_clock_outside_the_world_is_found() {
        let rule = time_and_randomness_come_from_the_world;
        let source = "let now = Timestamp::now();";
        check(rule, "emulator/src/kubernetes/route.rs", source, 1);
        check(rule, "emulator/src/world/clock.rs", source, 0);
    }

    #[test]
    fn a_layer_that_knows_an_api_is_found() {
        let rule = googles_layer_knows_no_api;
        check(rule, "emulator/src/google/rest/mod.rs", "use crate::google::clusters::read;", 1);
        check(rule, "emulator/src/google/mod.rs", "pub use clusters::seed;", 0);
        check(rule, "emulator/src/google/clusters/seed.rs", "use crate::google::clusters::a;", 0);
        check(rule, "emulator/src/google/front.rs", "let clusters = 1;", 0);
    }

    #[test]
    fn an_async_handler_is_found() {
        let source = "pub async fn create() {}";
        check(only_the_server_is_async, "emulator/src/kubernetes/objects.rs", source, 1);
        check(only_the_server_is_async, "emulator/src/server/listener.rs", source, 0);
    }
}
