//! A reader, who follows a page from its top to its end.

use {
    crate::{
        example::Example,
        output,
        page::{Page, Step},
        reason::{self, Lost},
        server::{self, Server},
        shell::{Answer, Shell},
    },
    std::{
        collections::BTreeSet,
        fmt::{self, Display, Formatter},
        fs, io,
        path::{Path, PathBuf},
        process::Command,
    },
    tempfile::TempDir,
};

/// A reader of one page.
pub(crate) struct Reader {
    page: String,
    programs: PathBuf,
    folder: TempDir,
    notes: TempDir,
    shell: Shell,
    server: Option<Server>,
    lost: Lost,
    /// Whether a command did not end, so that the rest of the page cannot be run.
    is_stuck: bool,
    /// How many commands were run.
    pub(crate) ran: usize,
    /// How many of them only started an emulator.
    started: usize,
    /// The lines of the blocks that were not run, and why.
    pub(crate) left_out: Vec<(usize, String)>,
}

/// A command that does not do what its page shows.
#[derive(Debug)]
pub(crate) struct Finding {
    page: String,
    line: usize,
    command: String,
    shown: String,
    code: String,
    output: String,
}

impl Reader {
    /// A reader with a folder and a shell.
    pub(crate) fn new(page: &str, programs: &Path) -> io::Result<Self> {
        let (folder, notes) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let shell = Shell::start(bash(folder.path(), programs), folder.path(), notes.path())?;
        Ok(Self {
            page: page.to_owned(),
            programs: programs.to_owned(),
            folder,
            notes,
            shell,
            server: None,
            lost: Lost::new(),
            is_stuck: false,
            ran: 0,
            started: 0,
            left_out: Vec::new(),
        })
    }

    /// Does what the page says; what does not go as it shows.
    pub(crate) fn follow(&mut self, page: &Page) -> io::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for step in &page.steps {
            match step {
                Step::File { name, text } => {
                    fs::write(self.folder.path().join(name), self.really(text))?;
                }
                Step::Console { line, reason, examples } => {
                    let reason = reason.clone().or_else(|| reason::find(examples, &self.lost));
                    match reason {
                        Some(reason) => self.leave_out(*line, reason, examples),
                        None => findings.extend(self.run_block(examples)?),
                    }
                }
            }
        }
        Ok(findings)
    }

    /// What says that nothing was run but emulators since a program is not installed, if so.
    pub(crate) fn nothing_for_want_of_tools(&self) -> Option<String> {
        let tools: BTreeSet<&str> =
            self.left_out.iter().filter_map(|(_, reason)| reason::missing_tool(reason)).collect();
        let tools: Vec<&str> = tools.into_iter().collect();
        let is_nothing = self.ran == self.started && !tools.is_empty();
        is_nothing.then(|| format!("nothing of {} ran without {}", self.page, tools.join(", ")))
    }

    fn leave_out(&mut self, line: usize, reason: String, examples: &[Example]) {
        reason::lose(examples, line, &mut self.lost);
        self.left_out.push((line, reason));
    }

    fn run_block(&mut self, examples: &[Example]) -> io::Result<Vec<Finding>> {
        reason::regain(examples, &mut self.lost);
        let mut findings = Vec::new();
        for (done, example) in examples.iter().enumerate() {
            if self.is_stuck {
                break;
            }
            let Answer { code, output } = self.run(example)?;
            if code != "0" && is_installation(&example.command) {
                let reason = "what it installs cannot be got".to_owned();
                self.leave_out(example.line, reason, &examples[done..]);
                break;
            }
            self.ran += 1;
            let is_as_shown =
                example.output.is_empty() || output::is_as_shown(&example.output, &output);
            if code != "0" || !is_as_shown {
                findings.push(self.finding(example, code, output));
            }
        }
        Ok(findings)
    }

    fn run(&mut self, example: &Example) -> io::Result<Answer> {
        if server::is_start(&example.command) {
            self.started += 1;
            return self.serve(&example.command);
        }
        if self.server.is_none() && server::names_address(&example.command) {
            let output = "the page has not started an emulator by then\n".to_owned();
            return Ok(Answer { code: "not run".to_owned(), output });
        }
        let command = self.really(&example.command);
        let Some(Answer { code, output }) = self.shell.run(&command)? else {
            self.is_stuck = true;
            return Ok(Answer { code: "none".to_owned(), output: "it does not end\n".to_owned() });
        };
        Ok(Answer { code, output: self.documented(&output) })
    }

    /// Starts an emulator in place of the one before it, as a reader has to with one port.
    fn serve(&mut self, text: &str) -> io::Result<Answer> {
        self.server = None;
        let mut bash = bash(self.folder.path(), &self.programs);
        bash.current_dir(self.folder.path());
        match Server::start(bash, text, self.notes.path()) {
            Ok(server) => {
                let output = server.documented(&server.printed()?);
                self.server = Some(server);
                Ok(Answer { code: "0".to_owned(), output })
            }
            Err(error) => Ok(Answer { code: "1".to_owned(), output: error.to_string() }),
        }
    }

    fn really(&self, text: &str) -> String {
        self.server.as_ref().map_or_else(|| text.to_owned(), |server| server.really(text))
    }

    fn documented(&self, text: &str) -> String {
        self.server.as_ref().map_or_else(|| text.to_owned(), |server| server.documented(text))
    }

    fn finding(&self, example: &Example, code: String, output: String) -> Finding {
        let Example { line, command, output: shown } = example.clone();
        Finding { page: self.page.clone(), line, command, shown, code, output }
    }
}

