//! Measurements in alternating rounds, so that what drifts on the machine touches all of them.

use {crate::Result, std::collections::BTreeMap};

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
pub(crate) type Medians = BTreeMap<&'static str, f64>;

/// Measures everything that many times: forwards, backwards, forwards.
pub(crate) fn run(measurements: &mut [Measurement<'_>], rounds: usize) -> Result<Medians> {
    let mut samples: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for measurement in measurements.iter_mut() {
            if let Some(sample) =
                (measurement.measure)().map_err(|error| format!("{}: {error}", measurement.name))?
            {
                samples.entry(measurement.name).or_default().push(sample);
            }
        }
        measurements.reverse();
    }
    Ok(samples.into_iter().map(|(name, samples)| (name, median(samples))).collect())
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
        let medians = run(&mut measurements, 2).unwrap();
        drop(measurements);
        assert_eq!(order.into_inner(), ["a", "b", "b", "a"]);
        assert_eq!(medians["a"], 1.0);
    }
}
