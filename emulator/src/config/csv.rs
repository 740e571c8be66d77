//! Comma-separated lines with quoted fields, as Go's `encoding/csv` reads them.

/// What is made of the records of a file: blank lines are left out, a quoted field may hold commas
/// and `""`. An error says in which line it is.
pub(super) fn records<T>(
    text: &str,
    read: impl Fn(&[String]) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            let read = record(line).map_err(str::to_owned).and_then(|record| read(&record));
            read.map_err(|error| format!("line {}: {error}", index + 1))
        })
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
            None => {
                return Err(
                    "a comma is wanted after a quoted field; a quote within one is written twice",
                );
            }
        }
    }
}

fn bare_field(text: &str) -> Result<(String, &str), &'static str> {
    let (field, after) = text.split_at(text.find(',').unwrap_or(text.len()));
    if field.contains('"') {
        return Err(
            "a quote in a field that does not begin with one; put the field in quotes, and write a quote within it twice",
        );
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

    fn fields(text: &str) -> Result<Vec<Vec<String>>, String> {
        records(text, |record| Ok(record.to_vec()))
    }

    #[rstest]
    #[case("a,b,c", &["a", "b", "c"])]
    #[case("a,,", &["a", "", ""])]
    #[case(r#"a,b,c,"g1,g2""#, &["a", "b", "c", "g1,g2"])]
    #[case(r#""a ""b""",c"#, &["a \"b\"", "c"])]
    fn a_line_is_split_into_fields(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(fields(line).unwrap(), [expected]);
    }

    #[rstest]
    #[case("a\"b", "line 1")]
    #[case("ok\n\"a", "line 2")]
    #[case("\"a\"b", "line 1")]
    fn a_broken_line_is_named(#[case] text: &str, #[case] line: &str) {
        assert!(fields(text).unwrap_err().starts_with(line));
    }

    #[test]
    fn blank_lines_and_carriage_returns_are_left_out() {
        assert_eq!(fields("a,b\r\n\r\nc,d\r\n").unwrap(), [["a", "b"], ["c", "d"]]);
    }

    #[test]
    fn what_is_wrong_with_a_record_is_told_with_its_line() {
        let error = records("a\n\nb", |record| match record[0].as_str() {
            "a" => Ok(()),
            _ => Err("not a".to_owned()),
        });
        assert_eq!(error.unwrap_err(), "line 3: not a");
    }
}
