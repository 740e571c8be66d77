//! Rust source without its comments and without what its strings say, so that a rule finds code
//! and not talk of code.

use std::{iter::Peekable, str::Chars};

/// The lines of a source with comments and the insides of strings left out, numbered from 1.
pub(super) fn lines(source: &str) -> Vec<(usize, String)> {
    let bare = bare(source);
    bare.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect()
}

/// The same up to the file's unit tests.
pub(super) fn lines_outside_tests(source: &str) -> Vec<(usize, String)> {
    lines(source).into_iter().take_while(|(_, line)| !opens_tests(line)).collect()
}

/// The same from the file's unit tests on.
pub(super) fn lines_of_tests(source: &str) -> Vec<(usize, String)> {
    lines(source).into_iter().skip_while(|(_, line)| !opens_tests(line)).collect()
}

/// Whether a line opens a file's unit tests; a single function for tests is indented.
fn opens_tests(line: &str) -> bool {
    line.starts_with("#[cfg(test)]")
}

/// Whether a line has a word, neither as a part of a longer one.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(start, _)| {
        !line[..start].ends_with(is_part) && !line[start + word.len()..].starts_with(is_part)
    })
}

fn bare(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source.chars().peekable();
    let mut last = ' ';
    while let Some(character) = rest.next() {
        match character {
            '/' if rest.peek() == Some(&'/') => skip_line(&mut rest),
            '/' if rest.peek() == Some(&'*') => skip_block(&mut rest, &mut out),
            '"' => skip_string(&mut rest, &mut out),
            'r' if !is_name(last) && is_raw(&rest) => skip_raw(&mut rest, &mut out),
            '\'' => skip_character(&mut rest),
            other => out.push(other),
        }
        last = character;
    }
    out
}

fn is_name(character: char) -> bool {
    // `b` and `c` may stand before a raw string; other letters make it a name that ends in r.
    (character.is_alphanumeric() && !matches!(character, 'b' | 'c')) || character == '_'
}

fn skip_line(rest: &mut Peekable<Chars<'_>>) {
    while rest.peek().is_some_and(|&next| next != '\n') {
        rest.next();
    }
}

fn skip_block(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let (mut depth, mut last) = (0, '/');
    for character in rest.by_ref() {
        match (last, character) {
            ('/', '*') => (depth, last) = (depth + 1, ' '),
            ('*', '/') => (depth, last) = (depth - 1, ' '),
            _ => last = character,
        }
        if character == '\n' {
            out.push('\n');
        }
        if depth == 0 {
            return;
        }
    }
}

fn skip_string(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('"');
    while let Some(character) = rest.next() {
        match character {
            '\\' if rest.next() == Some('\n') => out.push('\n'),
            '\n' => out.push('\n'),
            '"' => break,
            _ => {}
        }
    }
    out.push('"');
}

fn is_raw(rest: &Peekable<Chars<'_>>) -> bool {
    rest.clone().find(|&next| next != '#') == Some('"')
}

fn skip_raw(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut hashes = 0;
    while rest.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    rest.next();
    let mut closing = None;
    for character in rest.by_ref() {
        closing = match (character, closing) {
            ('"', _) => Some(0),
            ('#', Some(seen)) => Some(seen + 1),
            _ => None,
        };
        if closing == Some(hashes) {
            break;
        }
        if character == '\n' {
            out.push('\n');
        }
    }
    out.push_str("\"\"");
}

/// Skips a character literal; a lifetime has no closing quote and loses only its tick.
fn skip_character(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone();
    let length = match (ahead.next(), ahead.next()) {
        (Some('\\'), _) => {
            1 + rest.clone().skip(1).take(12).take_while(|&next| next != '\'').count()
        }
        (Some(_), Some('\'')) => 1,
        _ => return,
    };
    // An escaped quote ends after the quote that it escapes.
    let length = if rest.clone().take(2).eq(['\\', '\'']) { 2 } else { length };
    for _ in 0..=length {
        rest.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        assert_eq!(bare(source), expected, "of {source}");
    }

    #[test]
    fn comments_and_strings_are_left_out() {
        check("a // http\nb", "a \nb");
        check("a /* http /* x */ \n */ b", "a \n b");
        check(r#"f("http \" // x", y)"#, r#"f("", y)"#);
        check("f(r#\"say \"http\" \"#, y)", "f(\"\", y)");
        check("f(br\"http\")", "f(b\"\")");
        check("for x", "for x");
        check("super::r", "super::r");
    }

    #[test]
    fn a_quote_as_a_character_opens_no_string() {
        check("if c == '\"' { http }", "if c ==  { http }");
        check("if c == '\\'' { http }", "if c ==  { http }");
        check("if c == '\\u{1F600}' { http }", "if c ==  { http }");
        check("fn f<'a>(x: &'a str)", "fn f<a>(x: &a str)");
    }

    #[test]
    fn lines_keep_their_numbers() {
        let source = "let a = \"x\ny\";\n/* a\nb */ http\n";
        assert!(lines(source).contains(&(4, " http".to_owned())));
    }

    #[test]
    fn a_word_is_not_a_part_of_a_longer_one() {
        assert!(has_word("use http::Uri", "http"));
        assert!(!has_word("use http_body::Body", "http"));
        assert!(!has_word("use xhttp", "http"));
    }
}
