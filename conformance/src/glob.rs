//! Patterns for the names of cases: `*` stands for any characters, `?` for one.

/// Whether a name fits a pattern; one without a slash or star is looked for anywhere in it.
pub fn matches(pattern: &str, name: &str) -> bool {
    if !pattern.contains(['*', '?', '/', '@']) {
        return name.contains(pattern);
    }
    fits(pattern.as_bytes(), name.as_bytes())
}

fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| fits(rest, &name[at..])),
        ([b'?', pattern @ ..], [_, name @ ..]) => fits(pattern, name),
        ([a, pattern @ ..], [b, name @ ..]) => a == b && fits(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_fragments_select() {
        assert!(matches("kubernetes/*", "kubernetes/token-request/a-b-c"));
        assert!(matches("*/token-review/*", "kubernetes/token-review/a-b-c"));
        assert!(matches("token-review", "kubernetes/token-review/a-b-c"));
        assert!(!matches("google/*", "kubernetes/token-review/a-b-c"));
        assert!(!matches("kubernetes/?", "kubernetes/ab"));
    }
}
