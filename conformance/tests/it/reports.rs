//! The files of `--report-dir`, and that nobody can use what stands in them.

use {
    crate::{
        deviant::{self, Reply},
        emulator::{self, CATALOG, RUNTIME},
    },
    regex::Regex,
    std::{
        collections::BTreeSet,
        fs,
        path::PathBuf,
        process::Command,
        sync::{LazyLock, Mutex},
    },
    token_conformance::case::Need,
};

const FILES: &[&str] = &["junit.xml", "report.json", "report.html"];

/// The bodies of all answers that were judged.
static ANSWERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
/// What a token looks like: a JWT, an access token, what is kept under the name of one.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let (jwt, access) = (r"eyJ[\w-]+\.[\w-]+\.[\w-]*", r"ya29\.[\w.-]+");
    let named = r#"(?i)(?:bearer |token"?: ?")([^"\s]{16,})"#;
    Regex::new(&format!("{jwt}|{access}|{named}")).unwrap()
});

/// Runs the binary and returns the files that it wrote, by their names.
fn reports(name: &str, arguments: &[&str]) -> Vec<(&'static str, String)> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    let output = Command::new(env!("CARGO_BIN_EXE_token-conformance"))
        .arg("run")
        .args(arguments)
        .arg("--report-dir")
        .arg(&folder)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |it: &&'static str| (*it, fs::read_to_string(folder.join(it)).unwrap());
    FILES.iter().map(read).collect()
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
        assert!(text.contains("valid-token-is-authenticated"), "{name}");
        assert!(text.contains(&CATALOG.digest()), "{name}");
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
        for token in &tokens {
            assert!(!report.contains(token), "{name} holds {token}");
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
