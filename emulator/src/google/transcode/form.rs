//! `application/x-www-form-urlencoded`: queries, and bodies of that type.

use {super::path::escape, std::borrow::Cow};

/// The pairs of a form, decoded: `+` is a space, `%XX` a byte.
pub(crate) fn parse(form: &str) -> Vec<(String, String)> {
    form.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn pair(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (decode(name).into_owned(), decode(value).into_owned())
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = escape(rest);
        decoded.push(escaped.unwrap_or(if first == b'+' { b' ' } else { first }));
        rest = if escaped.is_some() { &rest[3..] } else { tail };
    }
    String::from_utf8_lossy(&decoded).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let pairs = parse("%24alt=json%3Benum-encoding%3Dint&a+b=%C3%A9&&flag&x=1=2&%=%4");
        let expected = [
            ("$alt", "json;enum-encoding=int"),
            ("a b", "é"),
            ("flag", ""),
            ("x", "1=2"),
            ("%", "%4"),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
