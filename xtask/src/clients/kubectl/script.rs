//! The commands in `commands.script`, parsed and run.

use {
    super::super::tool::{Answer, Tool},
    std::fmt,
};

const COMMANDS: &str = include_str!("commands.script");

/// What belongs together: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Its name.
    pub(super) name: &'static str,
    /// Its commands, in order.
    pub(super) commands: Vec<Command>,
}

/// One command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// What is demanded of it.
    pub(super) demand: Demand,
    /// The first minor version of kubectl that has it.
    pub(super) since: u32,
    /// What follows `kubectl`.
    pub(super) line: &'static str,
    /// What it reads.
    pub(super) input: String,
}

/// What is demanded of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// It succeeds.
    Success,
    /// It fails.
    Failure,
    /// Nothing: it is known to differ.
    Nothing,
}

/// All sections.
pub(super) fn sections() -> Result<Vec<Section>, String> {
    parse(COMMANDS)
}

fn parse(text: &'static str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        let error = || format!("commands.script: {line:?} is nothing, here");
        let (mark, rest) = line.split_at(line.len().min(1));
        match (mark, sections.last_mut()) {
            ("", _) => {}
            ("#", _) => {
                if let Some(name) = line.strip_prefix("## ") {
                    sections.push(Section { name, commands: Vec::new() });
                }
            }
            ("<", Some(section)) => {
                let command = section.commands.last_mut().ok_or_else(error)?;
                command.input.push_str(rest.strip_prefix(' ').unwrap_or(rest));
                command.input.push('\n');
            }
            (_, Some(section)) => {
                section.commands.push(command(mark, rest).ok_or_else(error)?);
            }
            (_, None) => return Err(error()),
        }
    }
    Ok(sections)
}

fn command(mark: &str, rest: &'static str) -> Option<Command> {
    let demand = match mark {
        "$" => Demand::Success,
        "!" => Demand::Failure,
        "~" => Demand::Nothing,
        _ => return None,
    };
    let (since, line) = rest.split_once(' ')?;
    let since = match since.strip_prefix("1.") {
        Some(minor) => minor.parse().ok()?,
        None if since.is_empty() => 0,
        None => return None,
    };
    Some(Command { demand, since, line, input: String::new() })
}

impl Command {
    /// Runs it.
    pub(super) fn run(&self, kubectl: &Tool) -> Result<Answer, String> {
        let words: Vec<&str> = self.line.split(' ').collect();
        kubectl.answer(&words, &self.input)
    }

    /// Whether it is known to do something else with a kube-apiserver.
    pub(super) fn differs(&self) -> bool {
        self.demand == Demand::Nothing
    }

    /// What is wrong with an answer, by itself.
    pub(super) fn fault(&self, answer: &Answer) -> Option<String> {
        let wanted = match self.demand {
            Demand::Success if !answer.success => "succeed",
            Demand::Failure if answer.success => "fail",
            _ => return None,
        };
        let said = format!("{} {}", answer.said.err.trim(), answer.said.out.trim());
        Some(format!("{self} was to {wanted}: {said}"))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.line)?;
        let read = self.input.split_whitespace().collect::<Vec<_>>().join(" ");
        if read.is_empty() { Ok(()) } else { write!(f, " ({read})") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_commands_and_what_they_read_are_told_apart() {
        let text =
            "# words\n## one\n$ get sa\n!1.31 create -f -\n< a:\n<   b\n\n## two\n~ top pod\n";
        let command = |demand, since, line, input: &str| Command {
            demand,
            since,
            line,
            input: input.to_owned(),
        };
        let one = vec![
            command(Demand::Success, 0, "get sa", ""),
            command(Demand::Failure, 31, "create -f -", "a:\n  b\n"),
        ];
        let two = vec![command(Demand::Nothing, 0, "top pod", "")];
        let expected =
            [Section { name: "one", commands: one }, Section { name: "two", commands: two }];
        assert_eq!(parse(text).unwrap(), expected);
        for broken in ["$ get", "## one\n< x", "## one\n? x", "## one\n$x y"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn the_commands_can_be_read() {
        assert!(sections().unwrap().iter().all(|section| !section.commands.is_empty()));
    }
}
