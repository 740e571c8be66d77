//! One shell, in which the commands of a page run one after another.

use {
    rustix::process::{Pid, Signal, kill_process_group},
    std::{
        fs,
        io::{self, BufRead, BufReader, Write},
        os::unix::process::CommandExt,
        path::{Path, PathBuf},
        process::{Child, ChildStdin, Command, Stdio},
        sync::mpsc::{Receiver, channel},
        thread,
        time::Duration,
    },
};

/// How long one command may take: gcloud takes a while, and so does a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A shell that keeps variables and functions from command to command.
pub(crate) struct Shell {
    child: Child,
    stdin: ChildStdin,
    codes: Receiver<String>,
    notes: PathBuf,
    patience: Duration,
}

/// How a command ended, and what it printed on both of its outputs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: String,
    pub(crate) output: String,
}

impl Shell {
    /// A shell in a folder. `notes` is another folder, for files of its own.
    pub(crate) fn start(mut command: Command, folder: &Path, notes: &Path) -> io::Result<Self> {
        // A group of its own, so that what runs in it ends with it.
        command.process_group(0).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let lost = || io::Error::other("the shell has no pipes");
        let stdin = child.stdin.take().ok_or_else(lost)?;
        let stdout = child.stdout.take().ok_or_else(lost)?;
        let (sender, codes) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.map(|line| sender.send(line)).find(Result::is_err)
        });
        Ok(Self { child, stdin, codes, notes: notes.to_owned(), patience: PATIENCE })
    }

    /// Runs one command to its end; `None` when it does not end, and then there are no others.
    pub(crate) fn run(&mut self, command: &str) -> io::Result<Option<Answer>> {
        let [source, output] = ["command", "output"].map(|name| self.notes.join(name));
        fs::write(&source, command)?;
        let (source, printed) = (source.display(), output.display());
        // Evaluated, so that an error of syntax ends the command and not the shell.
        writeln!(self.stdin, "eval \"$(cat '{source}')\" > '{printed}' 2>&1 < /dev/null; echo $?")?;
        let Ok(code) = self.codes.recv_timeout(self.patience) else { return Ok(None) };
        let output = String::from_utf8_lossy(&fs::read(output)?).into_owned();
        Ok(Some(Answer { code, output }))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It may have ended by itself.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_files_last_and_a_command_that_fails_has_its_code() {
        let [folder, notes] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut shell = Shell::start(Command::new("bash"), folder.path(), notes.path()).unwrap();
        let mut run = |command: &str| {
            let Answer { code, output } = shell.run(command).unwrap().unwrap();
            (code, output)
        };
        let answer = |code: &str, output: &str| (code.to_owned(), output.to_owned());
        assert_eq!(run("A=b; echo c > file"), answer("0", ""));
        assert_eq!(run("echo $A; cat file; no-such 2>/dev/null"), answer("127", "b\nc\n"));
        assert_ne!(run("if").0, "0");
        assert_eq!(run("echo \\\n  $A >&2"), answer("0", "b\n"));
    }

    #[test]
    fn a_command_that_does_not_end_is_given_up() {
        let [folder, notes] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut shell = Shell::start(Command::new("bash"), folder.path(), notes.path()).unwrap();
        shell.patience = Duration::from_millis(50);
        assert_eq!(shell.run("tail -f /dev/null").unwrap(), None);
    }
}
