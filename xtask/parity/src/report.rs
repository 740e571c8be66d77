//! What a run has found, as text.

use crate::{
    difference::Level,
    run::{Case, Findings, Group},
};

/// The fewest distinct error messages of 5,000 exchanges, or the generator is too narrow.
pub(crate) const MESSAGES: usize = 100;

/// Prints the findings.
pub(crate) fn print(findings: &Findings, seed: u64) {
    let mut groups: Vec<(&String, &Group)> = findings.groups.iter().collect();
    groups.sort_by_key(|(_, group)| (group.case.difference.level, usize::MAX - group.count));
    for (cause, group) in groups {
        println!("== {} x {:?}: {cause}", group.count, group.case.difference.level);
        tell(&group.case);
    }
    for case in &findings.passing {
        println!("== once and not again, {:?}: {}", case.difference.level, case.difference.cause);
        tell(case);
    }
    println!("seed {seed}: {} exchanges", findings.exchanges);
    println!("differences in status and reason: {}", findings.at(Level::Status));
    println!("differences in meaning:           {}", findings.at(Level::Meaning));
    println!("differences in bytes:             {}", findings.at(Level::Bytes));
    for (reason, count) in &findings.known {
        println!("known to stay: {count} ({reason})");
    }
    println!(
        "causes: {}; seen once and not again: {}",
        findings.groups.len(),
        findings.passing.len()
    );
    println!(
        "distinct error messages: {} ({} with their names and numbers)",
        findings.messages.len(),
        findings.exact_messages.len()
    );
}

/// Prints a scenario that differs at its end, and both answers.
fn tell(case: &Case) {
    let steps: Vec<_> = case.scenario.steps.iter().filter(|step| !step.method.is_empty()).collect();
    // A scenario that could not be made small is told by its end.
    for step in steps.iter().skip(steps.len().saturating_sub(6)) {
        println!("{}", step.show());
    }
    let (real, ours) = (case.real.show(), case.ours.show());
    println!("-- kube-apiserver: {}", window(&real, &ours));
    println!("-- emulator:       {}\n", window(&ours, &real));
}

/// A long text from a little before the place where it differs from another.
fn window(text: &str, other: &str) -> String {
    const LENGTH: usize = 900;
    if text.len() <= LENGTH {
        return text.to_owned();
    }
    let same = text.chars().zip(other.chars()).take_while(|(one, two)| one == two).count();
    let shown: String = text.chars().skip(same.saturating_sub(300)).take(LENGTH).collect();
    let start = text.lines().next().unwrap_or("");
    format!("{start}\n… {shown}")
}
