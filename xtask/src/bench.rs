//! Builds the emulator and what measures it, and runs that beside a kube-apiserver where one can
//! be had.

use {
    crate::{
        Result, cargo,
        kube::{self, Kube},
    },
    std::process::Command,
};

/// `cargo xtask bench [--without-kube] [--rounds N] [--seconds S] …`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let without = "--without-kube";
    let rest = arguments.iter().filter(|argument| *argument != without);
    let emulator = cargo::build_release("token-emulator")?;
    let bench = cargo::build_release("token-bench")?;
    let mut command = Command::new(bench);
    command.arg("run").arg("--emulator").arg(emulator).args(rest);
    let kube = if arguments.iter().any(|argument| argument == without) { None } else { kube() };
    if let Some(kube) = &kube {
        command.args(["--kube-url", &kube.url, "--kube-token", kube::TOKEN]);
        command.args(["--kube-pids", &kube.pids()]);
    }
    if command.status()?.success() { Ok(()) } else { Err("nothing was measured".into()) }
}

/// A kube-apiserver; without one its line of the table says that it is unsure.
fn kube() -> Option<Kube> {
    match Kube::start(kube::VERSION, &[]) {
        Ok(kube) => Some(kube),
        Err(error) => {
            println!("no kube-apiserver to compare with: {error}");
            None
        }
    }
}
