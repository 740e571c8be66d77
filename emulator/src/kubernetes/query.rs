//! Query parameters, decoded as Go's `net/url` decodes them.

/// The first value of a parameter; `None` when it is absent. A pair that cannot be decoded is
/// passed over.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    pairs(query).find(|(key, _)| key == name).map(|(_, value)| value)
}

/// All values of a parameter, in their order.
pub fn parameters(query: &str, name: &str) -> Vec<String> {
    pairs(query).filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

/// A text with its percent-escapes decoded; `None` when one is broken. What is not UTF-8 then is
/// replaced.
pub fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' if plus_is_space => bytes.push(b' '),
            b'%' => {
                let [high, low, tail @ ..] = tail else { return None };
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    // Go drops a pair that holds a semicolon.
    query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')).filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(key, true)?, decode(value, true)?))
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_counts_and_broken_pairs_do_not() {
        for (query, expected) in [
            ("a=1&a=2", Some("1")),
            ("a", Some("")),
            ("b=1", None),
            ("a=%zz&a=2", Some("2")),
            ("a=x+y%20z", Some("x y z")),
            ("a=1;b=2", None),
        ] {
            assert_eq!(parameter(query, "a").as_deref(), expected, "{query}");
        }
    }
}
