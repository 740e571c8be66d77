//! The conformance suite, run against one of the two.

use {
    crate::Result,
    std::{path::Path, process::Command},
};

/// Whether every Kubernetes case passes there, to the byte.
pub(crate) fn run(
    binary: &Path,
    further: &[String],
    name: &str,
    url: &str,
    ca_file: &Path,
) -> Result<bool> {
    println!("== the suite against {name}");
    let output = Command::new(binary)
        .args(["run", "--level", "observed", "--run", "kubernetes/*", "--server", url])
        .args(["--token", "admin-token", "--ca-file"])
        .arg(ca_file)
        .args(further)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The last line counts; before it stand those that failed.
    let lines = text.lines().filter(|line| line.to_lowercase().contains("fail"));
    lines.for_each(|line| println!("{line}"));
    println!();
    Ok(output.status.success())
}
