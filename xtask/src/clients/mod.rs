//! Drives the clients that people use (kubectl, curl, gcloud, libraries) against a freshly started
//! emulator, and names what does not work. A tool that is missing is a failure, not a skip; a
//! library that cannot be fetched is a skip that says why, and a version of kubectl that is not there.

mod curl;
mod gcloud;
mod google;
mod json;
mod kubectl;
mod kubernetes;
mod program;
mod relying;
mod running;
mod scenario;
mod together;
mod tool;

use {
    crate::{Result, cargo},
    scenario::Report,
    std::path::PathBuf,
    tool::Tool,
};

/// What the command was told.
struct Options {
    emulator: PathBuf,
    kubectls: Vec<Tool>,
    /// Names of what is run; all when there is none.
    only: Vec<String>,
    /// Whether kubectl and the Kubernetes libraries ask a kube-apiserver the same.
    beside_kube: bool,
}

const USAGE: &str = "usage: cargo xtask clients [--emulator PATH] [--kubectl PATH]... [--only NAME]... [--beside-kube]";

/// `cargo xtask clients`: every flow with every tool; prints a table and fails by name.
pub(crate) fn run(arguments: &[String]) -> Result {
    let options = Options::parse(arguments)?;
    let (mut tools, mut libraries) = (Report::default(), Report::default());
    run_tools(&options, &mut tools)?;
    google::run(&options, &mut libraries)?;
    relying::run(&options, &mut libraries)?;
    let kubernetes = kubernetes::run(&options)?;
    println!("{tools}\n\n{libraries}\n\n{kubernetes}");
    match tools.failures() + libraries.failures() + kubernetes.failures() {
        0 => Ok(()),
        count => Err(format!("{count} flows failed").into()),
    }
}

fn run_tools(options: &Options, report: &mut Report) -> Result {
    let Options { emulator, kubectls, .. } = options;
    let last = kubectls.last().ok_or("no kubectl to drive")?;
    if options.wants("kubectl") {
        kubectl::run(emulator, kubectls, report)?;
        kubectl::beside::run(options, report)?;
    }
    if options.wants("curl") {
        curl::run(emulator, report)?;
    }
    if options.wants("together") {
        together::run(emulator, last, report)?;
    }
    if options.wants("gcloud") {
        gcloud::run(emulator, last, report)?;
    }
    Ok(())
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let (mut emulator, mut kubectls, mut only) = (None, Vec::new(), Vec::new());
        let beside_kube = arguments.iter().any(|argument| argument == "--beside-kube");
        let pairs: Vec<_> = arguments.iter().filter(|it| *it != "--beside-kube").collect();
        for pair in pairs.chunks(2) {
            match pair {
                [flag, path] if *flag == "--emulator" => emulator = Some(PathBuf::from(path)),
                [flag, path] if *flag == "--kubectl" => kubectls.push(Tool::at(path)),
                [flag, name] if *flag == "--only" => only.push((*name).clone()),
                _ => return Err(USAGE.into()),
            }
        }
        let emulator = match emulator {
            Some(path) => path,
            None => cargo::build_debug("token-emulator")?,
        };
        let kubectls = if kubectls.is_empty() { kubectl::found() } else { kubectls };
        Ok(Self { emulator, kubectls, only, beside_kube })
    }

    /// Whether that was selected.
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}
