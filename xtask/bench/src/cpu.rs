//! The processor time that a measurement took, of all processes that had a part in it. Beside
//! busy neighbours a rate by the clock says more of them than of us; this does not.

use std::{fs, time::Duration};

/// Fields of `/proc/PID/stat` after the name, counted from 0: the parent, and the ticks in user
/// and kernel mode, of the process and of its children that have ended.
const PARENT: usize = 1;
const TICKS: [usize; 4] = [11, 12, 13, 14];

/// The unit of those ticks on Linux, whatever the hardware.
const TICKS_A_SECOND: f64 = 100.0;

/// The processes whose time counts: this one, its children, and others that are named.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    others: Vec<u32>,
}

impl Meter {
    /// One that counts these processes too.
    pub(crate) fn with(others: &[u32]) -> Self {
        Self { others: others.to_owned() }
    }

    /// What they took until now; `None` on a system that does not say.
    pub(crate) fn read(&self) -> Option<Duration> {
        let own = std::process::id();
        let mut ticks = 0;
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // A process may end while this looks at it, and then has nothing to add.
            let Some(fields) = fields(pid) else { continue };
            if pid == own || fields[PARENT] == u64::from(own) || self.others.contains(&pid) {
                ticks += TICKS.iter().map(|&field| fields[field]).sum::<u64>();
            }
        }
        Some(Duration::from_secs_f64(ticks as f64 / TICKS_A_SECOND))
    }
}

fn fields(pid: u32) -> Option<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    // The state is a letter, and some fields are negative; neither is of interest.
    let fields: Vec<u64> = rest.split_whitespace().map(|it| it.parse().unwrap_or(0)).collect();
    (fields.len() > 14).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows() {
        if cfg!(target_os = "linux") {
            let meter = Meter::default();
            let before = meter.read().unwrap();
            let mut sum = 0_u64;
            while meter.read().unwrap() == before {
                sum = (0..100_000).fold(sum, u64::wrapping_add);
            }
            assert!(meter.read().unwrap() > before, "{sum}");
        }
    }
}
