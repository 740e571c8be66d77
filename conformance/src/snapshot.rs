//! The recorded exchanges of a case, redacted, in a file that insta reads and writes as well.

use {
    crate::{exchange::Exchange, layout, protobuf, redact::Redactor, variant::Variant},
    std::fmt::Write as _,
};

/// The server that cases are recorded from which no kube-apiserver can answer.
pub const EMULATOR: &str = "token-emulator";

/// The headers that two servers have to share to be the same; `audit-id` by its presence alone.
pub const HEADERS: &[&str] = &[
    "allow",
    "audit-id",
    "cache-control",
    "content-type",
    "location",
    "retry-after",
    "vary",
    "warning",
    "www-authenticate",
    "x-content-type-options",
];

/// A snapshot file, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The requirement of the case.
    pub requirement: String,
    /// The server that it was recorded from: `kube-apiserver v1.37.1`.
    pub recorded_from: String,
    /// The exchanges, one section a recorded variant.
    pub contents: String,
}

impl Snapshot {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (header, contents) = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .ok_or("a snapshot begins with a header between two lines of ---")?;
        let description = header
            .lines()
            .find_map(|line| line.strip_prefix("description: "))
            .ok_or("its header has no description")?;
        let (requirement, recorded_from) = description
            .trim_matches('"')
            .split_once(", recorded from ")
            .ok_or("its description does not say what it was recorded from")?;
        Ok(Self {
            requirement: requirement.to_owned(),
            recorded_from: recorded_from.to_owned(),
            contents: contents.trim_end().to_owned(),
        })
    }

    /// Writes it as insta would.
    pub fn file(&self) -> String {
        format!(
            "---\nsource: conformance/tests/it/suite.rs\ndescription: \"{}\"\nexpression: \
             transcript\n---\n{}\n",
            self.description(),
            self.contents
        )
    }

    /// The line of the header that insta is given.
    pub fn description(&self) -> String {
        format!("{}, recorded from {}", self.requirement, self.recorded_from)
    }

    /// The section of a variant.
    pub fn section(&self, variant: Variant) -> Option<&str> {
        let heading = format!("== {variant}\n");
        let at = if self.contents.starts_with(&heading) {
            heading.len()
        } else {
            self.contents.find(&format!("\n{heading}"))? + 1 + heading.len()
        };
        let rest = &self.contents[at..];
        Some(rest.find("\n== ").map_or(rest, |end| &rest[..end]).trim_end())
    }
}

/// The contents of a snapshot: a section for each variant.
pub fn contents(sections: &[(Variant, Vec<String>)]) -> String {
    let sections: Vec<String> = sections
        .iter()
        .map(|(variant, steps)| format!("== {variant}\n{}", section(steps)))
        .collect();
    sections.join("\n\n")
}

/// The section of one variant.
pub fn section(steps: &[String]) -> String {
    steps.join("\n\n").trim_end().to_owned()
}

/// One exchange as a snapshot has it.
pub fn transcript(exchange: &Exchange, redactor: &mut Redactor) -> String {
    for credential in exchange.answer.credentials() {
        redactor.learn(&credential);
    }
    redactor.begin();
    let request = &exchange.request;
    let mut out = redactor.text(&format!("> {} {}\n", request.method, request.path)).text;
    let _ = writeln!(out, "< {}", exchange.answer.status);
    for name in HEADERS {
        let mut values = exchange.answer.header(name);
        if *name == "audit-id" {
            values.fill("{any}");
        }
        for value in values {
            let _ = writeln!(out, "< {name}: {}", redactor.text(value).text);
        }
    }
    let (body, form) = body(exchange);
    let redacted = redactor.text(&body);
    if !redacted.text.is_empty() {
        let _ = write!(out, "{}", redacted.text);
        out.push_str(if redacted.text.ends_with('\n') { "" } else { "\n" });
    }
    let _ = write!(out, "({form})");
    for token in redacted.tokens {
        let _ = write!(out, "\n{token}");
    }
    out
}

/// The body laid out, and what it was laid out from, so that no byte of it is lost.
fn body(exchange: &Exchange) -> (String, String) {
    let bytes = &exchange.answer.body;
    if let Some(meaning) = &exchange.answer.meaning {
        return (layout::indented(&meaning.to_string()), "gRPC, in its JSON form".to_owned());
    }
    if bytes.is_empty() {
        return (String::new(), "no body".to_owned());
    }
    if let Ok(value) = protobuf::decode(bytes) {
        return (layout::indented(&value.to_string()), "protobuf".to_owned());
    }
    let text = String::from_utf8_lossy(bytes).into_owned();
    let ending = if text.ends_with('\n') { "a newline" } else { "no newline" };
    let json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    let form = match trimmed {
        _ if !json => return (text.clone(), format!("text, {ending} at its end")),
        it if it == layout::squeezed(it) => "compact JSON",
        it if it == layout::indented(it) => "indented JSON",
        _ => return (text.clone(), format!("JSON as it stands, {ending} at its end")),
    };
    (layout::indented(trimmed), format!("{form}, {ending} at its end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_back_and_its_sections_are_found() {
        let steps = |text: &str| vec![text.to_owned()];
        let snapshot = Snapshot {
            requirement: "floor".to_owned(),
            recorded_from: "kube-apiserver v1.37.1".to_owned(),
            contents: contents(&[
                (Variant::Json, steps("> GET /\n(no body)")),
                (Variant::Yaml, steps("> GET /y\n(no body)")),
            ]),
        };
        let read = Snapshot::parse(&snapshot.file()).unwrap();
        assert_eq!(read, snapshot);
        assert_eq!(read.section(Variant::Json), Some("> GET /\n(no body)"));
        assert_eq!(read.section(Variant::Yaml), Some("> GET /y\n(no body)"));
        assert_eq!(read.section(Variant::Grpc), None);
    }
}
