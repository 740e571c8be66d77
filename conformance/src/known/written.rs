//! How a list is written: entries with the comments above them, which outlive its being written
//! anew.

use {
    crate::{ordered::Ordered, report::escape, yaml},
    jiff::civil::Date,
    serde::{
        Deserialize, Deserializer,
        de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
    },
    std::fmt,
};

/// One entry, and how it is written.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The comments above it.
    pub(super) above: String,
    /// Its own lines.
    own: String,
    pub(super) pattern: String,
    pub(super) reason: String,
    pub(super) until: Option<Date>,
}

/// What a list says of a pattern.
struct Said {
    reason: String,
    until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    reason: Reason,
    until: Day,
}

struct Reason(String);

struct Day(Date);

impl Line {
    /// An entry of our own. A reason has a server's text.
    pub(super) fn new(pattern: String, reason: String, until: Option<Date>) -> Self {
        let quoted = escape::yaml(&reason);
        let key = match escape::is_plain(&pattern) {
            true => format!("'{}'", pattern.replace('\'', "''")),
            false => escape::yaml(&pattern),
        };
        let own = match until {
            None => format!("{key}: {quoted}\n"),
            Some(until) => format!("{key}: {{reason: {quoted}, until: {until}}}\n"),
        };
        Self { above: String::new(), own, pattern, reason, until }
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.above, self.own)
    }
}

/// Reads a list: what stands before the first entry, the entries, and what stands after the last.
pub(super) fn read(text: &str) -> Result<(String, Vec<Line>, String), String> {
    if text.lines().all(|it| it.trim().is_empty() || it.trim_start().starts_with('#')) {
        return Ok((text.to_owned(), Vec::new(), String::new()));
    }
    let said = yaml::read::<Ordered<Said>>(text)?.0;
    let (head, blocks, tail) = blocks(text);
    // One that is not written a line an entry is written anew.
    let same = blocks.len() == said.len();
    let mut blocks = blocks.into_iter().filter(|_| same);
    let lines = said.into_iter().map(|(pattern, Said { reason, until })| {
        let line = Line::new(pattern, reason, until);
        match blocks.next() {
            Some((above, own)) => Line { above, own, ..line },
            None => line,
        }
    });
    let lines = lines.collect();
    let kept = |text: String| if same { text } else { String::new() };
    Ok((kept(head), lines, kept(tail)))
}

/// The text before the first entry, the entries, each with the comments above it, and the text
/// after the last.
fn blocks(text: &str) -> (String, Vec<(String, String)>, String) {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut between = String::new();
    let mut head = None;
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        if !line.ends_with('\n') {
            line.push('\n');
        }
        match line.chars().next() {
            Some('#' | '\n' | '\r') => between.push_str(&line),
            _ if line.starts_with("---") => between.push_str(&line),
            Some(' ' | '\t') if !blocks.is_empty() => {
                let block = blocks.last_mut().into_iter();
                block.for_each(|(_, own)| own.push_str(&format!("{between}{line}")));
                between.clear();
            }
            _ => {
                let before = std::mem::take(&mut between);
                // What is parted from the first entry by an empty line is about all of them.
                let (above, own) = match before.rfind("\n\n") {
                    Some(at) if head.is_none() => before.split_at(at + 2),
                    _ => ("", before.as_str()),
                };
                head.get_or_insert_with(|| above.to_owned());
                blocks.push((own.to_owned(), line));
            }
        }
    }
    (head.unwrap_or_default(), blocks, between)
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Said;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reason in quotes, or {reason: …, until: DAY},")
            }

            fn visit_str<E: Error>(self, reason: &str) -> Result<Said, E> {
                Ok(Said { reason: Reason::read(reason)?.0, until: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Said, A::Error> {
                let dated = Dated::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Said { reason: dated.reason.0, until: Some(dated.until.0) })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Reason {
    fn read<E: Error>(text: &str) -> Result<Self, E> {
        match text.trim() {
            "" => Err(E::invalid_value(Unexpected::Str(""), &"a reason")),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = &"a day like 2026-12-31";
        let day =
            text.parse().map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), expected));
        day.map(Self)
    }
}
