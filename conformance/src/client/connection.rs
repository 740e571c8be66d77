//! One connection, HTTP/1.1 or HTTP/2, over TLS or plain.

use {
    super::{Endpoint, Unreachable},
    crate::{
        exchange::{Answer, Request},
        variant::Protocol,
    },
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri},
    http_body_util::{BodyExt, Full, Limited},
    hyper::{
        body::Incoming,
        client::conn::{http1, http2},
    },
    hyper_util::rt::{TokioExecutor, TokioIo},
    rustls::{ClientConfig, pki_types::ServerName},
    std::{error::Error, fmt::Display, io, sync::Arc, time::Duration},
    tokio::{
        io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
        net::TcpStream,
    },
    tokio_rustls::TlsConnector,
};

/// What a client of HTTP/2 begins with: the preface, and a frame of settings that sets nothing.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest body of an answer that is read, so that no server fills the memory.
const LONGEST: usize = 64 << 20;
/// The type of a frame of settings.
const SETTINGS: u8 = 4;

/// A connection that takes one request at a time.
pub enum Connection {
    /// HTTP/1.1.
    Http1(http1::SendRequest<Full<Bytes>>),
    /// HTTP/2.
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// Connects.
pub async fn open(
    endpoint: &Endpoint,
    tls: &Arc<ClientConfig>,
    protocol: Protocol,
) -> Result<Connection, Unreachable> {
    let stream = stream(endpoint).await?;
    stream.set_nodelay(true).map_err(|error| unreachable(endpoint, error))?;
    if !endpoint.https {
        return handshake(endpoint, stream, protocol).await;
    }
    let mut config = ClientConfig::clone(tls);
    config.alpn_protocols = vec![alpn(protocol).to_vec()];
    let name = endpoint.tls_server_name.clone().unwrap_or_else(|| endpoint.host.clone());
    let name = ServerName::try_from(name).map_err(|error| unreachable(endpoint, error))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| unreachable(endpoint, untrusted(&error)))?;
    let agreed = stream.get_ref().1.alpn_protocol();
    if protocol == Protocol::Http2 && agreed != Some(alpn(protocol)) {
        return Err(unreachable(endpoint, "it does not offer HTTP/2"));
    }
    handshake(endpoint, stream, protocol).await
}

/// Whether a plain endpoint answers the greeting of HTTP/2 with its settings.
pub async fn greets_http2(endpoint: &Endpoint) -> Result<bool, Unreachable> {
    let mut stream = stream(endpoint).await?;
    let mut frame = [0; 9];
    let greeted = async {
        stream.write_all(GREETING).await?;
        stream.read_exact(&mut frame).await
    };
    Ok(greeted.await.is_ok() && frame[3] == SETTINGS)
}

async fn stream(endpoint: &Endpoint) -> Result<TcpStream, Unreachable> {
    let connected = async {
        match &endpoint.proxy {
            Some(proxy) => proxy.connect(&endpoint.host, endpoint.port).await,
            None => TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await,
        }
    };
    match tokio::time::timeout(PATIENCE, connected).await {
        Ok(stream) => stream.map_err(|error| unreachable(endpoint, error)),
        Err(_) => Err(unreachable(endpoint, format!("no connection within {PATIENCE:?}"))),
    }
}

impl Connection {
    /// Sends; `None` when the connection turned out to be closed and nobody looked at what was sent.
    pub async fn send(
        &mut self,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Option<Answer>, Unreachable> {
        let message = message(endpoint, request)?;
        let sent = match self {
            Self::Http1(connection) => {
                if connection.ready().await.is_err() {
                    return Ok(None);
                }
                connection.try_send_request(message).await
            }
            Self::Http2(connection) => {
                if connection.ready().await.is_err() {
                    return Ok(None);
                }
                connection.try_send_request(message).await
            }
        };
        match sent {
            Ok(response) => read(endpoint, response).await.map(Some),
            Err(mut error) => match error.take_message() {
                Some(_) => Ok(None),
                None if is_unheard(error.error()) => Ok(None),
                None => Err(unreachable(endpoint, deepest(error.error()))),
            },
        }
    }

    /// Whether it can be used again.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Http1(connection) => !connection.is_closed(),
            Self::Http2(connection) => !connection.is_closed(),
        }
    }
}

fn alpn(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Http1 => b"http/1.1",
        Protocol::Http2 => b"h2",
    }
}

async fn handshake<S>(
    endpoint: &Endpoint,
    stream: S,
    protocol: Protocol,
) -> Result<Connection, Unreachable>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    let failed = |error: hyper::Error| unreachable(endpoint, deepest(&error));
    Ok(match protocol {
        Protocol::Http1 => {
            let (sender, connection) = http1::handshake(io).await.map_err(failed)?;
            tokio::spawn(connection);
            Connection::Http1(sender)
        }
        Protocol::Http2 => {
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), io).await.map_err(failed)?;
            tokio::spawn(connection);
            Connection::Http2(sender)
        }
    })
}

