//! A stream over a WebSocket: each piece in a frame of its own, to a client that has nothing to say.
//!
//! Source: RFC 6455; golang.org/x/net `websocket/hybi.go`, which kube-apiserver speaks through.

use {
    crate::server::{message::Framing, stream::Streaming},
    bytes::{Buf, BytesMut},
    hyper::upgrade::OnUpgrade,
    hyper_util::rt::TokioIo,
    std::{future::poll_fn, io},
    tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
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

/// The longest frame that a client may send. Source: x/net `DefaultMaxPayloadBytes`.
const LONGEST: usize = 32 << 20;

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
    let mut input = BytesMut::new();
    loop {
        tokio::select! {
            biased;
            length = read.read_buf(&mut input) => {
                if length? == 0 {
                    return Ok(());
                }
                while let Some(received) = receive(&mut input) {
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
    write.write_all(&frame(code, payload)).await?;
    write.flush().await
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

/// The next frame, if it has come whole.
fn receive(input: &mut BytesMut) -> Option<Received> {
    let (first, second) = (*input.first()?, *input.get(1)?);
    if second & 0x80 == 0 {
        input.clear();
        return Some(Received::Bad);
    }
    let (length, head) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(input.get(2..4)?.try_into().ok()?)), 4),
        127 => {
            let length = u64::from_be_bytes(input.get(2..10)?.try_into().ok()?);
            (usize::try_from(length).unwrap_or(usize::MAX), 10)
        }
        length => (usize::from(length), 2),
    };
    if length > LONGEST {
        input.clear();
        return Some(Received::Bad);
    }
    if input.len() < head + 4 + length {
        return None;
    }
    let mask: [u8; 4] = input.get(head..head + 4)?.try_into().ok()?;
    input.advance(head + 4);
    let payload = input.split_to(length);
    Some(match first & 0xf {
        CLOSE => Received::Close,
        PING => {
            let masked = payload.iter().zip(mask.iter().cycle());
            Received::Ping(masked.map(|(byte, mask)| byte ^ mask).collect())
        }
        _ => Received::Anything,
    })
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
        let mut input = BytesMut::from(&[0x89, 0x82, 1, 2, 3, 4, 1 ^ b'a', 2 ^ b'b', 0x88][..]);
        assert_eq!(receive(&mut input), Some(Received::Ping(b"ab".to_vec())));
        assert_eq!(receive(&mut input), None);
        input.extend_from_slice(&[0x80, 0, 0, 0, 0]);
        assert_eq!(receive(&mut input), Some(Received::Close));
        assert_eq!(receive(&mut BytesMut::from(&[0x81, 1, b'a'][..])), Some(Received::Bad));
    }
}
