//! What a process has resident.

/// Resident memory in megabytes; `None` on a system that does not say.
pub(crate) fn resident(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_some_memory() {
        if cfg!(target_os = "linux") {
            assert!(resident(std::process::id()).is_some_and(|megabytes| megabytes > 0.1));
        }
    }
}
