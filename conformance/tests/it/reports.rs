//! The files of `--report-dir`, and that nobody can use what stands in them.

use {
    crate::{
        cli::{file, run},
        deviant::{self, Reply},
        emulator::{self, CATALOG, RUNTIME},
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    rcgen::{CertificateParams, KeyPair},
    regex::Regex,
    serde_json::Value,
    std::{
        collections::BTreeSet,
        fs,
        path::PathBuf,
        sync::{LazyLock, Mutex},
    },
    token_conformance::case::Need,
};

const FILES: &[&str] = &["junit.xml", "report.json", "report.html", "summary.md"];

/// The bodies of all answers that were judged.
static ANSWERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
/// What a token looks like: a JWT, an access token, what is kept under the name of one.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let (jwt, access) = (r"eyJ[\w-]+\.[\w-]+\.[\w-]*", r"ya29\.[\w.-]+");
    let named = r#"(?i)(?:bearer |token"?: ?")([^"\s]{16,})"#;
    Regex::new(&format!("{jwt}|{access}|{named}")).unwrap()
});

/// Runs the binary and returns the files that it wrote, by their names, and what it printed.
pub(crate) fn reports(name: &str, arguments: &[&str]) -> Vec<(&'static str, String)> {
    let (files, errors) = reports_and_errors(name, arguments);
    assert!(errors.is_empty(), "{errors}");
    files
}

/// The same, and what it said on standard error.
pub(crate) fn reports_and_errors(
    name: &str,
    arguments: &[&str],
) -> (Vec<(&'static str, String)>, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    let report = ["--trace", "--report-dir", folder.to_str().unwrap()];
    let output = run(&[&["run"], arguments, &report].concat());
    let read = |it: &&'static str| (*it, fs::read_to_string(folder.join(it)).unwrap());
    let printed = ("what is printed", String::from_utf8(output.stdout).unwrap());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (FILES.iter().map(read).chain([printed]).collect(), errors)
}

/// The cases that leave the clock of the emulator alone, which others judge too.
fn without_the_clock() -> Vec<String> {
    let moves = CATALOG.cases.iter().filter(|(_, case)| case.needs.contains(&Need::Clock));
    moves.map(|(id, _)| format!("--skip={id}*")).collect()
}

#[test]
fn a_report_tells_of_each_case() {
    let kubeconfig = emulator::shared().emulator.kubeconfig_file().display().to_string();
    let selected = ["--kubeconfig", &kubeconfig, "--run", "*/token-review/valid*"];
    for (name, text) in reports("report", &selected) {
        assert!(text.contains("valid-token-is-authenticated") || name == "summary.md", "{name}");
        assert!(text.contains(&CATALOG.digest()[..12]), "{name}");
    }
}

#[test]
fn the_report_for_programs_says_what_was_judged_and_by_what() {
    let kubeconfig = emulator::shared().emulator.kubeconfig_file().display().to_string();
    let selected = ["--kubeconfig", &kubeconfig, "--run", "*/token-review/valid*"];
    let written = reports("json", &[&selected[..], &["--run", "google/together/*"]].concat());
    let report: Value = serde_json::from_str(&written[1].1).unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["target"]["version"], "v1.37.1");
    let features = report["target"]["kubernetes"]["features"].as_array().unwrap();
    let present =
        |name: &str| features.iter().any(|it| it["name"] == name && it["present"] == true);
    assert!(present("rbac") && present("discovery") && present("uncapped"));
    assert_eq!(report["suite"]["digest"], CATALOG.digest());
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(report["selected"], cases.len());
    assert!(report["total"].as_u64().unwrap() > 400);
    // Nothing is both claimed and skipped.
    for case in cases.iter().filter(|it| it["verdict"] == "skipped") {
        let reason = case["reason"].as_str().unwrap();
        let claims =
            |it: &Value| it["present"] == true && reason.ends_with(it["words"].as_str().unwrap());
        assert!(!features.iter().any(claims), "{reason}");
    }
}

/// What the schema that Jenkins goes by allows, and every other reader takes.
#[test]
fn the_report_for_pipelines_is_strict() {
    let liar = RUNTIME.block_on(deviant::start(|it: &mut Reply| {
        it.status = 418;
        it.body = b"\x00\x1b[31m]]>\xff".to_vec();
    }));
    let url = liar.uri();
    let target = ["--server", &url, "--token", emulator::shared().emulator.token()];
    let selected = ["--run", "*/lifetime-of-zero-is-invalid", "--run", "*/token-review/valid*"];
    let written = reports("strict", &[&target[..], &selected].concat());
    let (_, xml) = &written[0];
    let root = xml.lines().find(|it| it.contains("<testsuites")).unwrap();
    assert!(root.contains(" failures=\"") && !root.contains("skipped"), "{root}");
    assert_eq!(xml.matches("<properties>").count(), xml.matches("<testsuite ").count());
    assert!(xml.contains("token-lifetime-has-a-floor (must)"), "{xml}");
    assert!(!xml.chars().any(|it| it.is_control() && it != '\n'), "{xml:?}");
}

