//! Measurements in alternating rounds, so that what drifts on the machine touches all of them.

use {
    crate::{Result, cores, cpu::Meter},
    std::{collections::BTreeMap, time::Instant},
};

/// One thing that is measured, by name.
pub(crate) struct Measurement<'a> {
    name: &'static str,
    measure: Box<dyn FnMut() -> Result<Option<f64>> + 'a>,
}

impl<'a> Measurement<'a> {
    /// Something that can always be measured.
    pub(crate) fn new(name: &'static str, mut measure: impl FnMut() -> Result<f64> + 'a) -> Self {
        Self { name, measure: Box::new(move || measure().map(Some)) }
    }

    /// Whether its name has a text in it.
    pub(crate) fn is(&self, part: &str) -> bool {
        self.name.contains(part)
    }

    /// Something that not every machine can measure.
    pub(crate) fn optional(
        name: &'static str,
        mut measure: impl FnMut() -> Option<f64> + 'a,
    ) -> Self {
        Self { name, measure: Box::new(move || Ok(measure())) }
    }
}

/// The median of each measurement; what could not be measured is not there.
#[derive(Debug, Default)]
pub(crate) struct Medians {
    /// As it was measured.
    pub(crate) values: BTreeMap<&'static str, f64>,
    /// Rates as they would have been, had all cores worked for the measurement all the time.
    pub(crate) by_cpu: BTreeMap<&'static str, f64>,
}

/// Samples by the name of their measurement.
type Samples = BTreeMap<&'static str, Vec<f64>>;

/// Measures everything that many times: forwards, backwards, forwards.
pub(crate) fn run(
    measurements: &mut [Measurement<'_>],
    rounds: usize,
    meter: &Meter,
) -> Result<Medians> {
    let (mut values, mut by_cpu) = (Samples::new(), Samples::new());
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for measurement in measurements.iter_mut() {
            let name = measurement.name;
            let (before, start) = (meter.read(), Instant::now());
            let value = (measurement.measure)().map_err(|error| format!("{name}: {error}"))?;
            let Some(value) = value else { continue };
            values.entry(name).or_default().push(value);
            let all = start.elapsed().as_secs_f64() * cores() as f64;
            if let (Some(before), Some(after)) = (before, meter.read())
                && after > before
            {
                by_cpu.entry(name).or_default().push(value * all / (after - before).as_secs_f64());
            }
        }
        measurements.reverse();
    }
    let medians = |samples: Samples| {
        samples.into_iter().map(|(name, samples)| (name, median(samples))).collect()
    };
    Ok(Medians { values: medians(values), by_cpu: medians(by_cpu) })
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let middle = samples.len() / 2;
    match samples.len() {
        0 => 0.0,
        length if length % 2 == 1 => samples[middle],
        _ => f64::midpoint(samples[middle - 1], samples[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_sample_moves_no_median() {
        assert_eq!(median(vec![3.0, 1000.0, 1.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn rounds_go_there_and_back() {
        let order = std::cell::RefCell::new(Vec::new());
        let note = |name| {
            order.borrow_mut().push(name);
            Ok(1.0)
        };
        let mut measurements =
            [Measurement::new("a", || note("a")), Measurement::new("b", || note("b"))];
        let medians = run(&mut measurements, 2, &Meter::default()).unwrap();
        drop(measurements);
        assert_eq!(order.into_inner(), ["a", "b", "b", "a"]);
        assert_eq!(medians.values["a"], 1.0);
    }
}
