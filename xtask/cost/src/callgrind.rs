//! The emulator under callgrind, whose counters are read between two requests.

use {
    crate::{Result, client::Client},
    std::{
        fs,
        path::{Path, PathBuf},
        process::{Command, Stdio},
    },
    tempfile::TempDir,
    token_launch::{Server, command},
};

/// A running emulator whose instructions are counted.
pub(crate) struct Emulator {
    server: Server,
    folder: TempDir,
    /// What asks it.
    pub(crate) client: Client,
}

impl Emulator {
    /// Starts one with these flags. Its keys are of a kind that is made fast.
    pub(crate) fn start(binary: &Path, flags: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let key = folder.path().join("key.pem");
        fs::write(&key, rcgen::KeyPair::generate()?.serialize_pem())?;
        let mut valgrind = command("valgrind");
        valgrind.args(["--tool=callgrind", "--quiet"]);
        valgrind.arg(format!("--callgrind-out-file={}", folder.path().join("counts").display()));
        valgrind.arg(binary);
        let key = key.display();
        let keys = [
            format!("--service-account-signing-key-file={key}"),
            format!("--service-account-key-file={key}"),
        ];
        let flags: Vec<&str> =
            keys.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        let server = Server::spawn(valgrind, &flags)?;
        let client = Client::new(server.address(), server.token());
        Ok(Self { server, folder, client })
    }

    /// The instructions that something costs.
    pub(crate) fn count(&self, ask: impl FnOnce(&Client) -> Result) -> Result<u64> {
        self.order("zero")?;
        ask(&self.client)?;
        self.order("dump")?;
        let newest = self.dumps()?.into_iter().max().ok_or("callgrind wrote no counts")?;
        total(&fs::read_to_string(newest.1)?)
    }

    /// The files that it has written, by their numbers.
    fn dumps(&self) -> Result<Vec<(u32, PathBuf)>> {
        let mut dumps = Vec::new();
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let number = path.extension().and_then(|it| it.to_str()).and_then(|it| it.parse().ok());
            dumps.extend(number.map(|number| (number, path)));
        }
        Ok(dumps)
    }

    fn order(&self, what: &str) -> Result {
        let mut vgdb = Command::new("vgdb");
        vgdb.arg(format!("--pid={}", self.server.pid())).arg(what);
        let output = vgdb.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
        if output.status.success() { Ok(()) } else { Err(format!("vgdb {what} failed").into()) }
    }
}

/// The instructions that a file of callgrind's counts, which without any total measures nothing.
fn total(text: &str) -> Result<u64> {
    let totals = text.lines().filter_map(|line| line.strip_prefix("totals:"));
    let totals: Vec<u64> = totals.map(|total| total.trim().parse()).collect::<Result<_, _>>()?;
    if totals.is_empty() {
        return Err("callgrind wrote no total".into());
    }
    Ok(totals.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_added_and_have_to_be_there() {
        assert_eq!(total("events: Ir\ntotals: 40\n\ntotals: 2\n").unwrap(), 42);
        assert_eq!(total("events: Ir\n").unwrap_err().to_string(), "callgrind wrote no total");
        assert!(total("totals: many\n").is_err());
    }
}
