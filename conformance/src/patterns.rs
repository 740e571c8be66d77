//! The words of expectations that are regular expressions. One that does not compile would match
//! nothing, and every server would fail by it.

use {regex::Regex, serde_json::Value};

/// The words that stand for what changes.
const WORDS: &[&str] = &["<absent>", "<any>", "<text>", "<null>", "<number>", "<uuid>", "<time>"];

/// What is wrong with the words of a case's expectations.
pub(crate) fn faults(case: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    look(&case["then"], &mut faults);
    let steps = &case["when"];
    let steps = steps.as_array().map_or(std::slice::from_ref(steps), Vec::as_slice);
    for step in steps {
        look(&step["then"], &mut faults);
    }
    faults
}

fn look(value: &Value, faults: &mut Vec<String>) {
    match value {
        Value::String(word) => faults.extend(fault(word)),
        Value::Array(elements) => elements.iter().for_each(|it| look(it, faults)),
        Value::Object(members) => {
            // These are texts as they stand.
            let words = members.iter().filter(|(name, _)| *name != "without");
            words.for_each(|(_, it)| look(it, faults));
        }
        _ => {}
    }
}

// Names are filled in when the case is run: `$name` is as good as any text until then.
fn fault(word: &str) -> Option<String> {
    if let Some(pattern) = word.strip_prefix("~ ") {
        let error = Regex::new(pattern).err()?.to_string();
        let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        return Some(format!("{pattern} is no regular expression: {why}"));
    }
    let inner = word.strip_prefix('<')?.strip_suffix('>')?;
    let is_word = inner.chars().all(|it| it.is_ascii_lowercase());
    (is_word && !WORDS.contains(&word)).then(|| format!("{word} is no word of expectations"))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest, serde_json::json};

    #[rstest]
    #[case(json!({"when": {"send": "GET /"}, "then": {"message": "~ ^a(b$"}}), 1)]
    #[case(json!({"when": {"send": "GET /", "then": {"body": {"a": ["~ *"]}}}}), 1)]
    #[case(json!({"when": [{"then": {"headers": {"a": "~ ["}}}, {"then": {"text": "~ )"}}]}), 2)]
    #[case(json!({"then": {"body": {"at": "<tiem>"}}}), 1)]
    #[case(json!({"then": {"body": {"at": "<time>", "a": "~ ^$sa (is|$sa.uid) \\d+$"}}}), 0)]
    #[case(json!({"when": {"body": {"a": "~ ("}}, "then": {"without": ["~ ("]}}), 0)]
    fn a_word_that_cannot_match_is_told(#[case] case: Value, #[case] expected: usize) {
        let faults = faults(&case);
        assert_eq!(faults.len(), expected, "{faults:?}");
    }
}
