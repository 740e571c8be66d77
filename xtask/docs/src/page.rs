//! A page: its console blocks and the files that it asks the reader to write, in their order.

use crate::example::{self, Example};

/// A page, as far as it is run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) steps: Vec<Step>,
}

/// What the reader does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Writes a file.
    File { name: String, text: String },
    /// Runs the commands of a console block.
    Console {
        line: usize,
        /// Why the page says that it is not run.
        reason: Option<String>,
        examples: Vec<Example>,
    },
}

/// What a comment says of the block after it.
enum Comment {
    File(String),
    NotRun(String),
}

impl Page {
    /// Reads a page of Markdown. An error begins with its line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().zip(1..);
        let (mut steps, mut comment) = (Vec::new(), None);
        while let Some((text, line)) = lines.next() {
            let Some(language) = text.strip_prefix("```") else {
                match parse_comment(text) {
                    Some(new) => comment = Some(new),
                    None if text.is_empty() => {}
                    None if comment.is_some() => {
                        return Err(format!("{line}: the comment above is not before a block"));
                    }
                    None => {}
                }
                continue;
            };
            let mut block = String::new();
            loop {
                let (text, _) = lines.next().ok_or(format!("{line}: the block has no end"))?;
                if text == "```" {
                    break;
                }
                block.push_str(text);
                block.push('\n');
            }
            steps.extend(step(language, block, line, comment.take())?);
        }
        Ok(Self { steps })
    }
}

fn parse_comment(text: &str) -> Option<Comment> {
    let text = text.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    match text.split_once(": ")? {
        ("file", name) => Some(Comment::File(name.to_owned())),
        ("not run", reason) => Some(Comment::NotRun(reason.to_owned())),
        _ => None,
    }
}

fn step(
    language: &str,
    text: String,
    line: usize,
    comment: Option<Comment>,
) -> Result<Option<Step>, String> {
    match (language, comment) {
        ("console", Some(Comment::File(_))) => {
            Err(format!("{line}: a console block is run, not written to a file"))
        }
        (_, Some(Comment::File(name))) => Ok(Some(Step::File { name, text })),
        ("console", comment) => {
            let reason = comment.and_then(|comment| match comment {
                Comment::NotRun(reason) => Some(reason),
                Comment::File(_) => None,
            });
            let examples = example::parse(&text, line + 1)?;
            Ok(Some(Step::Console { line, reason, examples }))
        }
        (_, Some(Comment::NotRun(_))) => Err(format!("{line}: only console blocks are run")),
        // In any other language a shell would not be the one to run it.
        (_, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[test]
    fn a_page_is_files_and_commands_in_their_order() {
        let text = "# A\n\n<!-- file: a.yaml -->\n\n```yaml\na: b\n```\n\n```console\n$ ls\na.yaml\n```\n\n```json\n{}\n```\n";
        let (name, text) = ("a.yaml".to_owned(), text.to_owned());
        let page = Page::parse(&text).unwrap();
        let example = Example { line: 10, command: "ls".to_owned(), output: "a.yaml\n".to_owned() };
        let console = Step::Console { line: 9, reason: None, examples: vec![example] };
        assert_eq!(page.steps, [Step::File { name, text: "a: b\n".to_owned() }, console]);
    }

    #[test]
    fn a_block_that_is_not_run_has_a_reason() {
        let page = Page::parse("<!-- not run: it needs a cluster -->\n```console\n$ ls\n```\n");
        let [Step::Console { reason, .. }] = &page.unwrap().steps[..] else { panic!() };
        assert_eq!(reason.as_deref(), Some("it needs a cluster"));
    }

    #[rstest]
    #[case("```console\n$ a\n", "1: the block has no end")]
    #[case("<!-- file: a -->\nb\n", "2: the comment above is not before a block")]
    #[case("<!-- file: a -->\n```console\n$ a\n```\n", "2: a console block is run")]
    #[case("<!-- not run: a -->\n```json\n```\n", "2: only console blocks are run")]
    fn a_page_that_cannot_be_followed_is_refused(#[case] text: &str, #[case] expected: &str) {
        let error = Page::parse(text).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}
