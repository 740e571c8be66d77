//! A raw HTTP/1.1 client: whatever bytes it is given are sent.

use {
    crate::Result,
    rustls::{
        ClientConfig, ClientConnection, RootCertStore, StreamOwned,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
    std::{
        fs,
        io::{
            BufRead, BufReader,
            ErrorKind::{TimedOut, WouldBlock},
            Read, Write,
        },
        net::TcpStream,
        path::Path,
        sync::Arc,
        time::Duration,
    },
};

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a server that was sent odd bytes is waited for before it is told that it got all.
const SILENCE: Duration = Duration::from_millis(700);

type Stream = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// An answer as it came, its body put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// The status; 0 when the server hung up.
    pub(crate) status: u16,
    /// What the status is called.
    pub(crate) phrase: String,
    /// The headers, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The values of a header.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A connection to one server, made again when it is lost.
pub(crate) struct Client {
    /// Host and port.
    pub(crate) address: String,
    config: Arc<ClientConfig>,
    stream: Option<Stream>,
}

impl Client {
    /// A client of an https URL.
    pub(crate) fn new(url: &str, ca_file: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&fs::read(ca_file)?) {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let address = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
        Ok(Self { address, config: Arc::new(config), stream: None })
    }

    /// Sends a request and reads its answer; a connection that the server closed is made again.
    pub(crate) fn send(&mut self, request: &[u8], method: &str) -> Result<Answer> {
        let fresh = self.stream.is_none();
        match self.exchange(request, method) {
            Err(_) if !fresh => {
                self.stream = None;
                self.exchange(request, method)
            }
            other => other,
        }
        .or_else(|_| {
            self.stream = None;
            Ok(Answer::default())
        })
    }

    /// Sends bytes on a connection of their own, and reads what comes first. What waits for more is
    /// told by a status of 0; to end it is to end a race.
    pub(crate) fn wire(&self, bytes: &[u8], method: &str) -> Result<Answer> {
        let mut stream = self.connect()?;
        stream.get_ref().sock.set_read_timeout(Some(SILENCE))?;
        let inner = stream.get_mut();
        // A server may answer and hang up before it has read everything.
        let _ = inner.write_all(bytes).and_then(|()| inner.flush());
        let waits = |error: &std::io::Error| matches!(error.kind(), WouldBlock | TimedOut);
        if stream.fill_buf().is_err_and(|error| waits(&error)) {
            return Ok(Answer { phrase: "waits".to_owned(), ..Answer::default() });
        }
        Ok(read(&mut stream, method).map(|(answer, _)| answer).unwrap_or_default())
    }

    fn exchange(&mut self, request: &[u8], method: &str) -> Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        // A server may answer and hang up before it has read everything.
        let sent = stream.get_mut().write_all(request).and_then(|()| stream.get_mut().flush());
        let (answer, open) = read(&mut stream, method)?;
        if open && sent.is_ok() {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    fn connect(&self) -> Result<Stream> {
        let socket = TcpStream::connect(&self.address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::try_from("127.0.0.1")?;
        let connection = ClientConnection::new(Arc::clone(&self.config), name)?;
        Ok(BufReader::new(StreamOwned::new(connection, socket)))
    }
}

/// An answer, and whether the connection stays.
fn read(stream: &mut Stream, method: &str) -> Result<(Answer, bool)> {
    let line = line(stream)?;
    let mut parts = line.splitn(3, ' ').skip(1);
    let status = parts.next().and_then(|code| code.parse().ok()).ok_or("no status")?;
    let phrase = parts.next().unwrap_or("").to_owned();
    let mut answer = Answer { status, phrase, ..Answer::default() };
    loop {
        let line = self::line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        answer.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    if status == 100 {
        return read(stream, method);
    }
    let mut open = answer.header("connection") != Some("close");
    if method == "HEAD" || matches!(status, 204 | 304) {
        return Ok((answer, open));
    }
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = chunks(stream)?;
    } else if let Some(length) = length {
        answer.body = vec![0; length];
        stream.read_exact(&mut answer.body)?;
    } else {
        open = false;
        // The end may come without a farewell.
        let _ = stream.read_to_end(&mut answer.body);
    }
    Ok((answer, open))
}

fn chunks(stream: &mut Stream) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(stream)?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16)?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn line(stream: &mut Stream) -> Result<String> {
    let mut bytes = Vec::new();
    if stream.read_until(b'\n', &mut bytes)? == 0 {
        return Err("the server hung up".into());
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}
