//! A stream over a WebSocket: each piece in a frame of its own, to a client that has nothing to say.
//!
//! Source: RFC 6455; golang.org/x/net `websocket/hybi.go`, which kube-apiserver speaks through.

use {
    crate::{api::Framing, server::stream::Streaming},
    bytes::{Buf, BytesMut},
    hyper::upgrade::OnUpgrade,
    hyper_util::rt::TokioIo,
    std::{future::poll_fn, io, time::Duration},
    tokio::{
        io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
        time::timeout,
    },
};

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// All is said.
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();
/// The client does not keep to the rules.
const PROTOCOL_ERROR: [u8; 2] = 1002_u16.to_be_bytes();

/// How much of a ping is sent back. Source: x/net `maxControlFramePayloadLength`.
const PINGED: usize = 125;

/// How long a client may take to accept a frame: nothing else watches over this connection.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
enum Received {
    /// Something that is passed over.
    Anything,
    Ping(Vec<u8>),
    Close,
    /// Against the rules.
    Bad,
}

/// Sends the stream once the connection is upgraded, until either side ends it.
pub(super) async fn serve(upgrade: OnUpgrade, stream: Streaming, framing: Framing) {
    if let Ok(upgraded) = upgrade.await {
        // Whoever has gone is told nothing more.
        let _ = converse(TokioIo::new(upgraded), stream, framing).await;
    }
}

async fn converse(
    connection: impl AsyncRead + AsyncWrite,
    mut stream: Streaming,
    framing: Framing,
) -> io::Result<()> {
    let (mut read, mut write) = split(connection);
    let (mut input, mut left) = (BytesMut::new(), 0);
    loop {
        tokio::select! {
            biased;
            length = read.read_buf(&mut input) => {
                if length? == 0 {
                    return Ok(());
                }
                while let Some(received) = receive(&mut input, &mut left) {
                    match received {
                        Received::Anything => {}
                        Received::Ping(payload) => send(&mut write, PONG, &payload).await?,
                        Received::Close => return leave(write).await,
                        Received::Bad => {
                            send(&mut write, CLOSE, &PROTOCOL_ERROR).await?;
                            return leave(write).await;
                        }
                    }
                }
            }
            piece = poll_fn(|context| stream.poll(context)) => match (piece, framing) {
                (None, _) => return leave(write).await,
                (Some(piece), Framing::Text) => send(&mut write, TEXT, &piece).await?,
                // A frame knows its length; the piece need not say it.
                (Some(piece), Framing::Binary) => {
                    send(&mut write, BINARY, piece.get(4..).unwrap_or_default()).await?;
                }
            }
        }
    }
}

async fn leave(mut write: impl AsyncWrite + Unpin) -> io::Result<()> {
    send(&mut write, CLOSE, &NORMAL).await?;
    write.shutdown().await
}

async fn send(write: &mut (impl AsyncWrite + Unpin), code: u8, payload: &[u8]) -> io::Result<()> {
    let frame = frame(code, payload);
    let sending = async {
        write.write_all(&frame).await?;
        write.flush().await
    };
    timeout(PATIENCE, sending).await?
}

/// A whole frame; a server does not mask.
fn frame(code: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(0x80 | code);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..126), _) => frame.push(length),
        (_, Ok(length)) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// The next frame, if enough of it has come. What is `left` of its payload is passed over as it
/// comes.
fn receive(input: &mut BytesMut, left: &mut u64) -> Option<Received> {
    pass_over(input, left);
    let (first, second) = (*input.first()?, *input.get(1)?);
    if second & 0x80 == 0 {
        input.clear();
        return Some(Received::Bad);
    }
    let (length, head) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(input.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(input.get(2..10)?.try_into().ok()?), 10),
        length => (u64::from(length), 2),
    };
    let mask: [u8; 4] = input.get(head..head + 4)?.try_into().ok()?;
    let received = match first & 0xf {
        CLOSE => Received::Close,
        PING => {
            let pinged = usize::try_from(length).unwrap_or(PINGED).min(PINGED);
            let payload = input.get(head + 4..head + 4 + pinged)?;
            let masked = payload.iter().zip(mask.iter().cycle());
            Received::Ping(masked.map(|(byte, mask)| byte ^ mask).collect())
        }
        _ => Received::Anything,
    };
    input.advance(head + 4);
    *left = length;
    pass_over(input, left);
    Some(received)
}

fn pass_over(input: &mut BytesMut, left: &mut u64) {
    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    input.advance(length);
    *left -= u64::try_from(length).unwrap_or(*left);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_say_how_long_they_are() {
        assert_eq!(frame(TEXT, b"ab"), [0x81, 2, b'a', b'b']);
        assert_eq!(frame(BINARY, &[0; 126])[..4], [0x82, 126, 0, 126]);
        assert_eq!(frame(BINARY, &[0; 65536])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn what_a_client_sends_is_unmasked_or_refused() {
        let mut left = 0;
        let mut input = BytesMut::from(&[0x89, 0x82, 1, 2, 3, 4, 1 ^ b'a', 2 ^ b'b', 0x88][..]);
        assert_eq!(receive(&mut input, &mut left), Some(Received::Ping(b"ab".to_vec())));
        assert_eq!(receive(&mut input, &mut left), None);
        input.extend_from_slice(&[0x80, 0, 0, 0, 0]);
        assert_eq!(receive(&mut input, &mut left), Some(Received::Close));
        assert_eq!(receive(&mut BytesMut::from(&[0x81, 1, b'a'][..]), &mut 0), Some(Received::Bad));
    }

    #[test]
    fn long_frames_are_passed_over_as_they_come() {
        let (mut input, mut left) = (BytesMut::new(), 0);
        for code in [BINARY, PING] {
            input.extend_from_slice(&[0x80 | code, 0xff]);
            input.extend_from_slice(&(10_u64 << 20).to_be_bytes());
            input.extend_from_slice(&[0; 4]);
            let mut received = Vec::new();
            for _ in 0..10 << 10 {
                input.extend_from_slice(&[b'a'; 1 << 10]);
                received.extend(receive(&mut input, &mut left));
                assert!(input.len() < 1 << 11);
            }
            let pong = Received::Ping(vec![b'a'; PINGED]);
            assert_eq!(received, [if code == PING { pong } else { Received::Anything }]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_left() {
        let (mut server, _client) = tokio::io::duplex(16);
        let sent = send(&mut server, TEXT, &[0; 100]).await;
        assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
