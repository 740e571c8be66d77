//! What a server says, as each medium may show it: as text, and as nothing that the medium would
//! act on. HTML and XML are escaped by the libraries that write them, so their texts are only made
//! [`visible`]. JSON keeps what was said.

/// The most characters of a text within a line of Markdown.
const LONGEST: usize = 160;

/// A text without characters that are not seen or that turn others round: each is written as its
/// number. Lines and tabs stay.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '\n' | '\t' => out.push(it),
            it if is_seen(it) => out.push(it),
            it => out.extend(it.escape_default()),
        }
    }
    out
}

/// A text within a line of a terminal.
pub fn line(text: &str) -> String {
    commandless(&visible(text).replace('\n', "\\n").replace('\t', "\\t"))
}

/// A text of several lines on a terminal, each behind a prefix, so that none passes for the
/// program's own.
pub fn block(text: &str, prefix: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|it| format!("{prefix}{}", commandless(&visible(it)))).collect();
    lines.join("\n")
}

/// A text in Markdown, as code: nothing in that is a link, an image, a mention or HTML. It may stand
/// in a table.
pub fn code(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    let text = match words.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    };
    if text.is_empty() {
        return text;
    }
    // A table splits its cells before it looks for code, and an escaped bar may be escaped itself.
    let text = line(&text).replace('|', "\\u{7c}");
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // The spaces are taken off again where both are there.
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A document of JSON with every character that is not seen as its number: it means the same.
pub fn json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for it in document.chars() {
        if it == '\n' || is_seen(it) {
            out.push(it);
        } else {
            for unit in it.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// A text as a scalar of YAML, in double quotes, with every character that is not seen as its
/// number.
pub fn yaml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    // What JSON escapes, YAML reads; a pair of surrogates it does not.
    for it in serde_json::Value::from(text).to_string().chars() {
        match it {
            it if is_seen(it) => out.push(it),
            it => out.push_str(&format!("\\U{:08x}", u32::from(it))),
        }
    }
    out
}

/// Whether every character of a text is seen.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(is_seen)
}

/// Whether a character is seen, and leaves others where they are. The standard library knows
/// which are printed.
fn is_seen(it: char) -> bool {
    matches!(it, '"' | '\'' | '\\') || (!it.is_control() && it.escape_debug().len() == 1)
}

/// Pipelines act on `##[…]` and `##vso[…]` anywhere in a line.
fn commandless(text: &str) -> String {
    text.replace("##", "#\\u{23}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written_as_its_number() {
        for (text, shown) in [
            ("é \"'\\ 日本", "é \"'\\ 日本"),
            ("\u{1b}[2J\r\u{9b}\0", "\\u{1b}[2J\\r\\u{9b}\\u{0}"),
            ("a\u{202e}b\u{200b}\u{2066}\u{feff}", "a\\u{202e}b\\u{200b}\\u{2066}\\u{feff}"),
            ("a\u{2028}b\u{85}", "a\\u{2028}b\\u{85}"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible("a\n\tb"), "a\n\tb");
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::Value::from("a\u{9b}\u{202e}\u{7f}\u{e0041}\nb é");
        let document = json(&value.to_string());
        assert_eq!(document, r#""a\u009b\u202e\u007f\udb40\udc41\nb é""#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), value);
    }

    #[test]
    fn yaml_means_the_same() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{200b}\u{7f}\u{e0041}\nb \"é\\";
        let scalar = yaml(text);
        assert!(is_plain(&scalar), "{scalar}");
        assert_eq!(crate::yaml::read::<String>(&scalar).unwrap(), text);
    }

    #[test]
    fn a_line_stays_one() {
        assert_eq!(line("a\r\n1 passed\t##[error]x"), "a\\r\\n1 passed\\t#\\u{23}[error]x");
        assert_eq!(block("a\n\u{1b}b\n", "  | "), "  | a\n  | \\u{1b}b");
    }

    #[test]
    fn markdown_is_code() {
        for (text, shown) in [
            ("v1.37.1", "`v1.37.1`"),
            ("a|b\n<i>`c`", "`` a\\u{7c}b <i>`c` ``"),
            ("```\n## Conformant", "```` ``` #\\u{23} Conformant ````"),
            ("![x](http://a.test)", "`![x](http://a.test)`"),
            (" \n", ""),
        ] {
            assert_eq!(code(text), shown);
        }
        assert_eq!(code(&"a".repeat(200)).chars().count(), LONGEST + 3);
    }
}
