//! A client of HTTP/1.1 that keeps its connection.

use {
    crate::Result,
    std::{
        error::Error,
        io::{self, Read, Write},
        net::TcpStream,
        thread,
        time::{Duration, Instant},
    },
    token_launch::Server,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long after the end of a connection its reset may come.
const RESET: Duration = Duration::from_secs(1);

/// Where to ask, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) token: String,
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read behind an answer.
    rest: Vec<u8>,
    /// Whether anything came since the last request was sent.
    has_begun: bool,
}

/// An answer: its status and its body.
pub(crate) type Answer = (u16, Vec<u8>);

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        Self { address: server.address().to_owned(), token: server.token().to_owned() }
    }

    pub(crate) fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, rest: Vec::new(), has_begun: false })
    }

    /// A request as bytes.
    pub(crate) fn request(&self, method: &str, target: &str, body: &str) -> Vec<u8> {
        let Self { token, .. } = self;
        format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// Asks on a connection of its own.
    pub(crate) fn ask(&self, method: &str, target: &str, body: &str) -> Result<Answer> {
        self.connect()?.ask(&self.request(method, target, body))
    }

    /// The same, where only one status will do; the body of the answer.
    pub(crate) fn wanted(
        &self,
        status: u16,
        method: &str,
        target: &str,
        body: &str,
    ) -> Result<Vec<u8>> {
        match self.ask(method, target, body) {
            Ok((found, answer)) if found == status => Ok(answer),
            Ok((found, answer)) => {
                let answer = String::from_utf8_lossy(&answer);
                Err(format!("{method} {target} is answered {found}: {answer}").into())
            }
            Err(error) => Err(format!("{method} {target} is not answered: {error}").into()),
        }
    }
}

impl Connection {
    /// Sends a request and reads its answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.send(request)?;
        self.answer()
    }

    /// Sends without a wait for the answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result {
        self.has_begun = false;
        Ok(self.stream.write_all(request)?)
    }

    /// Whether the server closed the connection without having read the whole last request, of which
    /// this error came. Then the kernel resets the connection, at once or a moment after its end;
    /// where all was read it only ends.
    pub(crate) fn is_unread(&self, error: &(dyn Error + 'static)) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, TimedOut, WouldBlock};
        if self.has_begun {
            return false;
        }
        match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(BrokenPipe | ConnectionReset) => true,
            Some(TimedOut | WouldBlock) => false,
            _ => self.is_reset_soon(),
        }
    }

    fn is_reset_soon(&self) -> bool {
        let end = Instant::now() + RESET;
        loop {
            if !matches!(self.stream.take_error(), Ok(None)) {
                return true;
            }
            if Instant::now() > end {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Reads the head of an answer, in lower case, and its status.
    pub(crate) fn head(&mut self) -> Result<(u16, String)> {
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            self.read()?;
        };
        let head: Vec<u8> = self.rest.drain(..end).collect();
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or("an answer without a status")?, head))
    }

    /// Reads an answer, whose body has a length or comes in chunks.
    pub(crate) fn answer(&mut self) -> Result<Answer> {
        let (status, head) = self.head()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if let Some(length) = length {
            return Ok((status, self.exactly(length.trim().parse()?)?));
        }
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let length = usize::from_str_radix(line.trim(), 16)?;
            body.extend(self.exactly(length)?);
            self.line()?;
            if length == 0 {
                return Ok((status, body));
            }
        }
    }

    fn line(&mut self) -> Result<String> {
        loop {
            if let Some(at) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=at).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.read()?;
        }
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.rest.len() < length {
            self.read()?;
        }
        Ok(self.rest.drain(..length).collect())
    }

    fn read(&mut self) -> Result {
        let mut piece = [0; 16 << 10];
        match self.stream.read(&mut piece)? {
            0 => Err("the connection ended".into()),
            length => {
                self.has_begun = true;
                self.rest.extend_from_slice(&piece[..length]);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, std::net::TcpListener};

    /// Whether a request counts as not read by a server that reads so many bytes of it, writes this
    /// and closes.
    fn is_unread(length: usize, answer: &[u8]) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = Client { address, token: String::new() };
        let mut connection = client.connect().unwrap();
        let request = client.request("GET", "/", "");
        connection.send(&request).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut vec![0; length.min(request.len())]).unwrap();
        stream.write_all(answer).unwrap();
        drop(stream);
        let error = connection.answer().unwrap_err();
        connection.is_unread(&*error)
    }

    #[test]
    fn a_request_that_was_read_and_not_answered_whole_is_lost() {
        assert!(!is_unread(usize::MAX, b""));
        assert!(!is_unread(usize::MAX, b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n{"));
    }

    #[test]
    fn a_request_that_was_not_read_is_not_lost() {
        assert!(is_unread(0, b""));
    }

    #[test]
    fn a_request_that_comes_after_the_end_is_not_lost() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = Client { address, token: String::new() };
        let mut connection = client.connect().unwrap();
        drop(listener.accept().unwrap());
        let request = client.request("GET", "/", "");
        let error = connection.ask(&request).unwrap_err();
        assert!(connection.is_unread(&*error), "{error}");
    }
}
