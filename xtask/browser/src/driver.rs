//! chromedriver, and a headless Chromium that it starts.

use {
    crate::{Args, Result},
    fantoccini::{Client, ClientBuilder},
    hyper_util::client::legacy::connect::HttpConnector,
    serde_json::{Value, json},
    std::{path::Path, process::Stdio, time::Duration},
    tempfile::TempDir,
    tokio::{
        io::{AsyncBufReadExt, BufReader},
        process::{Child, ChildStdout, Command},
        time::timeout,
    },
};

/// How long either may take to start. A busy machine makes it slow.
const STARTING: Duration = Duration::from_secs(60);

/// What chromedriver prints before its port.
const STARTED: &str = "was started successfully on port ";

/// A browser without any profile, and what drives it. Both end when this is dropped.
pub(crate) struct Driver {
    _chromedriver: Child,
    _profile: TempDir,
    /// The browser.
    pub(crate) browser: Client,
}

impl Driver {
    /// Starts both. All names below `.example` lead to this machine.
    pub(crate) async fn start(args: &Args) -> Result<Self> {
        let mut chromedriver = Command::new(&args.chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", args.chromedriver.display()))?;
        let stdout = chromedriver.stdout.take().ok_or("chromedriver has no output")?;
        let port =
            timeout(STARTING, port(stdout)).await.map_err(|_| "chromedriver is silent")??;
        let profile = tempfile::tempdir()?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let Value::Object(capabilities) = capabilities(&args.chromium, profile.path()) else {
            return Err("capabilities are an object".into());
        };
        builder.capabilities(capabilities);
        let connecting = builder.connect(&format!("http://127.0.0.1:{port}")).await;
        let browser =
            connecting.map_err(|error| format!("{}: {error}", args.chromium.display()))?;
        Ok(Self { _chromedriver: chromedriver, _profile: profile, browser })
    }
}

/// The port that it listens on. What it prints after that is read, too, or it would wait.
async fn port(stdout: ChildStdout) -> Result<u16> {
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, port)) = line.split_once(STARTED) {
            let port = port.trim_end_matches('.').parse()?;
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(port);
        }
    }
    Err("chromedriver ended before it was ready".into())
}

fn capabilities(chromium: &Path, profile: &Path) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    json!({
        "acceptInsecureCerts": true,
        "goog:chromeOptions": {
            "binary": found(chromium),
            "args": [
                "--headless=new",
                // Chromium has no sandbox for root, as whom most pipelines run.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP *.example 127.0.0.1",
                profile,
            ],
        },
    })
}

/// Where a program is: chromedriver wants more than its name.
fn found(program: &Path) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join(program));
    let found = folders.find(|path| path.is_file());
    found.as_deref().unwrap_or(program).display().to_string()
}
