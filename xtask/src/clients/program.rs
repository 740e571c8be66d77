//! A program in `xtask/clients/` that uses a library: copied, installed, run against an emulator
//! of its own. It prints a line for each of its checks.

use {
    super::scenario::Report,
    crate::{Result, root},
    std::{
        fs,
        path::{Path, PathBuf},
        process::{Command, Stdio},
    },
    token_launch::Server,
};

/// How the libraries of a program in Python are fetched.
pub(super) const FETCH_PYTHON: &[&str] =
    &["python3 -m venv venv", "venv/bin/pip install --quiet --requirement requirements.txt"];

/// How the libraries of a program for Node are fetched.
pub(super) const FETCH_NODE: &[&str] = &["npm ci --no-audit --no-fund --silent"];

/// A program, and how it is made ready.
pub(super) struct Program {
    /// Its folder in `xtask/clients/`.
    pub(super) name: &'static str,
    /// What has to be installed.
    pub(super) needs: &'static [&'static str],
    /// Commands that get what it depends on; where they fail, its registry may be out of reach.
    pub(super) fetch: &'static [&'static str],
    /// Commands that build it; where they fail, something is wrong with it.
    pub(super) build: &'static [&'static str],
    /// The commands that run it.
    pub(super) runs: &'static [&'static str],
}

impl Program {
    /// Runs it on an emulator with these flags, and notes every check that it tells of. Where what
    /// it depends on cannot be got, that is said, and is no failure.
    pub(super) fn report(&self, emulator: &Path, flags: &[&str], report: &mut Report) -> Result {
        let Some(folder) = self.install(report) else { return Ok(()) };
        let server = Server::start(emulator, flags)?;
        let ready = server.ready_file().display().to_string();
        let [kubeconfig, url] = [server.kubeconfig(), server.url()].map(str::to_owned);
        let told = [("READY_FILE", ready), ("KUBECONFIG", kubeconfig), ("EMULATOR_URL", url)];
        self.drive(&folder, &told, report)
    }

    /// Makes it ready, and notes it where that cannot be done.
    pub(super) fn install(&self, report: &mut Report) -> Option<PathBuf> {
        let folder =
            self.fetched().map_err(|why| report.absent(self.name, "is installed", why)).ok()?;
        let built = carry_out(self.build, &folder);
        built.map_err(|why| report.failed(self.name, "is built", why)).ok()?;
        Some(folder)
    }

    /// A folder with the program and what it depends on. It is kept, so that the next time is quick.
    fn fetched(&self) -> Result<PathBuf, String> {
        for needed in self.needs {
            let found = silent(&mut Command::new(needed)).arg("--help").status();
            found.map_err(|_| format!("there is no {needed}"))?;
        }
        let folder = root().join("target/clients").join(self.name);
        let source = root().join("xtask/clients").join(self.name);
        copy(&source, &folder).map_err(|error| format!("{}: {error}", source.display()))?;
        carry_out(self.fetch, &folder)?;
        Ok(folder)
    }

    /// Runs it with these in its environment.
    pub(super) fn drive(
        &self,
        folder: &Path,
        told: &[(&str, String)],
        report: &mut Report,
    ) -> Result {
        for line in self.runs {
            let mut run = command(line, folder);
            run.envs(told.iter().map(|(name, value)| (name, value)));
            // Google's libraries look about for a machine of Google's, unless they are told not to.
            run.env("METADATA_SERVER_DETECTION", "none").env("NO_GCE_CHECK", "true");
            let done = run.stdin(Stdio::null()).output()?;
            let said = String::from_utf8_lossy(&done.stdout);
            let checks = said.lines().filter(|line| note(line, report)).count();
            let ended_well = done.status.success() || said.contains("failed\t");
            if checks == 0 || !ended_well {
                let why = format!("{}: {}", done.status, String::from_utf8_lossy(&done.stderr));
                report.failed(self.name, "runs to its end", why);
            }
        }
        Ok(())
    }
}

/// Runs commands, as far as they succeed.
fn carry_out(lines: &[&str], folder: &Path) -> Result<(), String> {
    for line in lines {
        let done = command(line, folder).stdin(Stdio::null()).output();
        let done = done.map_err(|error| format!("{line}: {error}"))?;
        if !done.status.success() {
            return Err(format!("{line}: {}", String::from_utf8_lossy(&done.stderr).trim()));
        }
    }
    Ok(())
}

/// Notes what a line says: how it went, the tool, the check and why, with tabs between them.
fn note(line: &str, report: &mut Report) -> bool {
    match line.split('\t').collect::<Vec<_>>()[..] {
        ["ok", tool, check] => report.worked(tool, check),
        ["failed", tool, check, why] => report.failed(tool, check, why),
        ["-", tool, check, why] => report.absent(tool, check, why),
        _ => return false,
    }
    true
}

fn command(line: &str, folder: &Path) -> Command {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    // A program of its own folder is named by its path there.
    let is_own = program.contains('/');
    let program = if is_own { folder.join(program) } else { PathBuf::from(program) };
    let mut command = Command::new(program);
    command.args(words).current_dir(folder);
    command
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if fs::read(&target).ok() != Some(fs::read(entry.path())?) {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_a_check_went() {
        let mut report = Report::default();
        assert!(note("ok\tgo\tcreate", &mut report));
        assert!(note("failed\tgo\tdelete\tno such thing", &mut report));
        assert!(note("-\tgo\tlease\tthere are none", &mut report));
        assert!(!note("a word of its own", &mut report));
        assert_eq!(report.failures(), 1);
        assert!(report.to_string().contains("FAILED go, delete: no such thing"), "{report}");
    }

    #[test]
    fn a_program_that_cannot_be_built_is_a_failure() {
        let lines: (&[&str], &[&str]) = (&["true"], &["false"]);
        let program =
            |fetch, build| Program { name: "google-go", needs: &[], fetch, build, runs: &[] };
        for (fetch, build, failures) in [(lines.0, lines.1, 1), (lines.1, lines.0, 0)] {
            let mut report = Report::default();
            assert!(program(fetch, build).install(&mut report).is_none());
            assert_eq!(report.failures(), failures, "{report}");
        }
    }

    #[test]
    fn a_program_that_cannot_be_installed_is_no_failure() {
        let program =
            Program { name: "none", needs: &["no-such-tool"], fetch: &[], build: &[], runs: &[] };
        let mut report = Report::default();
        program.report(Path::new("no-emulator"), &[], &mut report).unwrap();
        assert_eq!(report.failures(), 0);
        assert!(report.to_string().contains("- none, is installed: there is no no-such-tool"));
    }
}
