//! A client of HTTP/1.1 that keeps its connection.

use {
    crate::Result,
    std::{
        io::{Read, Write},
        net::TcpStream,
        time::Duration,
    },
    token_launch::Server,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

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
        Ok(Connection { stream, rest: Vec::new() })
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
        self.stream.write_all(request)?;
        self.answer()
    }

    /// Sends without a wait for the answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result {
        Ok(self.stream.write_all(request)?)
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
                self.rest.extend_from_slice(&piece[..length]);
                Ok(())
            }
        }
    }
}
