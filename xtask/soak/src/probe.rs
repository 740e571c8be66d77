//! How long `GET /version` takes meanwhile, and how long a server takes that does nothing.

use {
    crate::{
        Stage,
        bare::Bare,
        client::{Client, Connection},
    },
    std::{
        thread,
        time::{Duration, Instant},
    },
};

/// How long it may take.
const LIMIT: Duration = Duration::from_millis(100);

/// How many times longer it may take than what a server takes that does nothing.
const FACTOR: u32 = 10;

const PAUSE: Duration = Duration::from_millis(20);

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    emulator: Vec<Duration>,
    bare: Vec<Duration>,
    unanswered: usize,
}

/// Asks both in turn until it is over.
pub(crate) fn run(stage: &Stage, bare: &Bare) -> Latency {
    let emulator = stage.client.clone();
    let bare = Client { address: bare.address.clone(), token: "none".to_owned() };
    let mut latency = Latency::default();
    let mut connections = [None, None];
    while !stage.is_over() {
        for (client, connection, took) in
            [(&emulator, 0, &mut latency.emulator), (&bare, 1, &mut latency.bare)]
        {
            let connection = &mut connections[connection];
            match ask(client, connection) {
                Some(time) => took.push(time),
                None => {
                    *connection = None;
                    latency.unanswered += 1;
                }
            }
        }
        thread::sleep(PAUSE);
    }
    latency
}

fn ask(client: &Client, kept: &mut Option<Connection>) -> Option<Duration> {
    if kept.is_none() {
        *kept = client.connect().ok();
    }
    let request = client.request("GET", "/version", "");
    let start = Instant::now();
    kept.as_mut()?.ask(&request).ok().filter(|(status, _)| *status == 200)?;
    Some(start.elapsed())
}

impl Latency {
    /// Prints it; whether it is as it should be.
    pub(crate) fn report(&self) -> bool {
        let [emulator, bare] = [&self.emulator, &self.bare].map(|all| {
            let mut all = all.clone();
            all.sort_unstable();
            all
        });
        let part = |all: &[Duration], percent: usize| {
            let place = (all.len() * percent / 100).min(all.len().saturating_sub(1));
            all.get(place).copied().unwrap_or_default()
        };
        for (name, all) in [("GET /version", &emulator), ("a bare server", &bare)] {
            println!(
                "{name}: {} answers, half within {:?}, 99 % within {:?}, all within {:?}",
                all.len(),
                part(all, 50),
                part(all, 99),
                part(all, 100)
            );
        }
        let late = emulator.iter().filter(|it| **it > LIMIT).count();
        let late_bare = bare.iter().filter(|it| **it > LIMIT).count();
        println!(
            "longer than {LIMIT:?}: {late} of {}, of the bare server {late_bare}",
            emulator.len()
        );
        println!("{} were not answered", self.unanswered);
        let is_near = part(&emulator, 99) < part(&bare, 99) * FACTOR;
        late == 0 && self.unanswered == 0 && is_near
    }
}
