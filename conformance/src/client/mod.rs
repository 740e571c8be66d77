//! A plain HTTP client: what it is given goes out untouched, what comes back is kept whole.

pub mod beyond;
pub mod connection;
pub(crate) mod environment;
pub mod pace;
pub mod proxy;
pub mod tls;

use {
    crate::{
        exchange::{Answer, Request},
        variant::Protocol,
    },
    connection::Connection,
    pace::Pace,
    proxy::Proxy,
    rustls::ClientConfig,
    std::{
        collections::HashMap,
        fmt,
        sync::{
            Arc, Mutex, PoisonError,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    },
};

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// After so many exchanges in a row that nobody answered, nobody is asked any more: a run is not to
/// wait half a minute for each of its cases.
const SILENT: usize = 16;
/// How long it may take to find out whether HTTP/2 is spoken.
const PROBE: Duration = Duration::from_secs(5);

/// Where a target listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken there.
    pub https: bool,
    /// Name or address, an IPv6 one without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What stands before every path, without a slash at its end.
    pub prefix: String,
    /// The name that its certificate has to bear, where that is not the host's.
    pub tls_server_name: Option<String>,
    /// What stands between us and it.
    pub proxy: Option<Proxy>,
}

/// An exchange that did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable(pub String);

/// A client of one endpoint. It keeps connections and opens more as they are needed.
pub struct Client {
    endpoint: Endpoint,
    tls: Arc<ClientConfig>,
    idle: Mutex<HashMap<Protocol, Vec<Connection>>>,
    pace: Option<Arc<Pace>>,
    /// How many exchanges in a row were not answered.
    silent: AtomicUsize,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(endpoint: Endpoint, tls: ClientConfig) -> Self {
        let (idle, silent) = (Mutex::default(), AtomicUsize::new(0));
        Self { endpoint, tls: Arc::new(tls), idle, pace: None, silent }
    }

    /// The same, asking no more than so many times a second.
    pub fn limited(self, qps: Option<u32>) -> Self {
        self.at(qps.map(|it| Arc::new(Pace::new(it))))
    }

    /// The same, at a pace that it may share with others.
    pub fn at(self, pace: Option<Arc<Pace>>) -> Self {
        Self { pace, ..self }
    }

    /// Another that shows itself by other means, at the same pace.
    pub fn beside(&self, tls: ClientConfig) -> Self {
        let pace = self.pace.clone();
        Self { pace, ..Self::new(self.endpoint.clone(), tls) }
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// One exchange.
    pub async fn send(&self, request: &Request) -> Result<Answer, Unreachable> {
        if self.silent.load(Ordering::Relaxed) >= SILENT {
            return Err(self.unreachable("it has stopped answering"));
        }
        if let Some(pace) = &self.pace {
            pace.wait().await;
        }
        let exchange = async {
            while let Some(mut idle) = self.take(request.protocol) {
                // A server may have closed it meanwhile; nothing was sent then.
                if let Some(answer) = idle.send(&self.endpoint, request).await? {
                    self.keep(request.protocol, idle);
                    return Ok(answer);
                }
            }
            let mut fresh = self.connect(request.protocol).await?;
            let answer = fresh.send(&self.endpoint, request).await?;
            self.keep(request.protocol, fresh);
            answer.ok_or_else(|| self.unreachable("it closes the connection at once"))
        };
        match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(answer) => {
                self.silent.store(0, Ordering::Relaxed);
                answer
            }
            Err(_) => {
                self.silent.fetch_add(1, Ordering::Relaxed);
                Err(self.unreachable(&format!("no answer within {TIMEOUT:?}")))
            }
        }
    }

    fn unreachable(&self, why: &str) -> Unreachable {
        Unreachable(format!("{}: {why}", self.endpoint))
    }

