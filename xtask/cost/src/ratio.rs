//! What four times as much costs.

use {
    crate::{Result, callgrind::Emulator, input::Input},
    std::fmt,
};

/// The ratio from which on an input costs too much: n log n comes to less than 5, n squared to 16.
const LIMIT: f64 = 6.0;

/// How much a request has that is next to nothing.
const FEW: usize = 4;

/// The instructions that no request is answered with: fewer were not measured.
const LEAST: u64 = 10_000;

/// What an input costs in two sizes, less what a request costs that has next to nothing in it.
#[derive(Debug)]
pub(crate) struct Ratio {
    size: usize,
    once: u64,
    four_times: u64,
}

impl Ratio {
    /// What the counts of three sizes come to, if they can be those of requests that were answered.
    fn new(size: usize, few: u64, small: u64, large: u64) -> Result<Self> {
        if few < LEAST {
            return Err(format!("not measured: a request costs {few} instructions").into());
        }
        if !(few < small && small < large) {
            let counts = format!("{few}, {small} and {large}");
            return Err(format!("not measured: three sizes cost {counts} instructions").into());
        }
        Ok(Self { size, once: small - few, four_times: large - few })
    }

    fn value(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "two digits of it are enough")]
        let ratio = self.four_times as f64 / self.once as f64;
        ratio
    }

    /// Whether it costs no more than it may.
    pub(crate) fn is_low(&self) -> bool {
        self.value() < LIMIT
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, once, four_times } = self;
        let verdict = if self.is_low() { "" } else { "  TOO COSTLY" };
        let value = self.value();
        write!(formatter, "{size:6} {once:13} {four_times:13} {value:6.2}{verdict}")
    }
}

/// Measures an input.
pub(crate) fn of(emulator: &Emulator, input: &Input, percent: usize) -> Result<Ratio> {
    let size = (input.size * percent / 100).max(FEW * 4);
    // The first time, what is made once is made.
    count(emulator, input, FEW)?;
    let few = count(emulator, input, FEW + 1)?;
    let small = count(emulator, input, size)?;
    let large = count(emulator, input, 4 * size)?;
    Ratio::new(size, few, small, large)
}

fn count(emulator: &Emulator, input: &Input, size: usize) -> Result<u64> {
    (input.prepare)(&emulator.client, size)?;
    let request = (input.request)(size);
    emulator.count(|client| {
        let (status, answer) = client.ask(&request)?;
        if status == input.status {
            return Ok(());
        }
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let shown: String = body.chars().take(300).collect();
        let wanted = input.status;
        Err(format!("{:?} is answered {status} instead of {wanted}: {shown}", input.name).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_too_costly_and_a_logarithm_more_is_not() {
        let ratio = |once, four_times| Ratio { size: 1000, once, four_times };
        assert!(ratio(1000 * 10, 4000 * 12).is_low());
        assert!(!ratio(1000 * 1000, 4000 * 4000).is_low());
    }

    #[test]
    fn sizes_that_cost_nothing_or_the_same_are_not_measured() {
        let is_measured = |few, small, large| Ratio::new(1000, few, small, large).is_ok();
        assert!(is_measured(50_000, 60_000, 90_000));
        assert!(!is_measured(0, 0, 0));
        assert!(!is_measured(100, 60_000, 90_000));
        assert!(!is_measured(50_000, 50_000, 90_000));
        assert!(!is_measured(50_000, 60_000, 60_000));
        assert!(!is_measured(50_000, 60_000, 40_000));
    }
}
