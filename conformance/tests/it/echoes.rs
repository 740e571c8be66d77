//! A server that repeats what it was told, in each encoding, and no report holds any of it.

use {
    crate::{
        deviant::{self, Reply},
        emulator::{self, RUNTIME},
        reports::reports,
    },
    base64::{
        Engine,
        prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
    },
    data_encoding::{BASE32, HEXLOWER, HEXUPPER},
    percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode},
    serde_json::Value,
    std::sync::Mutex,
};

/// The tokens that the server gave.
static GIVEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

type Encoder = fn(&str) -> String;

const ENCODERS: &[Encoder] = &[
    |it| it.to_owned(),
    |it| HEXLOWER.encode(it.as_bytes()),
    |it| HEXUPPER.encode(it.as_bytes()),
    |it| it.bytes().map(|byte| format!("%{byte:02X}")).collect(),
    |it| utf8_percent_encode(it, NON_ALPHANUMERIC).to_string(),
    |it| it.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
    |it| it.bytes().map(|byte| format!("&#{byte};")).collect(),
    |it| it.to_uppercase(),
    |it| it.chars().flat_map(|it| [it, ' ']).collect(),
    |it| BASE32.encode(it.as_bytes()),
    |it| BASE64_STANDARD.encode(it),
    |it| BASE64_URL_SAFE_NO_PAD.encode(format!("Bearer {it}")),
    |it| it.chars().rev().collect(),
];

/// Each encoding, and each within each.
fn forms(credential: &str) -> Vec<String> {
    let inner = ENCODERS.iter().map(|it| it(credential));
    inner.flat_map(|it| ENCODERS.iter().map(move |outer| outer(&it))).collect()
}

/// A report as it reads once its own escapes are taken off, which those of a form stand behind.
fn read(report: &str) -> String {
    let mut report = report.replace("&amp;", "&");
    for _ in 0..3 {
        report = report.replace("\\\\", "\\");
    }
    report
}

/// Whether a text has more of a form than would be there by accident: of its middle, in which no
/// encoding is at its begin or end.
fn holds(text: &str, form: &str) -> bool {
    let from = form.len() / 2;
    let end = form.len().min(from + 48);
    form.get(from..end).is_some_and(|it| text.contains(it.trim()))
}

/// What the server says: its own bearer two deep, and the token that it gives as it does.
fn repeated(given: &str) -> Vec<String> {
    let own = emulator::shared().emulator.token();
    ENCODERS.iter().map(|it| it(given)).chain(forms(own)).collect()
}

fn repeat(reply: &mut Reply) {
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    let given = body["status"]["token"].as_str().unwrap_or("none was given").to_owned();
    let told = repeated(&given);
    let in_header = |it: &&String| it.len() < 4096 && it.bytes().all(|it| it.is_ascii_graphic());
    for (name, at) in [("warning", 20), ("location", 40), ("retry-after", 60)] {
        reply.set(name, told.iter().filter(in_header).nth(at).map(String::as_str));
    }
    reply.json(|body| body["message"] = Value::from(told));
    reply.status = 418;
    GIVEN.lock().unwrap().push(given);
}

#[test]
fn no_report_holds_a_credential_in_any_encoding() {
    let token = emulator::shared().emulator.token();
    let liar = RUNTIME.block_on(deviant::start(repeat));
    let url = liar.uri();
    let selected = ["--run", "*/default-audience-is-the-server", "--skip", "*@*"];
    let target = ["--server", &url, "--token", token, "--level", "observed"];
    let written = reports("echoes", &[&target[..], &selected].concat());
    let given = GIVEN.lock().unwrap().clone();
    assert!(given.iter().any(|it| it.starts_with("eyJ")), "no token was given");
    for (name, report) in &written {
        assert!(report.contains("418") || *name == "summary.md", "{name}");
        let report = read(report);
        for form in given.iter().flat_map(|it| repeated(it)) {
            assert!(!holds(&report, &form), "{name} holds {form}");
        }
    }
    let (_, trace) = written.last().unwrap();
    assert!(trace.contains("{credential}"), "{trace}");
}

/// A token that one case was given, shown to another.
#[test]
fn no_report_holds_what_was_given_to_another_case() {
    static FIRST: Mutex<Option<String>> = Mutex::new(None);
    let token = emulator::shared().emulator.token();
    let liar = RUNTIME.block_on(deviant::start(|reply: &mut Reply| {
        let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
        let mut first = FIRST.lock().unwrap();
        match (body["status"]["token"].as_str(), first.as_ref()) {
            (Some(token), None) => *first = Some(token.to_owned()),
            (_, Some(token)) => {
                let shown = HEXLOWER.encode(token.as_bytes());
                reply.json(|body| body["message"] = shown.into());
            }
            _ => {}
        }
        reply.status = 418;
    }));
    let url = liar.uri();
    let selected =
        ["--server", &url, "--token", token, "--run", "*/token-request/*", "--skip", "*@*"];
    let written = reports("others", &selected);
    let first = FIRST.lock().unwrap().clone().unwrap();
    let form = HEXLOWER.encode(first.as_bytes());
    for (name, report) in &written {
        assert!(!holds(report, &form), "{name}");
    }
    assert!(written.last().unwrap().1.contains("{credential}"));
}
