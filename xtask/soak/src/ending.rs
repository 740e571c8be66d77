//! The end: every request that was read is answered, but those that a fault keeps beyond the grace.

use {
    crate::{
        Result,
        client::{Client, Connection},
    },
    serde_json::json,
    std::{
        process::Command,
        thread,
        time::{Duration, Instant},
    },
    token_launch::Server,
};

/// How many requests are under way.
const UNDER_WAY: usize = 64;

/// How long a fault keeps them; and how long it keeps one that need not be answered.
const DELAY: &str = "2s";
const BEYOND: &str = "1m";

/// What has to be over by then.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends the program while requests are under way; whether each was answered.
pub(crate) fn report(mut server: Server, client: &Client) -> Result<bool> {
    client.ask("DELETE", "/_emulator/v1/faults", "")?;
    let fault = |path: &str, delay: &str, times: usize| {
        let fault = json!({"path": path, "delay": delay, "times": times}).to_string();
        client.ask("POST", "/_emulator/v1/faults", &fault)
    };
    fault("/readyz", DELAY, UNDER_WAY)?;
    fault("/livez", BEYOND, 1)?;
    let mut connections = Vec::new();
    for _ in 0..UNDER_WAY {
        let mut connection = client.connect()?;
        connection.send(&client.request("GET", "/readyz", ""))?;
        connections.push(connection);
    }
    let mut beyond = client.connect()?;
    beyond.send(&client.request("GET", "/livez", ""))?;
    // They were read once the faults are used up.
    let end = Instant::now() + PATIENCE;
    while client.ask("GET", "/_emulator/v1/faults", "")?.1 != br#"{"faults":[]}"#.as_slice()
        && Instant::now() < end
    {
        thread::sleep(Duration::from_millis(10));
    }
    let start = Instant::now();
    Command::new("kill").args(["-s", "TERM", &server.pid().to_string()]).status()?;
    let answer = |mut connection: Connection| connection.answer().is_ok_and(|it| it.0 == 200);
    let answered = connections.into_iter().map(answer).filter(|answered| *answered).count();
    let status = server.wait()?;
    let took = start.elapsed();
    println!("at SIGTERM: {answered} of {UNDER_WAY} that were read are answered");
    println!("ended after {took:?}, {status}");
    Ok(answered == UNDER_WAY && took < PATIENCE && status.success())
}
