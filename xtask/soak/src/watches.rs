//! Watches that are opened and dropped.

use {crate::Stage, std::time::Duration};

/// How many are open at once on a thread.
const OPEN: usize = 16;

/// Opens and drops watches until it is over; how many.
pub(crate) fn run(stage: &Stage) -> u64 {
    let head = "GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: localhost\r\n";
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://localhost\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut count = 0;
    while !stage.is_over() {
        let mut open = Vec::new();
        for turn in 0..OPEN {
            let more = if turn % 4 == 0 { socket } else { "" };
            let token = &stage.client.token;
            let request = format!("{head}Authorization: Bearer {token}\r\n{more}\r\n");
            let Ok(mut connection) = stage.client.connect() else { continue };
            if connection.send(request.as_bytes()).is_ok() {
                open.push(connection);
            }
        }
        count += open.len() as u64;
        std::thread::sleep(Duration::from_millis(100));
    }
    count
}
