//! A run: scenarios on both servers, differences put together by cause.

use {
    crate::{
        Result,
        difference::{self, Difference, Level},
        generate, known,
        random::Random,
        scenario::{Play, Scenario, Side, Told},
        shrink,
    },
    std::{
        collections::{BTreeMap, BTreeSet},
        thread,
    },
};

/// How long a cause's scenario is shrunk, at most so many causes.
const SHRUNK: usize = 40;

/// Both servers.
pub(crate) struct Pair {
    real: Side,
    ours: Side,
    stamp: String,
    count: usize,
}

/// One exchange that differed, with its scenario up to there.
pub(crate) struct Case {
    /// The scenario; its last step differs.
    pub(crate) scenario: Scenario,
    /// What the real server said.
    pub(crate) real: Told,
    /// What the emulator said.
    pub(crate) ours: Told,
    /// How that differs.
    pub(crate) difference: Difference,
}

/// Exchanges that differ by the same cause.
pub(crate) struct Group {
    /// How many there were.
    pub(crate) count: usize,
    /// The first, made small.
    pub(crate) case: Case,
}

/// What a run has come to.
#[derive(Default)]
pub(crate) struct Findings {
    /// How many exchanges there were.
    pub(crate) exchanges: usize,
    /// The differences by cause.
    pub(crate) groups: BTreeMap<String, Group>,
    /// The error messages of the real server, without names and numbers.
    pub(crate) messages: BTreeSet<String>,
    /// The error messages as they were.
    pub(crate) exact_messages: BTreeSet<String>,
    /// How many differences stay, by their reasons.
    pub(crate) known: BTreeMap<&'static str, usize>,
    /// Differences that did not come again when they were looked at twice more.
    pub(crate) passing: Vec<Case>,
}

impl Findings {
    /// Whether the two were the same throughout.
    pub(crate) fn is_clean(&self) -> bool {
        self.groups.is_empty() && self.passing.is_empty()
    }

    /// How many exchanges differed at a level.
    pub(crate) fn at(&self, level: Level) -> usize {
        self.groups.values().filter(|it| it.case.difference.level == level).map(|it| it.count).sum()
    }
}

impl Pair {
    /// Two servers; the stamp keeps the names of this run apart from those of others.
    pub(crate) fn new(real: Side, ours: Side, stamp: String) -> Self {
        Self { real, ours, stamp, count: 0 }
    }

    fn plays(&mut self) -> (Play, Play) {
        self.count += 1;
        let prefix = format!("p{}-{}", self.stamp, self.count);
        (Play::new(&self.real, &prefix), Play::new(&self.ours, &prefix))
    }

    /// Plays a scenario on both, and tells of every exchange.
    pub(crate) fn play(
        &mut self,
        scenario: &Scenario,
        mut each: impl FnMut(usize, &Told, Option<(Told, Difference)>) -> bool,
    ) -> Result {
        let (mut real, mut ours) = self.plays();
        for (index, step) in scenario.steps.iter().enumerate() {
            if step.method.is_empty() {
                continue;
            }
            let Self { real: real_side, ours: ours_side, .. } = self;
            let (left, right) = thread::scope(|scope| {
                let left = scope.spawn(|| real.step(real_side, index, step));
                let right = ours.step(ours_side, index, step);
                (left.join(), right)
            });
            let left = left.map_err(|_| "the thread of a request broke off")??;
            let right = right?;
            let difference = difference::find(step, &left, &right);
            if !each(index, &left, difference.map(|found| (right, found))) {
                break;
            }
        }
        Ok(())
    }

    /// Whether the last step of a scenario differs by this cause.
    pub(crate) fn ends_with(&mut self, scenario: &Scenario, cause: &str) -> Result<bool> {
        let last = scenario.steps.len() - 1;
        let mut same = false;
        self.play(scenario, |index, _, found| {
            same = index == last && found.is_some_and(|(_, it)| it.cause == cause);
            true
        })?;
        Ok(same)
    }

    /// Plays generated scenarios until there were enough exchanges.
    pub(crate) fn run(&mut self, seed: u64, exchanges: usize) -> Result<Findings> {
        let mut findings = Findings::default();
        let mut number = 0;
        while findings.exchanges < exchanges {
            let scenario = generate::scenario(&mut Random::new(seed, number));
            number += 1;
            let cases = self.compare(&scenario, &mut findings)?;
            for case in cases {
                self.keep(case, &mut findings)?;
            }
        }
        Ok(findings)
    }

    fn compare(&mut self, scenario: &Scenario, findings: &mut Findings) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        self.play(scenario, |index, real, found| {
            findings.exchanges += 1;
            findings.note(real);
            let Some((ours, difference)) = found else { return true };
            let apart = (real.status < 300) != (ours.status < 300);
            let scenario = Scenario { steps: scenario.steps[..=index].to_vec() };
            cases.push(Case { scenario, real: real.clone(), ours, difference });
            // The states may have parted; what follows would only repeat it.
            !apart
        })?;
        Ok(cases)
    }

    fn keep(&mut self, case: Case, findings: &mut Findings) -> Result {
        if let Some(reason) = known::reason(&case) {
            *findings.known.entry(reason).or_default() += 1;
            return Ok(());
        }
        let cause = case.difference.cause.clone();
        if let Some(group) = findings.groups.get_mut(&cause) {
            group.count += 1;
            return Ok(());
        }
        // It may be a cache that lagged, or a race; either is told.
        if !self.ends_with(&case.scenario, &cause)? && !self.ends_with(&case.scenario, &cause)? {
            findings.passing.push(case);
            return Ok(());
        }
        let case = if findings.groups.len() < SHRUNK { self.small(case)? } else { case };
        findings.groups.insert(cause, Group { count: 1, case });
        Ok(())
    }

    fn small(&mut self, case: Case) -> Result<Case> {
        let scenario = shrink::shrink(self, &case.scenario, &case.difference.cause)?;
        let last = scenario.steps.len() - 1;
        let mut shown = None;
        self.play(&scenario, |index, real, found| {
            if index == last {
                shown = found.map(|(ours, difference)| (real.clone(), ours, difference));
            }
            true
        })?;
        match shown {
            Some((real, ours, difference)) => Ok(Case { scenario, real, ours, difference }),
            None => Ok(case),
        }
    }
}

impl Findings {
    fn note(&mut self, told: &Told) {
        if told.status < 400 {
            return;
        }
        let document = serde_json::from_str::<serde_json::Value>(&told.body).unwrap_or_default();
        let message = document["message"].as_str().unwrap_or(&told.body);
        self.messages.insert(difference::plain(message));
        self.exact_messages.insert(message.to_owned());
    }
}
