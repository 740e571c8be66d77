//! A command of a console block, and the output that the page shows below it.

/// One command with its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    /// Where it is in the page.
    pub(crate) line: usize,
    /// The command, without its prompt; it may have several lines.
    pub(crate) command: String,
    /// What is shown; empty when nothing is.
    pub(crate) output: String,
}

/// The examples of a console block whose first line is in that line of the page.
pub(crate) fn parse(block: &str, first: usize) -> Result<Vec<Example>, String> {
    let mut examples: Vec<Example> = Vec::new();
    let mut continues = false;
    for (text, line) in block.lines().zip(first..) {
        match (text.strip_prefix("$ "), examples.last_mut()) {
            (_, Some(last)) if continues => {
                last.command.push('\n');
                last.command.push_str(text);
                continues = text.ends_with('\\');
            }
            (Some(command), _) => {
                continues = command.ends_with('\\');
                let (command, output) = (command.to_owned(), String::new());
                examples.push(Example { line, command, output });
            }
            (None, Some(last)) => {
                last.output.push_str(text);
                last.output.push('\n');
            }
            (None, None) => return Err(format!("{line}: a console block begins with `$ `")),
        }
    }
    Ok(examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_commands_with_their_output() {
        let examples = parse("$ a \\\n  b\nc\n\n$ d\n", 7).unwrap();
        let shown: Vec<_> =
            examples.iter().map(|it| (it.line, it.command.as_str(), it.output.as_str())).collect();
        assert_eq!(shown, [(7, "a \\\n  b", "c\n\n"), (11, "d", "")]);
    }

    #[test]
    fn output_without_a_command_is_refused() {
        assert_eq!(parse("a\n", 3).unwrap_err(), "3: a console block begins with `$ `");
    }
}
