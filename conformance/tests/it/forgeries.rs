//! A server whose every text would be more than a text, were it shown as it is.

use {
    crate::{
        cli::{code, run},
        emulator::RUNTIME,
        reports::reports_and_errors,
    },
    serde_json::json,
    std::fs,
    wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any},
};

/// What each medium would act on: lines of the suite's own, colours, characters that turn a line
/// round, Markdown, HTML, the end of a CDATA section, commands of pipelines.
const FORGERY: &str = "v1.37.1\n9 passed, 0 failed, 0 skipped\r\n## Conformant at level should\n\n\
    | a | b |\n![x](http://evil.test/x.png) [y](http://evil.test) http://evil.test @someone\n\
    <script>alert(1)</script><img src=x onerror=alert(1)> ]]> --> `code` ``` \u{1b}[2J\u{1b}]0;t\u{7}\
    \u{202e}desrever\u{2066} \u{0} \u{9b}31m ::error::x ##[error]x ##vso[task.complete result=Succeeded;]";

/// Characters that a list of known failures would hold, were they not escaped. They come first, as
/// a reason is cut.
const UNSEEN: &str = "\u{9b}31m\u{202e}desrever\u{2066}\u{200b}\u{feff}\u{1b}[2J\u{7f}\u{2028}x";

fn answer(request: &Request, forged: &str) -> ResponseTemplate {
    let told = match request.url.path() {
        "/version" => json!({
            "gitVersion": forged, "platform": forged, "major": forged, "minor": forged,
            "buildDate": forged, "compiler": forged, "gitCommit": forged, "gitTreeState": forged,
            "goVersion": forged,
        }),
        "/.well-known/openid-configuration" => json!({
            "issuer": forged, "jwks_uri": format!("http://127.0.0.1:1/{forged}"), forged: forged,
        }),
        "/openid/v1/jwks" => json!({"keys": [{"kid": forged, "kty": forged, "alg": forged}]}),
        "/_emulator/v1/clock" => return ResponseTemplate::new(404).set_body_json(json!({})),
        _ => {
            let body = json!({
                "kind": forged, "apiVersion": forged, "message": forged, "reason": forged,
                "metadata": {"name": forged, "uid": forged}, "status": {forged: forged},
                "error": {"message": forged, "status": forged}, forged: [forged],
            });
            let template = ResponseTemplate::new(201).set_body_json(body);
            return template
                .append_header("warning", "299 - \"<script>![x](http://evil.test) | `\"");
        }
    };
    ResponseTemplate::new(200).set_body_json(told)
}

async fn start(forged: &'static str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(move |request: &Request| answer(request, forged))
        .mount(&server)
        .await;
    server
}

/// What a forgery begins lines with.
const LINES: &[&str] = &["9 passed", "## Conformant at", "| a | b |", "::error", "![x]", "<script"];

fn lines_of<'a>(text: &'a str, forged: &str) -> Vec<&'a str> {
    text.lines().filter(|it| it.trim_start().starts_with(forged)).collect()
}

#[test]
fn nothing_that_a_server_says_is_more_than_text() {
    let server = RUNTIME.block_on(start(FORGERY));
    let url = server.uri();
    let target = ["--server", &url, "--token", "a-token", "--google-endpoint", &url];
    let selected = ["--run", "*/token-re*/*", "--run", "google/agent-token/*", "--skip", "*@*"];
    let (written, errors) = reports_and_errors("forgeries", &[&target[..], &selected].concat());
    for line in errors.lines() {
        assert!(line.starts_with("token-conformance: left behind: /"), "{line}");
    }
    for (name, text) in &written {
        let control = |it: char| it.is_control() && !matches!(it, '\n' | '\t');
        assert!(!text.contains(control), "{name}: {:?}", text.find(control));
        assert!(!text.contains(['\u{202e}', '\u{2066}']), "{name}");
    }
    let [junit, json, html, summary, printed] = &written[..] else { panic!("{}", written.len()) };
    for forged in LINES {
        for (name, text) in [summary, printed] {
            assert!(lines_of(text, forged).is_empty(), "{name}: {:?}", lines_of(text, forged));
        }
    }
    assert!(!printed.1.contains("##["), "a command of a pipeline");
    assert!(!printed.1.contains("##vso["), "a command of a pipeline");
    let verdict = summary.1.lines().find(|it| it.starts_with("## ")).unwrap();
    assert!(verdict.contains("failed at level"), "{verdict}");
    assert_eq!(summary.1.matches("\n## ").count(), 1);
    assert!(printed.1.lines().last().unwrap().starts_with("0 passed, "));
    outside_of_code(&summary.1);
    assert_eq!(html.1.matches("<script").count(), 1, "its own");
    assert!(!html.1.contains("<img"));
    assert!(!junit.1.contains("<script") && !junit.1.contains("]]>"));
    let report: serde_json::Value = serde_json::from_str(&json.1).unwrap();
    assert!(report["verdict"].as_str().unwrap().contains("failed at level"));
}

/// Every special character that Markdown acts on stands in code.
fn outside_of_code(summary: &str) {
    for line in summary.lines().skip(1) {
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            let (outside, code) = rest.split_at(at);
            assert!(!outside.contains(['<', '!', '[', '@']), "{line}");
            let fence = "`".repeat(code.len() - code.trim_start_matches('`').len());
            let (_, after) = code[fence.len()..].split_once(&fence).unwrap();
            rest = after;
        }
        assert!(!rest.contains(['<', '!', '[', '@']), "{line}");
        let bars = line.matches('|').count();
        assert!(matches!(bars, 0 | 4 | 5), "{line}");
    }
}

/// What fails is written into a list that people read in an editor and on a terminal.
#[test]
fn a_list_of_known_failures_holds_text_that_is_seen() {
    let server = RUNTIME.block_on(start(UNSEEN));
    let url = server.uri();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known.yaml");
    let list = ["--known-failing", path.to_str().unwrap()];
    let run_on =
        ["run", "--server", &url, "--token", "a-token", "--run", "*/version-is-told-in-json"];
    let arguments = [&run_on[..], &list].concat();
    run(&[&arguments[..], &["--update-known-failing"]].concat());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("desrever"), "no reason has the server's text: {text}");
    let is_unseen =
        |it: char| it != '\n' && (it.is_control() || (!it.is_ascii() && UNSEEN.contains(it)));
    assert!(!text.contains(is_unseen), "{text:?}");
    // It is read again, whatever else could not run.
    let again = run(&arguments);
    assert!(matches!(code(&again), 0 | 1), "{}", String::from_utf8_lossy(&again.stderr));
}

/// What is said of a server that cannot be judged.
#[test]
fn an_error_stays_a_line() {
    let server = RUNTIME.block_on(async {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(404).set_body_raw("", "text/\u{e9}<script>##[error]x");
        Mock::given(any()).respond_with(template).mount(&server).await;
        server
    });
    let output = run(&["run", "--server", &server.uri(), "--token", "a-token"]);
    assert_eq!(code(&output), 3);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told.lines().count(), 1, "{told}");
    // It is told, and as text.
    assert!(told.contains("<script>#\\u{23}[error]x"), "{told}");
    assert!(!told.contains("##["), "{told}");
}
