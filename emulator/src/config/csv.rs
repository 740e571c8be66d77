//! Comma-separated lines with quoted fields, as Go's `encoding/csv` reads them.

/// The records of a file: blank lines are left out, a quoted field may hold commas and `""`.
pub(super) fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| record(line).map_err(|error| format!("line {}: {error}", index + 1)))
        .collect()
}

fn record(line: &str) -> Result<Vec<String>, &'static str> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => bare_field(rest)?,
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err("a comma is wanted after a quoted field"),
        }
    }
}

fn bare_field(text: &str) -> Result<(String, &str), &'static str> {
    let (field, after) = text.split_at(text.find(',').unwrap_or(text.len()));
    if field.contains('"') {
        return Err("a quote in a field that does not begin with one");
    }
    Ok((field.to_owned(), after))
}

fn quoted_field(text: &str) -> Result<(String, &str), &'static str> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or("a quoted field has no end")?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("a,b,c", &["a", "b", "c"])]
    #[case("a,,", &["a", "", ""])]
    #[case(r#"a,b,c,"g1,g2""#, &["a", "b", "c", "g1,g2"])]
    #[case(r#""a ""b""",c"#, &["a \"b\"", "c"])]
    fn a_line_is_split_into_fields(#[case] line: &str, #[case] fields: &[&str]) {
        assert_eq!(records(line).unwrap(), [fields]);
    }

    #[rstest]
    #[case("a\"b", "line 1")]
    #[case("ok\n\"a", "line 2")]
    #[case("\"a\"b", "line 1")]
    fn a_broken_line_is_named(#[case] text: &str, #[case] line: &str) {
        assert!(records(text).unwrap_err().starts_with(line));
    }

    #[test]
    fn blank_lines_and_carriage_returns_are_left_out() {
        assert_eq!(records("a,b\r\n\r\nc,d\r\n").unwrap(), [["a", "b"], ["c", "d"]]);
    }
}
