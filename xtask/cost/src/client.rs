//! A client of HTTP/1.1 that asks one thing on a connection.

use {
    crate::Result,
    serde_json::Value,
    std::{
        io::{Read, Write},
        net::TcpStream,
    },
};

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// One without a body.
    pub(crate) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// One whose body is JSON.
    pub(crate) fn json(method: &'static str, target: impl Into<String>, body: &Value) -> Self {
        Self::new(method, target).with("Content-Type", "application/json").body(body.to_string())
    }

    /// The same with another header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with another body.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }
}

/// Asks an emulator, as one who may do anything.
pub(crate) struct Client {
    address: String,
    token: String,
}

impl Client {
    pub(crate) fn new(address: &str, token: &str) -> Self {
        Self { address: address.to_owned(), token: token.to_owned() }
    }

    /// The status of an answer, and its body as it came.
    pub(crate) fn ask(&self, request: &Request) -> Result<(u16, String)> {
        let Request { method, target, headers, body } = request;
        let mut head =
            format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Authorization") {
            head.push_str(&format!("Authorization: Bearer {}\r\n", self.token));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or("an answer without a status")?, answer))
    }

    /// Asks for something that has to succeed.
    pub(crate) fn prepare(&self, request: &Request) -> Result<String> {
        match self.ask(request)? {
            (200..300, answer) => Ok(answer),
            (status, answer) => {
                let shown: String = answer.chars().take(2000).collect();
                Err(format!("{} {}: {status}\n{shown}", request.method, request.target).into())
            }
        }
    }
}