/// Whether a command gets something from a registry, which may be out of reach.
fn is_installation(command: &str) -> bool {
    command.contains("pip install") || command.starts_with("npm install")
}

/// bash, with the programs of the documents and without any setting of the environment.
fn bash(folder: &Path, programs: &Path) -> Command {
    let mut command = Command::new("bash");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_clients = ["KUBECONFIG", "CURL_HOME"].contains(&&*text);
        if of_clients || text.starts_with("TOKEN_EMULATOR_") || text.starts_with("CLOUDSDK_") {
            command.env_remove(name);
        }
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [programs.to_owned()].into_iter().chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).unwrap_or(path.clone());
    command.env("PATH", path).env("HOME", folder).env("LC_ALL", "C.UTF-8").arg("--norc");
    command
}

impl Display for Finding {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { page, line, command, shown, code, output } = self;
        writeln!(formatter, "{page}:{line}: $ {command}")?;
        if !shown.is_empty() {
            writeln!(formatter, "  expected\n{}", indented(shown))?;
        }
        write!(formatter, "  got (exit code {code})\n{}", indented(output))
    }
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    | {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(text: &str) -> (Reader, Vec<String>) {
        let mut reader = Reader::new("a.md", Path::new("/nowhere")).unwrap();
        let findings = reader.follow(&Page::parse(text).unwrap()).unwrap();
        (reader, findings.iter().map(Finding::to_string).collect())
    }

    #[test]
    fn a_page_that_shows_what_happens_is_as_it_should_be() {
        let text = "<!-- file: a -->\n```text\nb\n```\n```console\n$ cat a\nb\n$ A=c\n```\n```console\n$ false; echo $? $A\n1 c\n```\n";
        let (reader, findings) = follow(text);
        assert_eq!((reader.ran, findings), (3, Vec::new()));
    }

    #[test]
    fn another_output_is_found_with_page_line_and_both() {
        let (_, findings) = follow("\n```console\n$ echo b\na\n```\n");
        let expected =
            "a.md:3: $ echo b\n  expected\n    | a\n  got (exit code 0)\n    | b".to_owned();
        assert_eq!(findings, [expected]);
    }

    #[test]
    fn a_command_that_fails_is_found_though_nothing_is_shown() {
        let (_, findings) = follow("```console\n$ echo why; false\n```\n");
        assert_eq!(findings, ["a.md:2: $ echo why; false\n  got (exit code 1)\n    | why"]);
    }

    #[test]
    fn an_emulator_has_to_be_started_before_it_is_asked() {
        let (_, findings) = follow("```console\n$ echo http://127.0.0.1:8693\n```\n");
        assert!(findings[0].contains("has not started an emulator"), "{findings:?}");
    }

    #[test]
    fn what_is_not_run_is_named_and_so_is_what_depends_on_it() {
        let text =
            "<!-- not run: no cluster -->\n```console\n$ A=b\n```\n```console\n$ echo $A\n```\n";
        let (reader, findings) = follow(text);
        assert!(findings.is_empty());
        let reason = "A comes from the block of line 2, which was not run".to_owned();
        assert_eq!(reader.left_out, [(2, "no cluster".to_owned()), (5, reason)]);
    }

    #[test]
    fn a_page_that_is_left_out_for_want_of_a_tool_is_named() {
        let (mut reader, _) = follow("```console\n$ true\n```\n");
        reader.left_out.push((7, "curl is not installed".to_owned()));
        assert_eq!(reader.nothing_for_want_of_tools(), None);
        reader.started = reader.ran;
        let said = reader.nothing_for_want_of_tools();
        assert_eq!(said.as_deref(), Some("nothing of a.md ran without curl"));
    }

    #[test]
    fn a_page_sees_no_setting_of_its_surroundings() {
        let (reader, _) = follow("```console\n$ echo $HOME > home\n```\n");
        let home = fs::read_to_string(reader.folder.path().join("home")).unwrap();
        assert_eq!(Path::new(home.trim()), reader.folder.path());
    }
}
