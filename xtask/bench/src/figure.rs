//! One line of the table: a figure, its limit, and how far it is from what is aimed at.

/// What a figure should be, beside its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// At least this part of the limit.
    AtLeast(f64),
    /// Below the limit.
    Below,
    /// Nothing: the figure is for information.
    None,
}

/// A figure.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// What is measured.
    pub(crate) name: String,
    /// How much it is; `None` where it could not be measured.
    pub(crate) value: Option<f64>,
    /// What the limit is.
    pub(crate) limit_name: String,
    /// How much the limit is; `None` where it could not be measured.
    pub(crate) limit: Option<f64>,
    /// The same ratio by processor time, in which busy neighbours have no part.
    pub(crate) by_cpu: Option<f64>,
    /// What is aimed at.
    pub(crate) target: Target,
}

/// What a server can do that first does one thing and then another on the same cores.
pub(crate) fn in_series(one: f64, other: f64) -> f64 {
    1.0 / (1.0 / one + 1.0 / other)
}

/// The whole table.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut lines = vec![
        format!(
            "| {:<39} | {:>9} | {:<35} | {:>9} | {:>6} | {:>6} | {:<6} | {:<6} |",
            "figure", "measured", "limit", "", "ratio", "by cpu", "target", "met"
        ),
        format!(
            "|{:-<41}|{:->11}|{:-<37}|{:->11}|{:->8}|{:->8}|{:-<8}|{:-<8}|",
            "", "", "", "", "", "", "", ""
        ),
    ];
    lines.extend(figures.iter().map(Figure::line));
    lines.join("\n")
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        Some(self.value? / self.limit?)
    }

    fn line(&self) -> String {
        format!(
            "| {:<39} | {:>9} | {:<35} | {:>9} | {:>6} | {:>6} | {:<6} | {:<6} |",
            self.name,
            number(self.value),
            self.limit_name,
            number(self.limit),
            hundredths(self.ratio()),
            hundredths(self.by_cpu),
            self.aim(),
            self.verdict(),
        )
    }

    fn aim(&self) -> String {
        match self.target {
            Target::AtLeast(part) => format!("{part:.2}"),
            Target::Below => "< 1.00".to_owned(),
            Target::None => "-".to_owned(),
        }
    }

    /// Whether the target is met. By the clock and by processor time have to agree: where they do
    /// not, neighbours had a part in it.
    fn verdict(&self) -> &'static str {
        let Some(ratio) = self.ratio() else {
            return if self.target == Target::None { "-" } else { "unsure" };
        };
        match (self.meets(ratio), self.by_cpu.map(|ratio| self.meets(ratio))) {
            (true, None | Some(true)) => "yes",
            (false, None | Some(false)) => "NO",
            _ => "unsure",
        }
    }

    fn meets(&self, ratio: f64) -> bool {
        match self.target {
            Target::AtLeast(part) => ratio >= part,
            Target::Below => ratio < 1.0,
            Target::None => true,
        }
    }
}

fn hundredths(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Option<f64>, target: Target, verdict: &str) {
        check_both(value, None, target, verdict);
    }

    fn check_both(value: Option<f64>, by_cpu: Option<f64>, target: Target, verdict: &str) {
        let limit = Some(100.0);
        let (name, limit_name) = ("f".to_owned(), "l".to_owned());
        let figure = Figure { name, value, limit_name, limit, by_cpu, target };
        assert_eq!(figure.verdict(), verdict);
    }

    #[test]
    fn a_shortfall_is_said() {
        check(Some(90.0), Target::AtLeast(0.9), "yes");
        check(Some(89.0), Target::AtLeast(0.9), "NO");
        check(Some(89.0), Target::Below, "yes");
        check(Some(100.0), Target::Below, "NO");
        check(None, Target::Below, "unsure");
    }

    #[test]
    fn two_ratios_that_differ_leave_it_open() {
        check_both(Some(95.0), Some(0.95), Target::AtLeast(0.9), "yes");
        check_both(Some(95.0), Some(0.5), Target::AtLeast(0.9), "unsure");
        check_both(Some(50.0), Some(0.95), Target::AtLeast(0.9), "unsure");
        check_both(Some(50.0), Some(0.5), Target::AtLeast(0.9), "NO");
    }

    #[test]
    fn two_things_in_series_take_the_time_of_both() {
        assert_eq!(in_series(100.0, 100.0), 50.0);
    }
}