    /// Whether the target speaks HTTP/2: by ALPN over TLS, else by its greeting.
    pub async fn offers_http2(&self) -> bool {
        let tried = async {
            if !self.endpoint.https {
                return connection::greets_http2(&self.endpoint).await.unwrap_or(false);
            }
            let Ok(connection) = self.connect(Protocol::Http2).await else { return false };
            self.keep(Protocol::Http2, connection);
            true
        };
        tokio::time::timeout(PROBE, tried).await.unwrap_or(false)
    }

    async fn connect(&self, protocol: Protocol) -> Result<Connection, Unreachable> {
        connection::open(&self.endpoint, &self.tls, protocol).await
    }

    fn take(&self, protocol: Protocol) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.entry(protocol).or_default().pop()
    }

    fn keep(&self, protocol: Protocol, connection: Connection) {
        if connection.is_open() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.entry(protocol).or_default().push(connection);
        }
    }
}

impl Endpoint {
    /// Reads `https://host:port/prefix`. What holds a password is not quoted.
    pub fn parse(url: &str) -> Result<Self, String> {
        let shown = if url.contains(['@', '?']) { "the URL" } else { url };
        let uri: http::Uri = url.parse().map_err(|_| format!("{shown} is not a URL"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("{shown} has to begin with https:// or http://")),
        };
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.contains('@') {
            return Err("a URL with a user name or a password in it is not taken".to_owned());
        }
        if uri.query().is_some() {
            return Err("a URL with a query is not taken".to_owned());
        }
        let host = uri.host().ok_or_else(|| format!("{shown} names no host"))?;
        let port = port(&uri).map_err(|port| format!("{shown}: {port} is no port"))?;
        Ok(Self {
            https,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.unwrap_or(if https { 443 } else { 80 }),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            tls_server_name: None,
            proxy: None,
        })
    }

    /// Host and port, as a `Host` header has them.
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.https, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
    }
}

/// The port that a URL names, if it names one. What is no port is no leave to take the usual one.
fn port(uri: &http::Uri) -> Result<Option<u16>, String> {
    let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, it)| it);
    let (_, port) = match place.rsplit_once(']') {
        Some((_, rest)) => rest.split_once(':').unwrap_or(("", "")),
        None => place.split_once(':').unwrap_or((place, "")),
    };
    match port {
        "" => Ok(None),
        _ => port.parse().ok().filter(|it| *it > 0).map(Some).ok_or(port.to_owned()),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        bytes::Bytes,
        tls::Trust,
        tokio::{net::TcpListener, time::Instant},
    };

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stopped_answering_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint =
            Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let client = Client::new(endpoint, tls::config(&Trust::Anybody, None).unwrap());
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            protocol: Protocol::Http1,
        };
        let begun = Instant::now();
        for _ in 0..SILENT {
            assert!(client.send(&request).await.unwrap_err().0.contains("no answer within"));
        }
        let waited = begun.elapsed();
        assert!(client.send(&request).await.unwrap_err().0.contains("stopped answering"));
        assert_eq!(begun.elapsed(), waited);
    }

    #[test]
    fn an_endpoint_reads_and_writes_as_a_url() {
        for url in
            ["https://127.0.0.1:6443", "http://[::1]:8080/clusters/a", "https://example.test"]
        {
            assert_eq!(Endpoint::parse(url).unwrap().to_string(), url);
        }
        assert!(Endpoint::parse("127.0.0.1:6443").is_err());
        for url in ["https://jane:s3cret@x", "jane:s3cret@x:1", "https://x/?token=s3cret"] {
            assert!(!Endpoint::parse(url).unwrap_err().contains("s3cret"), "{url}");
        }
        for port in ["99999", "65536", "0"] {
            let why = Endpoint::parse(&format!("https://[::1]:{port}/a")).unwrap_err();
            assert!(why.ends_with(&format!("{port} is no port")), "{why}");
        }
        assert!(Endpoint::parse("http://127.0.0.1:1").unwrap().is_loopback());
    }
}
