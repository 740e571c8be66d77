//! The report that CI systems read.

use {
    super::Report,
    crate::verdict::{Outcome, Verdict},
    quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite},
};

/// The report as XML.
pub fn report(report: &Report<'_>) -> Result<String, String> {
    let target = report.endpoints().join(" ");
    let digest = report.run.catalog.digest();
    let level = report.run.level.to_string();
    let version = report.run.target.facts.version.clone().unwrap_or_default();
    let mut xml = Xml::new("token-conformance");
    xml.set_time(report.took);
    let mut suite: Option<TestSuite> = None;
    for outcome in report.outcomes {
        let name = outcome.name();
        let (class, _) = outcome.case.rsplit_once('/').unwrap_or(("", &outcome.case));
        if suite.as_ref().is_some_and(|it| it.name.as_str() != class) {
            xml.add_test_suites(suite.take());
        }
        let suite = suite.get_or_insert_with(|| {
            let mut suite = TestSuite::new(class);
            suite.add_property(("target", target.as_str()));
            suite.add_property(("target-version", version.as_str()));
            suite.add_property(("level", level.as_str()));
            suite.add_property(("suite-version", env!("CARGO_PKG_VERSION")));
            suite.add_property(("suite-digest", digest.as_str()));
            suite
        });
        let mut case = TestCase::new(name.rsplit('/').next().unwrap_or(&name), status(outcome));
        case.set_classname(class).set_time(outcome.took);
        if let Some(it) = report.run.catalog.cases.get(&outcome.case) {
            case.add_property(("requirement", it.requirement.as_str()));
        }
        if matches!(outcome.verdict, Verdict::Failed(_) | Verdict::CouldNotRun(_)) {
            case.set_system_out(outcome.transcript.join("\n\n"));
        }
        suite.add_test_case(case);
    }
    xml.add_test_suites(suite);
    xml.to_string().map_err(|error| error.to_string())
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    let with = |mut status: TestCaseStatus, message: &str| {
        status.set_message(message);
        status
    };
    match &outcome.verdict {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Skipped(why) => with(TestCaseStatus::skipped(), why),
        Verdict::KnownFailing(why) => {
            with(TestCaseStatus::skipped(), &format!("known to fail: {why}"))
        }
        Verdict::CouldNotRun(why) => with(TestCaseStatus::non_success(NonSuccessKind::Error), why),
        Verdict::Failed(failures) => {
            let lines: Vec<String> = failures
                .iter()
                .map(|it| &it.mismatch)
                .map(|it| format!("{}: expected {}, got {}", it.what, it.expected, it.got))
                .collect();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(lines.first().cloned().unwrap_or_default());
            status.set_description(lines.join("\n"));
            status
        }
    }
}
