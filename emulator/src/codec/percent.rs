//! Percent-encoded text: as Go reads it, and as Google does.

use {percent_encoding::percent_decode_str, std::borrow::Cow};

/// The bytes of a text, as Go decodes it: `None` when an escape is broken.
/// Source: go `net/url/url.go`, unescape.
pub fn strict(text: &str) -> Option<Cow<'_, [u8]>> {
    let is_escape = |after: &str| {
        after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.split('%').skip(1).all(is_escape).then(|| percent_decode_str(text).into())
}

/// A text, as Google decodes it: a broken escape stands for itself, and what is not UTF-8 is
/// replaced.
pub fn lenient(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// A text of a form or a query, in which a plus sign is a space, before it is decoded.
pub fn spaced(text: &str) -> Cow<'_, str> {
    if text.contains('+') { text.replace('+', " ").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("/a", Some("/a"), "/a")]
    #[case("/a%2Fb%2fc", Some("/a/b/c"), "/a/b/c")]
    #[case("%C3%A9\u{e9}", Some("\u{e9}\u{e9}"), "\u{e9}\u{e9}")]
    #[case("a%2", None, "a%2")]
    #[case("%zz%41", None, "%zzA")]
    #[case("%%41", None, "%A")]
    #[case("%2%41", None, "%2A")]
    #[case("%4\u{e9}", None, "%4\u{e9}")]
    fn a_broken_escape_is_refused_or_stands_for_itself(
        #[case] text: &str,
        #[case] strictly: Option<&str>,
        #[case] leniently: &str,
    ) {
        assert_eq!(strict(text).as_deref(), strictly.map(str::as_bytes));
        assert_eq!(lenient(text), leniently);
    }

    #[test]
    fn what_is_not_utf8_is_kept_or_replaced() {
        assert_eq!(strict("a%FF").as_deref(), Some(&b"a\xff"[..]));
        assert_eq!(lenient("a%FF"), "a\u{fffd}");
    }

    #[test]
    fn a_plus_sign_is_a_space_unless_it_is_escaped() {
        assert_eq!(lenient(&spaced("a+b%2B")), "a b+");
    }
}
