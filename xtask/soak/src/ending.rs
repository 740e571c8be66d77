//! The end: no request that was read is lost, but those that a fault keeps beyond the grace.
//!
//! SIGTERM comes while some requests are delayed, and while threads ask for tokens over HTTP/1.1,
//! each on a connection that it keeps, until no connection is to be had. Every one of these requests
//! has to be answered whole, or to be left unread: its connection was closed while it was on its
//! way. The kernel tells these apart, since it resets a connection that is closed with something
//! unread, and only ends one of which all was read; so a request whose connection just ends, or ends
//! within the answer, was lost.

use {
    crate::{
        Result,
        client::{Client, Connection},
        load,
    },
    serde_json::{Value, json},
    std::{
        process::Command,
        sync::atomic::{AtomicBool, AtomicU64, Ordering},
        thread,
        time::{Duration, Instant},
    },
    token_launch::Server,
};

/// How many requests are delayed.
const DELAYED: usize = 64;

/// How many threads ask.
const ASKING: u64 = 8;

/// How many tokens there are before the end.
const WARM_UP: u64 = 100;

/// How long a fault keeps them; and how long it keeps one that need not be answered.
const DELAY: &str = "2s";
const BEYOND: &str = "1m";

/// What has to be over by then.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of the requests for tokens.
#[derive(Debug, Default)]
struct Asked {
    answered: AtomicU64,
    answered_after_signal: AtomicU64,
    unread: AtomicU64,
    lost: AtomicU64,
    is_signalled: AtomicBool,
    /// No more is asked, whether the server ends or not.
    is_over: AtomicBool,
}

/// Ends the program while requests are under way; whether none that was read was lost.
pub(crate) fn report(mut server: Server, client: &Client) -> Result<bool> {
    let (delayed, _beyond) = delay(client)?;
    let asked = Asked::default();
    let (took, status) = thread::scope(|scope| {
        for _ in 0..ASKING {
            scope.spawn(|| asked.ask(client));
        }
        let ended = asked.end(&mut server);
        asked.is_over.store(true, Ordering::Relaxed);
        ended
    })?;
    let answer = |mut connection: Connection| connection.answer().is_ok_and(|it| it.0 == 200);
    let answered = delayed.into_iter().map(answer).filter(|answered| *answered).count();
    println!("at SIGTERM: {answered} of {DELAYED} that were delayed are answered");
    let is_good = asked.report();
    println!("ended after {took:?}, {status}");
    Ok(is_good && answered == DELAYED && took < PATIENCE && status.success())
}

/// Sends the requests that faults delay, and waits until they are read; the last one is kept beyond
/// the grace.
fn delay(client: &Client) -> Result<(Vec<Connection>, Connection)> {
    client.wanted(200, "DELETE", "/_emulator/v1/faults", "")?;
    let fault = |path: &str, delay: &str, times: usize| {
        let fault = json!({"path": path, "delay": delay, "times": times}).to_string();
        client.wanted(200, "POST", "/_emulator/v1/faults", &fault)
    };
    fault("/readyz", DELAY, DELAYED)?;
    fault("/livez", BEYOND, 1)?;
    let send = |path: &str| -> Result<Connection> {
        let mut connection = client.connect()?;
        connection.send(&client.request("GET", path, ""))?;
        Ok(connection)
    };
    let delayed = (0..DELAYED).map(|_| send("/readyz")).collect::<Result<Vec<_>>>()?;
    let beyond = send("/livez")?;
    // They were read once the faults are used up.
    wait("the delayed requests are not read", || {
        let left = client.wanted(200, "GET", "/_emulator/v1/faults", "")?;
        Ok(serde_json::from_slice::<Value>(&left)? == json!({"faults": []}))
    })?;
    Ok((delayed, beyond))
}

fn wait(what: &str, is_done: impl Fn() -> Result<bool>) -> Result {
    let end = Instant::now() + PATIENCE;
    while !is_done()? {
        if Instant::now() > end {
            return Err(format!("{what} after {PATIENCE:?}").into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

impl Asked {
    /// Sends SIGTERM once tokens are answered, and waits for the end of the program.
    fn end(&self, server: &mut Server) -> Result<(Duration, std::process::ExitStatus)> {
        wait("too few tokens are answered", || {
            Ok(self.answered.load(Ordering::Relaxed) >= WARM_UP)
        })?;
        let start = Instant::now();
        self.is_signalled.store(true, Ordering::Relaxed);
        Command::new("kill").args(["-s", "TERM", &server.pid().to_string()]).status()?;
        let status = server.wait()?;
        Ok((start.elapsed(), status))
    }

    /// Asks until no connection is to be had.
    fn ask(&self, client: &Client) {
        let request = client.request("POST", load::ACCOUNT, r#"{"spec": {}}"#);
        while !self.is_over.load(Ordering::Relaxed) {
            let Ok(mut connection) = client.connect() else {
                // Before the signal, every connection has to be had.
                let early = !self.is_signalled.load(Ordering::Relaxed);
                self.lost.fetch_add(u64::from(early), Ordering::Relaxed);
                break;
            };
            let mut goes_on = true;
            while goes_on && !self.is_over.load(Ordering::Relaxed) {
                goes_on = self.ask_once(&mut connection, &request);
            }
        }
    }

    /// Asks once; whether the connection is still to be used.
    fn ask_once(&self, connection: &mut Connection, request: &[u8]) -> bool {
        let (count, goes_on) = match connection.ask(request) {
            Ok((201, _)) if self.is_signalled.load(Ordering::Relaxed) => {
                (&self.answered_after_signal, true)
            }
            Ok((201, _)) => (&self.answered, true),
            Err(error)
                if self.is_signalled.load(Ordering::Relaxed) && connection.is_unread(&*error) =>
            {
                (&self.unread, false)
            }
            Ok((status, _)) => self.lose(&format!("it is answered {status}")),
            Err(error) => self.lose(&error),
        };
        count.fetch_add(1, Ordering::Relaxed);
        goes_on
    }

    /// Prints why a request was lost, which is counted, and its connection used no more.
    fn lose(&self, why: &dyn std::fmt::Display) -> (&AtomicU64, bool) {
        let when = if self.is_signalled.load(Ordering::Relaxed) { "after" } else { "before" };
        println!("a request for a token was lost {when} SIGTERM: {why}");
        (&self.lost, false)
    }

    /// Prints what came of them; whether none was lost.
    fn report(&self) -> bool {
        let [answered, after, unread, lost] =
            [&self.answered, &self.answered_after_signal, &self.unread, &self.lost]
                .map(|count| count.load(Ordering::Relaxed));
        println!(
            "tokens: {answered} answered before SIGTERM and {after} after it, {unread} requests \
             not read, {lost} lost"
        );
        // Where none was under way, nothing was measured.
        lost == 0 && after + unread > 0
    }
}
