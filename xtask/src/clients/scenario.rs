//! Flows and how they went: a table of tools and flows.

use std::fmt;

/// One thing that a tool is used for.
pub(super) struct Flow<S> {
    /// What it is, in the table.
    pub(super) name: &'static str,
    /// Does it; the error says what went wrong.
    pub(super) run: fn(&S) -> Result<(), String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Worked,
    Failed(String),
    /// It cannot be done with this tool, or here, and why.
    Absent(String),
}

#[derive(Debug)]
struct Row {
    tool: String,
    flow: String,
    outcome: Outcome,
}

/// How every flow went.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Runs flows in order, and notes how each went.
    pub(super) fn run<S>(&mut self, tool: &str, flows: &[Flow<S>], session: &S) {
        for flow in flows {
            match (flow.run)(session) {
                Ok(()) => self.worked(tool, flow.name),
                Err(error) => self.failed(tool, flow.name, error),
            }
        }
    }

    /// Notes that something worked.
    pub(super) fn worked(&mut self, tool: &str, flow: &str) {
        self.push(tool, flow, Outcome::Worked);
    }

    /// Notes how something went.
    pub(super) fn note(&mut self, tool: &str, flow: &str, went: Result<(), String>) {
        let outcome = match went {
            Ok(()) => Outcome::Worked,
            Err(error) => Outcome::Failed(short(&error)),
        };
        self.push(tool, flow, outcome);
    }

    /// Notes that a tool cannot do something anywhere, or not here.
    pub(super) fn absent(&mut self, tool: &str, flow: &str, why: impl Into<String>) {
        self.push(tool, flow, Outcome::Absent(short(&why.into())));
    }

    /// Notes what went wrong.
    pub(super) fn failed(&mut self, tool: &str, flow: &str, why: impl Into<String>) {
        self.push(tool, flow, Outcome::Failed(short(&why.into())));
    }

    /// Takes over what went wrong elsewhere.
    pub(super) fn add_failures(&mut self, other: Self) {
        let failed = |row: &Row| matches!(row.outcome, Outcome::Failed(_));
        self.rows.extend(other.rows.into_iter().filter(failed));
    }

    fn push(&mut self, tool: &str, flow: &str, outcome: Outcome) {
        self.rows.push(Row { tool: tool.to_owned(), flow: flow.to_owned(), outcome });
    }

    /// How many flows failed.
    pub(super) fn failures(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Failed(_))).count()
    }

    fn tools(&self) -> Vec<&str> {
        unique(self.rows.iter().map(|row| row.tool.as_str()))
    }

    fn flows(&self) -> Vec<&str> {
        unique(self.rows.iter().map(|row| row.flow.as_str()))
    }

    fn cell(&self, tool: &str, flow: &str) -> &'static str {
        let row = self.rows.iter().find(|row| row.tool == tool && row.flow == flow);
        match row.map(|row| &row.outcome) {
            Some(Outcome::Worked) => "ok",
            Some(Outcome::Failed(_)) => "FAILED",
            Some(Outcome::Absent(_)) => "-",
            None => "",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<36}", "")?;
        let tools = self.tools();
        for tool in &tools {
            write!(f, " {tool:<14}")?;
        }
        for flow in self.flows() {
            write!(f, "\n{flow:<36}")?;
            for tool in &tools {
                write!(f, " {:<14}", self.cell(tool, flow))?;
            }
        }
        for Row { tool, flow, outcome } in &self.rows {
            match outcome {
                Outcome::Worked => {}
                Outcome::Failed(why) => write!(f, "\nFAILED {tool}, {flow}: {why}")?,
                Outcome::Absent(why) => write!(f, "\n- {tool}, {flow}: {why}")?,
            }
        }
        Ok(())
    }
}

/// One line that a reader will read, and that shows no credential.
fn short(text: &str) -> String {
    let mut last = "";
    let words = text.split_whitespace().map(|word| {
        let is_credential = last == "Bearer";
        last = word;
        match word.char_indices().nth(120) {
            _ if is_credential => "…".to_owned(),
            Some((end, _)) => format!("{}…", &word[..end]),
            None => word.to_owned(),
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(600).collect()
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_not_shown() {
        let long = "x".repeat(200);
        let line = short(&format!("curl\n --header Authorization: Bearer secret {long}"));
        assert_eq!(line, format!("curl --header Authorization: Bearer … {}…", "x".repeat(120)));
    }

    #[test]
    fn a_failure_is_named_and_counted() {
        let flows = [
            Flow { name: "one", run: |(): &()| Ok(()) },
            Flow { name: "two", run: |(): &()| Err("no such thing".to_owned()) },
        ];
        let mut report = Report::default();
        report.run("curl", &flows, &());
        report.absent("kubectl", "two", "too old");
        assert_eq!(report.failures(), 1);
        let text = report.to_string();
        assert!(text.contains("FAILED curl, two: no such thing"), "{text}");
        assert!(text.contains("- kubectl, two: too old"), "{text}");
    }
}