/// Why TLS did not come about, in words where those of the library are none.
fn untrusted(error: &io::Error) -> String {
    use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "its certificate is signed by nobody who is trusted (UnknownIssuer)".to_owned()
        }
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "it does not speak TLS".to_owned()
        }
        Some(Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => {
            "it does not speak HTTP/1.1".to_owned()
        }
        _ => error.to_string(),
    }
}

fn message(
    endpoint: &Endpoint,
    request: &Request,
) -> Result<http::Request<Full<Bytes>>, Unreachable> {
    let odd = |what: &str| Unreachable(format!("the client cannot send {what}"));
    let path = format!("{}{}", endpoint.prefix, request.path);
    let uri = match request.protocol {
        Protocol::Http1 => path,
        Protocol::Http2 => {
            let scheme = if endpoint.https { "https" } else { "http" };
            format!("{scheme}://{}{path}", endpoint.authority())
        }
    };
    let mut message = http::Request::new(Full::new(request.body.clone()));
    *message.method_mut() =
        Method::from_bytes(request.method.as_bytes()).map_err(|_| odd(&request.method))?;
    *message.uri_mut() = Uri::try_from(&uri).map_err(|_| odd(&uri))?;
    let says_host = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    if request.protocol == Protocol::Http1 && !says_host {
        let host = HeaderValue::from_str(&endpoint.authority()).map_err(|_| odd("this host"))?;
        message.headers_mut().insert("host", host);
    }
    for (name, value) in &request.headers {
        message.headers_mut().append(
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| odd(name))?,
            HeaderValue::from_bytes(value.as_bytes()).map_err(|_| odd(name))?,
        );
    }
    Ok(message)
}

async fn read(
    endpoint: &Endpoint,
    response: http::Response<Incoming>,
) -> Result<Answer, Unreachable> {
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, LONGEST).collect().await;
    let body = body.map_err(|error| unreachable(endpoint, deepest(&*error)))?;
    let mut headers = texts(&parts.headers);
    headers.extend(body.trailers().map(texts).unwrap_or_default());
    let (status, body) = (parts.status.as_u16(), body.to_bytes());
    Ok(Answer { status, headers, body, meaning: None })
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Whether the server said of a request that it did not look at it: a connection that it is done
/// with takes no further stream (RFC 9113, 6.8). kube-apiserver parts so after a 401.
fn is_unheard(error: &hyper::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(it) = error.downcast_ref::<h2::Error>() {
            return it.is_remote()
                && match it.reason() {
                    Some(h2::Reason::NO_ERROR) => it.is_go_away(),
                    reason => reason == Some(h2::Reason::REFUSED_STREAM),
                };
        }
        source = error.source();
    }
    false
}

fn unreachable(endpoint: &Endpoint, why: impl Display) -> Unreachable {
    Unreachable(format!("{endpoint}: {why}"))
}

/// What lies at the bottom of an error, which says more than its top.
pub(super) fn deepest(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use {
        super::super::Client,
        super::*,
        crate::client::tls::{self, Trust},
        tokio::net::TcpListener,
    };

    /// A frame of HTTP/2.
    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let head = [0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream];
        [&head, payload].concat()
    }

    /// Takes a connection, answers its first request with 200 and its second with this frame.
    async fn served(listener: &TcpListener, second: &[u8]) -> TcpStream {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        let mut answers = [frame(1, 5, 1, &[0x88]), second.to_vec()].into_iter();
        loop {
            let mut head = [0; 9];
            if stream.read_exact(&mut head).await.is_err() {
                return stream;
            }
            let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            stream.read_exact(&mut payload).await.unwrap();
            if head[3] == 1 {
                stream.write_all(&answers.next().unwrap()).await.unwrap();
                if answers.len() == 0 {
                    return stream;
                }
            }
        }
    }

    async fn statuses(second: Vec<u8>) -> Vec<Option<u16>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let _first = served(&listener, &second).await;
            served(&listener, &[]).await
        });
        let tls = tls::config(&Trust::Anybody, None).unwrap();
        let client = Client::new(Endpoint::parse(&url).unwrap(), tls);
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            protocol: Protocol::Http2,
        };
        let first = client.send(&request).await;
        let second = client.send(&request).await;
        server.abort();
        [first, second].map(|it| it.ok().map(|it| it.status)).into()
    }

    #[tokio::test]
    async fn what_a_server_did_not_look_at_is_sent_on_another_connection() {
        let done = frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(statuses(done).await, [Some(200), Some(200)]);
        let refused = frame(3, 0, 3, &[0, 0, 0, 7]);
        assert_eq!(statuses(refused).await, [Some(200), Some(200)]);
        // It failed over this one, so it may have done something.
        let broken = frame(3, 0, 3, &[0, 0, 0, 2]);
        assert_eq!(statuses(broken).await, [Some(200), None]);
    }
}
