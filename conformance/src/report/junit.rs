//! The report that CI systems read.

use {
    super::{MARK, Report, escape::visible},
    crate::verdict::{Outcome, Verdict},
    quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite},
};

/// The report as XML.
pub fn report(report: &Report<'_>) -> Result<String, String> {
    let target = report.endpoints().join(" ");
    let digest = report.run.catalog.digest();
    let level = report.run.level.to_string();
    let version = report.run.target.facts.version.as_deref().map(visible).unwrap_or_default();
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
        if matches!(outcome.verdict, Verdict::Failed(_) | Verdict::CouldNotRun(_)) {
            let text = format!("{}{}", told(report, outcome), transcript(outcome));
            case.set_system_out(visible(&text));
        }
        suite.set_time(suite.time.unwrap_or_default() + outcome.took);
        suite.add_test_case(case);
    }
    xml.add_test_suites(suite);
    let text = xml.to_string().map_err(|error| error.to_string())?;
    Ok(strict(&text).replacen("<testsuites", &format!("{MARK}\n<testsuites"), 1))
}

/// Whether a text is such a report.
pub fn is_own(text: &str) -> bool {
    let declared = text.strip_prefix("<?xml").and_then(|it| it.split_once("?>"));
    declared.is_some_and(|(_, rest)| rest.trim_start().starts_with(MARK))
}

/// The schema that Jenkins goes by counts what is skipped in each suite, and not in all of them.
fn strict(xml: &str) -> String {
    let skipped = |it: &str| it.find(" skipped=\"").zip(it.find('>'));
    let Some(root) = xml.find("<testsuites") else { return xml.to_owned() };
    let (before, after) = xml.split_at(root);
    match skipped(after) {
        Some((from, end)) if from < end => {
            let rest = after[from + 10..].split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}{}{rest}", &after[..from])
        }
        _ => xml.to_owned(),
    }
}

/// The requirement, and where it stands.
fn told(report: &Report<'_>, outcome: &Outcome) -> String {
    let catalog = &report.run.catalog;
    let requirement = catalog.cases.get(&outcome.case).and_then(|it| catalog.requirement(it));
    requirement.map_or_else(String::new, |it| {
        format!("{} ({}): {}\nsource: {}\n\n", it.id, it.level, it.sentence, it.source)
    })
}

fn transcript(outcome: &Outcome) -> String {
    outcome.transcript.join("\n\n")
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    let with = |mut status: TestCaseStatus, message: &str| {
        status.set_message(visible(message));
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
                .map(|it| visible(&it))
                .collect();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(lines.first().cloned().unwrap_or_default());
            status.set_description(lines.join("\n"));
            status
        }
    }
}
