//! The text of a field selector, read as Go reads it, errors included.
//!
//! Source: apimachinery `pkg/fields/selector.go`.

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The field: all that stands before the operator.
    pub field: String,
    /// Whether it has to be the value, or anything else.
    pub equal: bool,
    /// The value, without what escaped it.
    pub value: String,
}

/// The operators; of two that begin alike the longer comes first.
const OPERATORS: [(&str, bool); 3] = [("!=", false), ("==", true), ("=", true)];

/// The terms of a selector in the order of their texts, or what is wrong with it.
pub fn parse(selector: &str) -> Result<Vec<Term>, String> {
    let mut parts = split(selector);
    parts.sort_unstable();
    let mut terms = Vec::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let Some((field, equal, value)) = cut(part) else {
            return Err(format!("invalid selector: '{selector}'; can't understand '{part}'"));
        };
        let term = Term { field: field.to_owned(), equal, value: unescape(value)? };
        // Without a field and a value it asks for nothing.
        if !(term.field.is_empty() && term.value.is_empty()) {
            terms.push(term);
        }
    }
    Ok(terms)
}

fn split(selector: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, character) in selector.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(&selector[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&selector[start..]);
    parts
}

fn cut(part: &str) -> Option<(&str, bool, &str)> {
    part.char_indices().find_map(|(index, _)| {
        let (field, rest) = part.split_at(index);
        let found = |(operator, equal)| Some((field, equal, rest.strip_prefix(operator)?));
        OPERATORS.into_iter().find_map(found)
    })
}

fn unescape(text: &str) -> Result<String, String> {
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => value.push(escaped),
                other => {
                    let sequence: String = ['\\'].into_iter().chain(other).collect();
                    return Err(format!(
                        "invalid field selector: invalid escape sequence: {sequence}"
                    ));
                }
            },
            ',' | '=' => {
                let number = u32::from(character);
                return Err(format!(
                    "invalid field selector: unescaped character in value: {number}"
                ));
            }
            other => value.push(other),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_read_or_refused() {
        for (selector, expected) in [
            ("b=2,a!=1", "a!1 b=2"),
            ("a==1", "a=1"),
            ("a=", "a="),
            ("=,,==", ""),
            (" a = b ", " a = b "),
            (r"a=x\,y\=z\\", r"a=x,y=z\"),
            ("a=1,b", "invalid selector: 'a=1,b'; can't understand 'b'"),
            ("a in (b,c)", "invalid selector: 'a in (b,c)'; can't understand 'a in (b'"),
            ("a=b=c", "invalid field selector: unescaped character in value: 61"),
            (r"a=\x", r"invalid field selector: invalid escape sequence: \x"),
            (r"a=b\", r"invalid field selector: invalid escape sequence: \"),
        ] {
            let shown = |it: &Term| {
                format!("{}{}{}", it.field, ['!', '='][usize::from(it.equal)], it.value)
            };
            let terms =
                parse(selector).map(|it| it.iter().map(shown).collect::<Vec<_>>().join(" "));
            assert_eq!(terms.unwrap_or_else(|why| why), expected, "{selector}");
        }
    }
}
