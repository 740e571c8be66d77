//! Watches that are opened and dropped.

use {
    crate::{
        Result, Stage,
        client::Connection,
        totals::{Totals, WATCH},
    },
    std::time::Duration,
};

/// How many are open at once on a thread.
const OPEN: usize = 16;

/// Opens and drops watches until it is over.
pub(crate) fn run(stage: &Stage) -> Totals {
    let mut totals = Totals::default();
    while !stage.is_over() {
        let mut open = Vec::new();
        for turn in 0..OPEN {
            match watch(stage, turn % 4 == 0) {
                Ok((connection, status)) => {
                    totals.note(&WATCH, status);
                    open.push(connection);
                }
                Err(error) => totals.note_broken(&WATCH, &error),
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    totals
}

/// Opens one, and reads as much of its answer as says whether it is open.
fn watch(stage: &Stage, is_web_socket: bool) -> Result<(Connection, u16)> {
    let head = "GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: localhost\r\n";
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://localhost\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let more = if is_web_socket { socket } else { "" };
    let token = &stage.client.token;
    let request = format!("{head}Authorization: Bearer {token}\r\n{more}\r\n");
    let mut connection = stage.client.connect()?;
    connection.send(request.as_bytes())?;
    let (status, _) = connection.head()?;
    Ok((connection, status))
}
