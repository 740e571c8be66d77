//! `application/x-www-form-urlencoded`: queries, and bodies of that type.

use crate::codec::percent;

/// The pairs of a form, decoded: `+` is a space, `%XX` a byte.
pub(crate) fn parse(form: &str) -> Vec<(String, String)> {
    form.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn pair(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (decode(name), decode(value))
}

fn decode(text: &str) -> String {
    percent::lenient(&percent::spaced(text)).into_owned()
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
