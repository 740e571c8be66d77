//! What came of all lies: how many of each group were caught, and which were not.

use {
    crate::{sweep::Fate, telling::Told},
    std::collections::BTreeMap,
};

/// Of the cases that heard a lie, so many are named.
const NAMED: usize = 3;

/// How many lies of a group came to what.
#[derive(Debug, Default)]
struct Count {
    caught: usize,
    observed: usize,
    uncaught: usize,
    unknowable: usize,
    silent: usize,
}

/// Names a lie that was not caught, who heard it, and how it is told alone.
pub(crate) fn tell_of(told: &Told) {
    let why = match told.fate {
        Fate::Missed => "missed",
        Fate::TooLate => "only at observed",
        Fate::Unjudged => "nothing can be judged",
        Fate::Silent => "could not be told again",
        Fate::Caught | Fate::Observed | Fate::Unknowable => return,
    };
    println!("{why}: {}", told.telling);
    let heard: Vec<&str> = told.heard.iter().take(NAMED).map(String::as_str).collect();
    let more = told.heard.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if !heard.is_empty() {
        println!("  heard by {}{more}", heard.join(", "));
    }
    let run = heard.first().and_then(|it| it.split('@').next()).unwrap_or("*");
    println!("  cargo xtask teeth --run '{run}' --lie '{}'", told.telling);
}

/// Prints how much was caught; whether it was everything.
pub(crate) fn report(all: &[Told]) -> bool {
    let mut groups: BTreeMap<String, Count> = BTreeMap::new();
    let mut sum = Count::default();
    for told in all {
        sum.add(&told.fate);
        groups.entry(told.telling.group()).or_default().add(&told.fate);
    }
    for (name, count) in &groups {
        println!("{name}: {}", count.line());
    }
    println!("all: {}", sum.line());
    sum.uncaught + sum.silent == 0
}

impl Count {
    fn add(&mut self, fate: &Fate) {
        *match fate {
            Fate::Caught => &mut self.caught,
            Fate::Observed => &mut self.observed,
            Fate::Missed | Fate::TooLate | Fate::Unjudged => &mut self.uncaught,
            Fate::Unknowable => &mut self.unknowable,
            Fate::Silent => &mut self.silent,
        } += 1;
    }

    fn line(&self) -> String {
        let caught = self.caught + self.observed;
        let mut line = format!(
            "{caught} of {} caught ({} at should, {} at observed, where they belong)",
            caught + self.uncaught,
            self.caught,
            self.observed
        );
        for (count, what) in
            [(self.unknowable, "that nobody could know"), (self.silent, "not told again")]
        {
            if count > 0 {
                line.push_str(&format!(", {count} {what}"));
            }
        }
        line
    }
}
