//! Label selectors: their text, read as apimachinery reads it, with its errors.
//!
//! Source: apimachinery `pkg/labels/selector.go`.

use {
    crate::{codec::quote::quote, kubernetes::names},
    std::collections::BTreeSet,
};

const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

/// What a label has to be like.
#[derive(Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// What its value has to be.
    pub test: Test,
}

/// What a value has to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Test {
    /// One of these.
    In(BTreeSet<String>),
    /// None of these, or absent.
    NotIn(BTreeSet<String>),
    /// There.
    Exists,
    /// Absent.
    Absent,
    /// A number above this.
    Above(i64),
    /// A number below this.
    Below(i64),
}

impl Requirement {
    /// Whether a value, or its absence, is what it has to be.
    pub fn accepts(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => value.is_some_and(|value| values.contains(value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Above(least) => number().is_some_and(|number| number > *least),
            Test::Below(most) => number().is_some_and(|number| number < *most),
        }
    }
}

/// The requirements of a selector, or what is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser { tokens: tokens(text), position: 0 };
    let mut requirements = Vec::new();
    loop {
        match parser.peek() {
            Token::Word(_) | Token::Symbol("!") => {}
            Token::End => return Ok(requirements),
            other => {
                let other = other.text();
                return Err(format!(
                    "found '{other}', expected: !, identifier, or 'end of string'"
                ));
            }
        }
        let requirement = parser.requirement();
        requirements
            .push(requirement.map_err(|why| format!("unable to parse requirement: {why}"))?);
        match parser.next() {
            Token::End => return Ok(requirements),
            Token::Symbol(",") => match parser.peek() {
                Token::Word(_) | Token::Symbol("!") => {}
                other => {
                    return Err(format!(
                        "found '{}', expected: identifier after ','",
                        other.text()
                    ));
                }
            },
            other => {
                return Err(format!("found '{}', expected: ',' or 'end of string'", other.text()));
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    Error(String),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Error(text) => text,
            Self::Symbol(text) => text,
            Self::End => "",
        }
    }
}

fn is_symbol(character: char) -> bool {
    "=!(),><".contains(character)
}

// The longest symbol that the text begins with; two of them only where they are one.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', '\r', '\n']);
    while let Some(first) = rest.chars().next() {
        let length = if is_symbol(first) {
            let symbols = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];
            let found = symbols.into_iter().find(|symbol| rest.starts_with(symbol));
            tokens.push(found.map_or_else(|| Token::Error(rest.to_owned()), Token::Symbol));
            found.map_or(rest.len(), str::len)
        } else {
            let end = |character: char| is_symbol(character) || character.is_ascii_whitespace();
            let length = rest.find(end).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].to_owned()));
            length
        };
        rest = rest[length..].trim_start_matches([' ', '\t', '\r', '\n']);
    }
    tokens.push(Token::End);
    tokens
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> Token {
        self.tokens.get(self.position).cloned().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.position += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut token = self.next();
        let absent = token == Token::Symbol("!");
        if absent {
            token = self.next();
        }
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        let faults = names::qualified_faults(&key);
        if !faults.is_empty() {
            let (key, faults) = (quote(&key), faults.join("; "));
            return Err(format!("<nil>: Invalid value: {key}: {faults}"));
        }
        let ends = matches!(self.peek(), Token::End | Token::Symbol(","));
        if absent || ends {
            let test = if absent { Test::Absent } else { Test::Exists };
            return Ok(Requirement { key, test });
        }
        let operator = self.next();
        let test = match operator.text() {
            "in" => Test::In(self.values(&key)?),
            "notin" => Test::NotIn(self.values(&key)?),
            "=" | "==" => Test::In(self.value(&key)?),
            "!=" => Test::NotIn(self.value(&key)?),
            ">" => Test::Above(self.number(&key)?),
            "<" => Test::Below(self.number(&key)?),
            other => return Err(format!("found '{other}', expected: {OPERATORS}")),
        };
        Ok(Requirement { key, test })
    }

    fn value(&mut self, key: &str) -> Result<BTreeSet<String>, String> {
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(BTreeSet::from([String::new()]));
        }
        match self.next() {
            Token::Word(value) => checked(key, BTreeSet::from([value])),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn number(&mut self, key: &str) -> Result<i64, String> {
        let values = self.value(key)?;
        let value = values.first().map_or("", String::as_str);
        value.parse().map_err(|_| {
            let value = quote(value);
            format!(
                "values[0]: Invalid value: {value}: for 'Gt', 'Lt' operators, the value must be an integer"
            )
        })
    }

    fn values(&mut self, key: &str) -> Result<BTreeSet<String>, String> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.text())),
        }
        match self.peek() {
            Token::Word(_) | Token::Symbol(",") => {}
            Token::Symbol(")") => {
                self.next();
                return Ok(BTreeSet::from([String::new()]));
            }
            other => {
                let other = other.text();
                return Err(format!("found '{other}', expected: ',', ')' or identifier"));
            }
        }
        let values = self.list()?;
        self.next();
        checked(key, values)
    }

    // Up to the parenthesis that closes it. What stands between two commas is an empty value.
    fn list(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.next() {
                Token::Word(value) => {
                    values.insert(value);
                    match self.peek() {
                        Token::Symbol(",") => {}
                        Token::Symbol(")") => return Ok(values),
                        other => {
                            return Err(format!("found '{}', expected: ',' or ')'", other.text()));
                        }
                    }
                }
                Token::Symbol(",") => {
                    let next = self.peek();
                    if values.is_empty() || matches!(next, Token::Symbol(")" | ",")) {
                        values.insert(String::new());
                    }
                    if next == Token::Symbol(")") {
                        return Ok(values);
                    }
                }
                other => {
                    return Err(format!("found '{}', expected: ',', or identifier", other.text()));
                }
            }
        }
    }
}

fn checked(key: &str, values: BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let mut errors = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let faults = names::label_value_faults(value);
        if !faults.is_empty() {
            let (value, faults) = (quote(value), faults.join("; "));
            errors.push(format!("values[{index}][{key}]: Invalid value: {value}: {faults}"));
        }
    }
    match errors.len() {
        0 => Ok(values),
        1 => Err(errors.remove(0)),
        _ => Err(format!("[{}]", errors.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("a=b", Some("b"), true)]
    #[case("a==b", Some("c"), false)]
    #[case("a!=b", None, true)]
    #[case("a", Some(""), true)]
    #[case("!a", None, true)]
    #[case("a in (b, c)", Some("c"), true)]
    #[case("a notin (b,c)", Some("c"), false)]
    #[case("a in (b,)", Some(""), true)]
    #[case("a > 3", Some("4"), true)]
    #[case("a<3", Some("x"), false)]
    fn a_requirement_says_what_it_wants(
        #[case] text: &str,
        #[case] value: Option<&str>,
        #[case] accepted: bool,
    ) {
        assert_eq!(parse(text).unwrap()[0].accepts(value), accepted);
    }

    #[rstest]
    #[case("a===b", "unable to parse requirement: found '=', expected: identifier")]
    #[case("a in", "unable to parse requirement: found '' expected: '('")]
    #[case("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    #[case("a,,b", "found ',', expected: identifier after ','")]
    #[case("=a", "found '=', expected: !, identifier, or 'end of string'")]
    fn what_cannot_be_read_is_told(#[case] text: &str, #[case] error: &str) {
        assert_eq!(parse(text), Err(error.to_owned()));
    }
}
