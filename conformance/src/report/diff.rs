//! Two texts side by side, line by line: what both have, what only one has, and where two lines
//! that face each other part.

use std::fmt::Write as _;

/// Texts of more lines than this are told apart without looking for what moved.
const MOST: usize = 2000;
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

/// The rows of two texts.
pub fn rows<'a>(left: &'a str, right: &'a str) -> Vec<Row<'a>> {
    let (left, right): (Vec<_>, Vec<_>) = (left.lines().collect(), right.lines().collect());
    let mut rows = Vec::new();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for (one, other) in aligned(&left, &right) {
        match (one, other) {
            (Some(_), Some(_)) => {
                facing(&mut rows, &mut removed, &mut added);
                rows.push(Row { left: one, right: other });
            }
            (one, other) => {
                removed.extend(one);
                added.extend(other);
            }
        }
    }
    facing(&mut rows, &mut removed, &mut added);
    rows
}

/// Puts the lines that were taken away and those that came in their place side by side.
fn facing<'a>(rows: &mut Vec<Row<'a>>, removed: &mut Vec<&'a str>, added: &mut Vec<&'a str>) {
    for at in 0..removed.len().max(added.len()) {
        rows.push(Row { left: removed.get(at).copied(), right: added.get(at).copied() });
    }
    removed.clear();
    added.clear();
}

/// The longest common subsequence, with what lies between.
fn aligned<'a>(left: &[&'a str], right: &[&'a str]) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let (height, width) = (left.len(), right.len());
    if height.max(width) > MOST {
        let at = |it: &[&'a str], at: usize| it.get(at).copied();
        let pair = |index| match (at(left, index), at(right, index)) {
            (one, other) if one == other => vec![(one, other)],
            (one, other) => vec![(one, None), (None, other)],
        };
        return (0..height.max(width)).flat_map(pair).collect();
    }
    // How long the common rest is, from each pair of places on.
    let mut common = vec![0u16; (height + 1) * (width + 1)];
    let place = |row: usize, column: usize| row * (width + 1) + column;
    for row in (0..height).rev() {
        for column in (0..width).rev() {
            common[place(row, column)] = if left[row] == right[column] {
                common[place(row + 1, column + 1)] + 1
            } else {
                common[place(row + 1, column)].max(common[place(row, column + 1)])
            };
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < height || column < width {
        let down = row < height
            && (column == width
                || common[place(row + 1, column)] >= common[place(row, column + 1)]);
        if row < height && column < width && left[row] == right[column] {
            pairs.push((Some(left[row]), Some(right[column])));
            (row, column) = (row + 1, column + 1);
        } else if down {
            pairs.push((Some(left[row]), None));
            row += 1;
        } else {
            pairs.push((None, Some(right[column])));
            column += 1;
        }
    }
    pairs
}

/// Whether a row differs, or one of those around it.
pub fn near(rows: &[Row<'_>], at: usize) -> bool {
    let from = at.saturating_sub(AROUND);
    rows[from..rows.len().min(at + AROUND + 1)].iter().any(|it| !it.is_same())
}

/// What changed, as a text: lines that went and lines that came, and some around them.
pub fn told(before: &str, after: &str) -> String {
    let rows = rows(before, after);
    let mut out = String::new();
    let mut skipped = false;
    for (at, row) in rows.iter().enumerate() {
        if !near(&rows, at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push_str("  …\n");
        }
        if row.is_same() {
            let _ = writeln!(out, "    {}", row.left.unwrap_or_default());
            continue;
        }
        for (mark, line) in [("-", row.left), ("+", row.right)] {
            if let Some(line) = line {
                let _ = writeln!(out, "  {mark} {line}");
            }
        }
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