/// A certificate and its key, which the emulator does not ask for.
fn with_key() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["jane".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let emulator = &emulator::shared().emulator;
    let text = format!(
        "current-context: it\ncontexts: [{{name: it, context: {{cluster: it, user: it}}}}]\n\
         clusters: [{{name: it, cluster: {{server: '{}', insecure-skip-tls-verify: true}}}}]\n\
         users: [{{name: it, user: {{token: '{}', client-certificate-data: {}, \
         client-key-data: {}}}}}]\n",
        emulator.https_url(),
        emulator.token(),
        BASE64_STANDARD.encode(certificate.pem()),
        BASE64_STANDARD.encode(key.serialize_pem()),
    );
    (file("key.kubeconfig", &text).display().to_string(), key.serialize_pem())
}

#[test]
fn no_report_holds_a_key() {
    let (kubeconfig, key) = with_key();
    let selected = ["--kubeconfig", &kubeconfig, "--run", "*/token-request/*"];
    let mut parts: Vec<&str> = key.lines().filter(|it| !it.starts_with('-')).collect();
    let encoded = BASE64_STANDARD.encode(&key);
    parts.push(&encoded[60..120]);
    for (name, text) in reports("key", &selected) {
        assert!(!text.contains("PRIVATE KEY"), "{name}");
        assert!(!parts.iter().any(|it| text.contains(it)), "{name}");
        assert!(!TOKEN.is_match(&text), "{name}: {:?}", TOKEN.find(&text));
    }
}

/// Every answer is wrong, so that all of them are shown.
#[test]
fn no_report_holds_a_token_that_was_seen() {
    let emulator = &emulator::shared().emulator;
    let (token, access) = (emulator.token(), emulator.google_access_token());
    let liar = RUNTIME.block_on(deviant::start(|it: &mut Reply| {
        ANSWERS.lock().unwrap().push(it.body.clone());
        it.status = 418;
    }));
    let url = liar.uri();
    let target = ["--server", &url, "--token", token, "--google-endpoint", &url];
    let google = ["--access-token", access, "--level", "observed"];
    let skipped = without_the_clock();
    let skipped: Vec<&str> = skipped.iter().map(String::as_str).collect();
    let written = reports("secrets", &[&target[..], &google, &skipped].concat());

    let mut texts = std::mem::take(&mut *ANSWERS.lock().unwrap());
    for request in RUNTIME.block_on(liar.received_requests()).unwrap() {
        let headers = request.headers.values().map(|it| it.as_bytes().to_vec());
        texts.extend(headers);
        texts.push(request.body);
    }
    let mut tokens = BTreeSet::from([token.to_owned(), access.to_owned()]);
    for text in texts {
        let text = String::from_utf8_lossy(&text).into_owned();
        for found in TOKEN.captures_iter(&text) {
            tokens.insert(found.get(1).or(found.get(0)).unwrap().as_str().to_owned());
        }
    }
    assert!(tokens.len() > 100, "only {} tokens were seen", tokens.len());
    for (name, report) in written {
        assert!(report.contains("418"), "{name}");
        assert!(!report.contains("eyJhbGciOi"), "{name}");
        for token in &tokens {
            assert!(!report.contains(token), "{name} holds {token}");
        }
    }
}

/// A server that is proud of what it was told, and gives tokens that look like none.
#[test]
fn no_report_holds_what_a_server_repeats() {
    let emulator = &emulator::shared().emulator;
    let odd = "eyAiYWxnIjogIm5vbmUifQ.e30.c2ln-sesame";
    let liar = RUNTIME.block_on(deviant::start(|it: &mut Reply| {
        let token = emulator::shared().emulator.token();
        it.json(|body| {
            if body["status"]["token"].is_string() {
                body["status"]["token"] = "eyAiYWxnIjogIm5vbmUifQ.e30.c2ln-sesame".into();
            }
            body["message"] = format!("whoever says {token} may enter").into();
        });
    }));
    let url = liar.uri();
    let selected = ["--server", &url, "--token", emulator.token(), "--level", "observed"];
    let selected = [&selected[..], &["--run", "*/token-request/*", "--skip", "*@*"]].concat();
    for (name, text) in reports("proud", &selected) {
        assert!(text.contains("{credential}") || name == "summary.md", "{name}");
        for credential in [odd, emulator.token()] {
            assert!(!text.contains(credential), "{name} holds {credential}");
        }
    }
}

#[test]
fn a_page_runs_nothing_that_an_answer_says() {
    let emulator = &emulator::shared().emulator;
    let liar = RUNTIME.block_on(deviant::start(|it: &mut Reply| {
        it.body = b"<script>alert('\"')</script>".to_vec();
    }));
    let one = "*/lifetime-of-zero-is-invalid";
    let url = liar.uri();
    let written = reports("script", &["--server", &url, "--token", emulator.token(), "--run", one]);
    let (_, page) = &written[2];
    assert!(page.contains("alert("));
    assert_eq!(page.matches("<script").count(), 1, "its own");
}
