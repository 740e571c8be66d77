//! A proxy between the client and the target, opened by hyper-util: an HTTP proxy that is asked to
//! CONNECT, or a SOCKS5 proxy.

use {
    super::connection::deepest,
    base64::{Engine, prelude::BASE64_STANDARD},
    http::{HeaderValue, Uri},
    hyper_util::{
        client::legacy::connect::proxy::{SocksV5, Tunnel},
        rt::TokioIo,
    },
    percent_encoding::percent_decode_str,
    std::{
        error::Error,
        fmt,
        future::{self, Ready},
        io,
        task::{Context, Poll},
    },
    tokio::net::TcpStream,
    tower_service::Service,
};

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`.
    basic: Option<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

/// What a proxy is named by.
const ALLOWED: &str = "allowed is http://HOST:PORT or socks5://HOST:PORT";

impl Proxy {
    /// Reads `http://host:port` or `socks5://host:port`. It may hold a password, so it is not
    /// quoted when it is wrong.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri =
            url.parse().map_err(|_| format!("the proxy's URL is not valid; {ALLOWED}"))?;
        let (kind, default) = match uri.scheme_str() {
            Some("http") => (Kind::Http, 80),
            Some("socks5" | "socks5h") => (Kind::Socks5, 1080),
            _ => return Err(format!("the scheme of the proxy's URL is not supported; {ALLOWED}")),
        };
        let host = uri.host().ok_or_else(|| format!("the proxy's URL names no host; {ALLOWED}"))?;
        let user = uri.authority().and_then(|it| it.as_str().rsplit_once('@'));
        if user.is_some() && kind == Kind::Socks5 {
            return Err("a SOCKS5 proxy that wants a password is not taken".to_owned());
        }
        let basic = user.and_then(|(user, _)| basic(user));
        let host = host.trim_matches(['[', ']']).to_owned();
        let port = super::port(&uri)
            .map_err(|_| format!("the proxy's URL has no port that there is; {ALLOWED}"))?;
        Ok(Self { kind, host, port: port.unwrap_or(default), basic })
    }

    /// What lets us in there: the password, and user and password as they are sent.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let sent = self.basic.as_ref().and_then(|it| it.to_str().ok()?.strip_prefix("Basic "));
        let Some(sent) = sent.map(str::to_owned) else { return Vec::new() };
        let plain = BASE64_STANDARD.decode(&sent).unwrap_or_default();
        let plain = String::from_utf8_lossy(&plain).into_owned();
        let password = plain.split_once(':').map(|(_, it)| it.to_owned());
        [sent, plain].into_iter().chain(password).collect()
    }

    /// A stream that leads to the target.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let target: Uri = format!("{host}:{port}").parse().map_err(|error| self.failed(&error))?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = Opened(Some(stream.map_err(|error| self.failed(&error))?));
        // The stream is open, so that the address that these ask for is looked at no more.
        let opened = Uri::default();
        let stream = match self.kind {
            Kind::Http => {
                let mut tunnel = Tunnel::new(opened, stream);
                if let Some(basic) = &self.basic {
                    tunnel = tunnel.with_auth(basic.clone());
                }
                tunnel.call(target).await.map_err(|error| self.failed(&error))
            }
            Kind::Socks5 => {
                SocksV5::new(opened, stream).call(target).await.map_err(|error| self.failed(&error))
            }
        };
        stream.map(TokioIo::into_inner)
    }

    fn failed(&self, error: &dyn Error) -> io::Error {
        io::Error::other(format!("{self}: {}", deepest(error)))
    }
}

/// User and password, percent-encoded as in a URL, as Basic has them.
fn basic(user: &str) -> Option<HeaderValue> {
    let user: Vec<u8> = percent_decode_str(user).collect();
    let mut value =
        HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(user))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A stream to the proxy, for hyper-util to go on with. It is opened before, because an error of
/// hyper-util's does not say why a proxy cannot be reached.
struct Opened(Option<TcpStream>);

impl Service<Uri> for Opened {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take().map(TokioIo::new);
        future::ready(stream.ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Socks5 => "socks5",
        };
        write!(f, "the proxy {scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        tokio::{
            io::{AsyncReadExt, AsyncWriteExt},
            net::TcpListener,
        },
    };

    #[test]
    fn a_proxy_is_told_without_its_password() {
        let proxy = Proxy::parse("http://jane:s3%40cret@p:3128").unwrap();
        assert_eq!(proxy.to_string(), "the proxy http://p:3128");
        assert_eq!(proxy.basic.unwrap(), "Basic amFuZTpzM0BjcmV0");
        for url in [
            "ftp://s3cret@p",
            "s3cret",
            "socks5://jane:s3cret@p",
            "https://s3cret@p",
            "http://s3cret@p:70000",
        ] {
            let why = Proxy::parse(url).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }

    /// A proxy that answers what it is told to and repeats what it was asked.
    async fn asked(scheme: &str, answers: &'static [&'static [u8]]) -> (Vec<u8>, bool) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://u:p@{}", listener.local_addr().unwrap());
        let url = if scheme == "socks5" { url.replace("u:p@", "") } else { url };
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            for answer in answers {
                let mut part = vec![0; 1024];
                let length = stream.read(&mut part).await.unwrap();
                heard.extend(&part[..length]);
                stream.write_all(answer).await.unwrap();
            }
            heard
        });
        let proxy = Proxy::parse(&url).unwrap();
        let connected = proxy.connect("kube.test", 6443).await.is_ok();
        (heard.await.unwrap(), connected)
    }

    #[tokio::test]
    async fn a_tunnel_is_asked_for() {
        let (heard, connected) = asked("http", &[b"HTTP/1.1 200 OK\r\n\r\n"]).await;
        assert!(connected);
        let heard = String::from_utf8(heard).unwrap();
        assert!(heard.starts_with("CONNECT kube.test:6443 HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("Proxy-Authorization: Basic dTpw\r\n"), "{heard}");
        assert!(!asked("http", &[b"HTTP/1.1 403 No\r\n\r\n"]).await.1);
        let socks: &[&[u8]] = &[&[5, 0], &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]];
        let (heard, connected) = asked("socks5", socks).await;
        assert!(connected);
        assert!(heard.ends_with(b"\x09kube.test\x19\x2b"), "{heard:?}");
        assert!(!asked("socks5", &[&[5, 255]]).await.1);
    }

    #[tokio::test]
    async fn a_proxy_that_does_not_connect_is_named_without_its_password() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let failed = async |scheme: &str| {
            let proxy = Proxy::parse(&format!("{scheme}{address}")).unwrap();
            proxy.connect("kube.test", 6443).await.unwrap_err().to_string()
        };
        let answered = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 407 Who is it?\r\n\r\n").await.unwrap();
        });
        let why = failed("http://u:s3cret@").await;
        let named = format!("the proxy http://{address}: ");
        assert!(why.starts_with(&named) && why.contains("authorization required"), "{why}");
        answered.await.unwrap();
        for (scheme, shown) in [("http://u:s3cret@", "http"), ("socks5://", "socks5")] {
            let why = failed(scheme).await;
            let named = format!("the proxy {shown}://{address}: ");
            assert!(why.starts_with(&named) && why.contains("refused"), "{why}");
        }
    }
}
