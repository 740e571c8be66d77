//! The memory and the descriptors of a process.

use {
    crate::Result,
    std::{
        fs, thread,
        time::{Duration, Instant},
    },
};

/// How much more there may be at the end than after the warm-up: a tenth, and a little.
const TENTH: usize = 10;
const LITTLE_MEMORY: usize = 16 << 10;
const FEW_DESCRIPTORS: usize = 16;

/// How long what was dropped may stay.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a process has at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Resident, in KiB.
    memory: usize,
    descriptors: usize,
}

impl Sample {
    fn memory(&self) -> usize {
        self.memory
    }

    fn descriptors(&self) -> usize {
        self.descriptors
    }
}

pub(crate) fn take(pid: u32) -> Result<Sample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = line.and_then(|line| line.split_whitespace().next()).unwrap_or("0").parse()?;
    Ok(Sample { memory, descriptors: fs::read_dir(format!("/proc/{pid}/fd"))?.count() })
}

/// Prints what became of both; whether they are flat. The second fifth of the time is compared with
/// the last one, each by its middle; and when all is over no descriptor stays.
pub(crate) fn report(idle: Sample, samples: &[Sample], pid: u32) -> Result<bool> {
    let fifth = (samples.len() / 5).max(1);
    let middle = |part: &[Sample], of: fn(&Sample) -> usize| {
        let mut values: Vec<_> = part.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0)
    };
    let early = samples.get(fifth..2 * fifth).unwrap_or(samples);
    let late = samples.get(samples.len().saturating_sub(fifth)..).unwrap_or(samples);
    let mut flat = true;
    for (name, of, little) in [
        ("KiB resident", Sample::memory as fn(&Sample) -> usize, LITTLE_MEMORY),
        ("descriptors", Sample::descriptors, FEW_DESCRIPTORS),
    ] {
        let (early, late) = (middle(early, of), middle(late, of));
        println!("{name}: {} idle, {early} after the warm-up, {late} at the end", of(&idle));
        flat &= late <= early + early / TENTH + little;
    }
    let end = Instant::now() + PATIENCE;
    let left = loop {
        let left = take(pid)?.descriptors;
        if left <= idle.descriptors || Instant::now() > end {
            break left;
        }
        thread::sleep(Duration::from_millis(50));
    };
    println!("descriptors {PATIENCE:?} after the load: {left}");
    Ok(flat && left <= idle.descriptors)
}
