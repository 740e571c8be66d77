//! The text of a label selector, read as Go reads it, errors included.
//!
//! Source: apimachinery `pkg/labels/selector.go`.

use crate::{codec::quote::quote, kubernetes::names};

/// What is asked of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The label's key.
    pub key: String,
    /// The operator, as it is written; `exists` and `!` for the two without a value.
    pub operator: &'static str,
    /// The values.
    pub values: Vec<String>,
}

const SPECIAL: &str = "=!(),><";
/// The operators, longest first; the last two are words.
const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

/// The terms of a selector, or what is wrong with it.
pub fn parse(selector: &str) -> Result<Vec<Term>, String> {
    let mut parser = Parser { tokens: tokens(selector)?, position: 0 };
    let mut terms = Vec::new();
    loop {
        match parser.peek() {
            "" => return Ok(terms),
            token if is_word(token) || token == "!" => {}
            token => {
                return Err(format!(
                    "found '{token}', expected: !, identifier, or 'end of string'"
                ));
            }
        }
        let term =
            parser.term().map_err(|error| format!("unable to parse requirement: {error}"))?;
        terms.push(term);
        match parser.take() {
            "" => return Ok(terms),
            "," => {}
            token => return Err(format!("found '{token}', expected: ',' or 'end of string'")),
        }
        let next = parser.peek();
        if !is_word(next) && next != "!" {
            return Err(format!("found '{next}', expected: identifier after ','"));
        }
    }
}

fn tokens(text: &str) -> Result<Vec<&str>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', '\r', '\n']);
    while !rest.is_empty() {
        let length = if rest.starts_with(|first| SPECIAL.contains(first)) {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            symbol.ok_or("no token")?.len()
        } else {
            let ends = |it: char| SPECIAL.contains(it) || " \t\r\n".contains(it);
            rest.find(ends).unwrap_or(rest.len())
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start_matches([' ', '\t', '\r', '\n']);
    }
    Ok(tokens)
}

fn is_word(token: &str) -> bool {
    !token.is_empty() && !SYMBOLS.contains(&token)
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    position: usize,
}

impl<'a> Parser<'a> {
    /// The next token; empty at the end.
    fn peek(&self) -> &'a str {
        self.tokens.get(self.position).copied().unwrap_or("")
    }

    fn take(&mut self) -> &'a str {
        let token = self.peek();
        self.position += 1;
        token
    }

    fn term(&mut self) -> Result<Term, String> {
        let absent = self.peek() == "!";
        if absent {
            self.take();
        }
        let key = self.take();
        if !is_word(key) {
            return Err(format!("found '{key}', expected: identifier"));
        }
        let faults = names::qualified_faults(key);
        if !faults.is_empty() {
            return Err(format!("<nil>: Invalid value: {}: {}", quote(key), faults.join("; ")));
        }
        let key = key.to_owned();
        if absent || matches!(self.peek(), "" | ",") {
            let operator = if absent { "!" } else { "exists" };
            return Ok(Term { key, operator, values: Vec::new() });
        }
        let operator = match self.take() {
            "in" => "in",
            "notin" => "notin",
            "=" => "=",
            "==" => "==",
            "!=" => "!=",
            ">" => ">",
            "<" => "<",
            token => return Err(format!("found '{token}', expected: {OPERATORS}")),
        };
        let mut values =
            if operator.ends_with("in") { self.values()? } else { vec![self.value()?] };
        values.sort_unstable();
        values.dedup();
        check(&key, operator, &values)?;
        Ok(Term { key, operator, values })
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            "" | "," => Ok(String::new()),
            token if is_word(token) => Ok(self.take().to_owned()),
            token => Err(format!("found '{token}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.take();
        if open != "(" {
            return Err(format!("found '{open}' expected: '('"));
        }
        let mut values = Vec::new();
        let first = self.peek();
        if first == ")" {
            self.take();
            return Ok(vec![String::new()]);
        }
        if first != "," && !is_word(first) {
            return Err(format!("found '{first}', expected: ',', ')' or identifier"));
        }
        loop {
            match self.take() {
                "," => {
                    if values.is_empty() || matches!(self.peek(), ")" | ",") {
                        values.push(String::new());
                    }
                }
                token if is_word(token) => {
                    values.push(token.to_owned());
                    let next = self.peek();
                    if next != "," && next != ")" {
                        return Err(format!("found '{next}', expected: ',' or ')'"));
                    }
                }
                token => return Err(format!("found '{token}', expected: ',', or identifier")),
            }
            if self.peek() == ")" {
                self.take();
                return Ok(values);
            }
        }
    }
}

// Source: the same, NewRequirement.
fn check(key: &str, operator: &str, values: &[String]) -> Result<(), String> {
    for (index, value) in values.iter().enumerate() {
        let shown = quote(value);
        if matches!(operator, ">" | "<") && value.parse::<i64>().is_err() {
            return Err(format!(
                "values[{index}]: Invalid value: {shown}: for 'Gt', 'Lt' operators, the value must be an integer"
            ));
        }
        let faults = names::label_value_faults(value);
        if !faults.is_empty() {
            let faults = faults.join("; ");
            return Err(format!("values[{index}][{key}]: Invalid value: {shown}: {faults}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("a=b=c", "found '=', expected: ',' or 'end of string'")]
    #[case(",", "found ',', expected: !, identifier, or 'end of string'")]
    #[case("A b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    #[case("a in", "unable to parse requirement: found '' expected: '('")]
    #[case("a,", "found '', expected: identifier after ','")]
    fn errors_are_those_of_go(#[case] selector: &str, #[case] expected: &str) {
        assert_eq!(parse(selector).unwrap_err(), expected);
    }

    #[test]
    fn terms_have_keys_operators_and_values() {
        let terms = parse("a in (c, b),!d,e>1,f").unwrap();
        let shown: Vec<_> = terms
            .iter()
            .map(|term| format!("{} {} {}", term.key, term.operator, term.values.join("|")))
            .collect();
        assert_eq!(shown, ["a in b|c", "d ! ", "e > 1", "f exists "]);
    }
}
