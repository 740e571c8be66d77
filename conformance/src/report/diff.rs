//! Two texts side by side, line by line: what both have, what only one has, and where two lines
//! that face each other part.

use {
    similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops},
    std::{
        fmt::Write as _,
        time::{Duration, Instant},
    },
};

/// How long to search for the shortest difference; past it, an approximate one is taken.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many lines around a difference are told, or stay in sight.
const AROUND: usize = 3;

/// A line of the two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The line that was expected.
    pub left: Option<&'a str>,
    /// The line that came.
    pub right: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// Whether both texts have it.
    pub fn is_same(&self) -> bool {
        self.left == self.right
    }

    /// What the two lines begin with alike, where they part, and what they end with alike.
    pub fn parted(&self) -> Option<(&'a str, [&'a str; 2], &'a str)> {
        let (left, right) = (self.left?, self.right?);
        let same = left.chars().zip(right.chars()).take_while(|(a, b)| a == b);
        let head: usize = same.map(|(a, _)| a.len_utf8()).sum();
        let (left_rest, right_rest) = (&left[head..], &right[head..]);
        let same = left_rest.chars().rev().zip(right_rest.chars().rev());
        let tail: usize = same.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let cut = |it: &'a str| &it[..it.len() - tail];
        Some((&left[..head], [cut(left_rest), cut(right_rest)], &left[left.len() - tail..]))
    }
}

/// The rows of two texts. Lines that were taken away and those that came in their place are side by
/// side.
pub fn rows<'a>(left: &'a str, right: &'a str) -> Vec<Row<'a>> {
    let (left, right): (Vec<_>, Vec<_>) = (left.lines().collect(), right.lines().collect());
    let mut rows = Vec::new();
    for change in changes(&left, &right) {
        let (left, right) = (&left[change.old_range()], &right[change.new_range()]);
        for at in 0..left.len().max(right.len()) {
            rows.push(Row { left: left.get(at).copied(), right: right.get(at).copied() });
        }
    }
    rows
}

fn changes(left: &[&str], right: &[&str]) -> Vec<DiffOp> {
    let deadline = Instant::now() + PATIENCE;
    capture_diff_slices_deadline(Algorithm::Myers, left, right, Some(deadline))
}

/// Whether a row differs, or one of those around it.
pub fn near(rows: &[Row<'_>], at: usize) -> bool {
    let from = at.saturating_sub(AROUND);
    rows[from..rows.len().min(at + AROUND + 1)].iter().any(|it| !it.is_same())
}

/// What changed, as a text: lines that went and lines that came, and some around them.
pub fn told(before: &str, after: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let (mut out, mut end) = (String::new(), 0);
    for group in group_diff_ops(changes(&before, &after), AROUND) {
        if group.first().is_some_and(|it| it.old_range().start > end) {
            out.push_str("  …\n");
        }
        for change in group.iter().flat_map(|it| it.iter_changes(&before, &after)) {
            let _ = writeln!(out, "  {} {}", change.tag(), change.value());
        }
        end = group.last().map_or(end, |it| it.old_range().end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_changed_face_each_other() {
        let found = rows("a\nb\nc", "a\nB\nc\nd");
        let expected = [
            (Some("a"), Some("a")),
            (Some("b"), Some("B")),
            (Some("c"), Some("c")),
            (None, Some("d")),
        ];
        assert_eq!(found, expected.map(|(left, right)| Row { left, right }));
    }

    #[test]
    fn a_line_tells_where_it_parts() {
        let row = Row { left: Some("< 422 é"), right: Some("< 400 é") };
        assert_eq!(row.parted(), Some(("< 4", ["22", "00"], " é")));
        let row = Row { left: Some("aa"), right: Some("aaa") };
        assert_eq!(row.parted(), Some(("aa", ["", "a"], "")));
    }

    #[test]
    fn what_changed_is_told_with_what_is_around() {
        let before: Vec<String> = (0..9).map(|it| it.to_string()).collect();
        let after = before.join("\n").replace('8', "eight");
        assert_eq!(
            told(&before.join("\n"), &after),
            "  …\n    5\n    6\n    7\n  - 8\n  + eight\n"
        );
        assert_eq!(told("a", "a"), "");
    }
}
