//! What may stand between us and a target: an HTTP proxy that is told to CONNECT, or one that
//! speaks SOCKS5.

use {
    base64::{Engine, prelude::BASE64_STANDARD},
    std::{fmt, io},
    tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    },
};

/// The longest answer to CONNECT that is read.
const LONGEST: usize = 8192;

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    /// User and password, as Basic has them.
    basic: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

impl Proxy {
    /// Reads `http://host:port` or `socks5://host:port`. It may hold a password, so it is not
    /// quoted when it is wrong.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri: http::Uri = url.parse().map_err(|_| "the proxy's URL is none".to_owned())?;
        let (kind, default) = match uri.scheme_str() {
            Some("http") => (Kind::Http, 80),
            Some("socks5" | "socks5h") => (Kind::Socks5, 1080),
            _ => return Err("the proxy's URL has to begin with http:// or socks5://".to_owned()),
        };
        let host = uri.host().ok_or("the proxy's URL names no host")?;
        let user = uri.authority().and_then(|it| it.as_str().rsplit_once('@'));
        let basic = user.map(|(user, _)| BASE64_STANDARD.encode(decoded(user)));
        if basic.is_some() && kind == Kind::Socks5 {
            return Err("a SOCKS5 proxy that wants a password is not taken".to_owned());
        }
        let host = host.trim_matches(['[', ']']).to_owned();
        let port = super::port(&uri).map_err(|_| "the proxy's URL has no port that there is")?;
        Ok(Self { kind, host, port: port.unwrap_or(default), basic })
    }

    /// A stream that leads to the target.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let mut stream = stream.map_err(|error| odd(format!("{self}: {error}")))?;
        match self.kind {
            Kind::Http => self.tunnel(&mut stream, host, port).await?,
            Kind::Socks5 => self.socks(&mut stream, host, port).await?,
        }
        Ok(stream)
    }

    async fn tunnel(&self, stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(basic) = &self.basic {
            request.push_str(&format!("Proxy-Authorization: Basic {basic}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        // Byte by byte, since what follows the head is the target's.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() == LONGEST {
                return Err(odd(format!("{self}: its answer does not end")));
            }
            answer.push(stream.read_u8().await?);
        }
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        match line.split(' ').nth(1) {
            Some(status) if status.starts_with('2') => Ok(()),
            _ => Err(odd(format!("{self} answers {line:?}"))),
        }
    }

    async fn socks(&self, stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
        stream.write_all(&[5, 1, 0]).await?;
        let mut chosen = [0; 2];
        stream.read_exact(&mut chosen).await?;
        if chosen != [5, 0] {
            return Err(odd(format!("{self} wants a password, or is no SOCKS5 proxy")));
        }
        let length = u8::try_from(host.len()).map_err(|_| odd("the host is too long".into()))?;
        let mut request = vec![5, 1, 0, 3, length];
        request.extend(host.as_bytes());
        request.extend(port.to_be_bytes());
        stream.write_all(&request).await?;
        let mut head = [0; 4];
        stream.read_exact(&mut head).await?;
        if head[1] != 0 {
            return Err(odd(format!("{self} does not connect: SOCKS5 reply {}", head[1])));
        }
        let rest = match head[3] {
            1 => 4,
            4 => 16,
            _ => usize::from(stream.read_u8().await?),
        };
        let mut address = vec![0; rest + 2];
        stream.read_exact(&mut address).await.map(drop)
    }
}

/// The percent escapes of a user or password undone.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.extend(before.as_bytes());
        match after.get(..2).and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(b'%');
                rest = after;
            }
        }
    }
    out.extend(rest.as_bytes());
    out
}

fn odd(why: String) -> io::Error {
    io::Error::other(why)
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
    use {super::*, tokio::net::TcpListener};

    #[test]
    fn a_proxy_is_told_without_its_password() {
        let proxy = Proxy::parse("http://jane:s3%40cret@p:3128").unwrap();
        assert_eq!(proxy.to_string(), "the proxy http://p:3128");
        assert_eq!(proxy.basic.as_deref(), Some("amFuZTpzM0BjcmV0"));
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
}
