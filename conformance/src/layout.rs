//! JSON text laid out for reading without a byte of its values changed: numbers, escapes and the
//! order of members stay as they came.

/// The text with one member a line, two spaces deep, as Go and serde write it.
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let squeezed = squeezed(json);
    let mut chars = squeezed.chars().peekable();
    let (mut depth, mut in_string) = (0usize, false);
    while let Some(it) = chars.next() {
        out.push(it);
        match it {
            '\\' if in_string => out.extend(chars.next()),
            '"' => in_string = !in_string,
            _ if in_string => {}
            '{' | '[' if !matches!(chars.peek(), Some('}' | ']')) => {
                depth += 1;
                new_line(&mut out, depth);
            }
            ',' => new_line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
        let empty = matches!(it, '{' | '[');
        if !in_string && !empty && matches!(chars.peek(), Some('}' | ']')) {
            depth = depth.saturating_sub(1);
            new_line(&mut out, depth);
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// The text without white space between its parts.
pub fn squeezed(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut chars = json.chars();
    let mut in_string = false;
    while let Some(it) = chars.next() {
        match it {
            '"' => in_string = !in_string,
            '\\' if in_string => {
                out.push(it);
                out.extend(chars.next());
                continue;
            }
            ' ' | '\n' | '\t' | '\r' if !in_string => continue,
            _ => {}
        }
        out.push(it);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_escapes_and_empty_objects_stay() {
        let text = r#"{"b":{},"a":[1.0,"x\"y\u003c, {"],"c":[]}"#;
        let laid_out =
            "{\n  \"b\": {},\n  \"a\": [\n    1.0,\n    \"x\\\"y\\u003c, {\"\n  ],\n  \"c\": []\n}";
        assert_eq!(indented(text), laid_out);
        assert_eq!(squeezed(laid_out), text);
        assert_eq!(indented(laid_out), laid_out);
    }
}
