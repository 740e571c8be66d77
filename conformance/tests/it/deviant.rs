//! A server that lies in one thing: it stands before an emulator, passes everything on, and alters
//! the answers to what the suite judges. What the suite makes beforehand goes through untouched.

use {
    crate::emulator,
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    serde_json::Value,
    std::{
        io::{Read, Write},
        net::TcpStream,
    },
    token_emulator::Emulator,
    wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any},
};

/// One lie.
pub(crate) type Lie = fn(&mut Reply);

/// An answer that a lie may alter.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The body of what it answers.
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Stands before the shared emulator.
struct Deviant(Lie);

/// Starts a liar.
pub(crate) async fn start(lie: Lie) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Deviant(lie)).mount(&server).await;
    server
}

impl Respond for Deviant {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut reply = forward(&emulator::shared().emulator, request);
        // Only what is judged says who it is; the rest is preparation.
        if request.headers.contains_key("user-agent") {
            (self.0)(&mut reply);
        }
        let mut response = ResponseTemplate::new(reply.status);
        for (name, value) in &reply.headers {
            response = response.append_header(name.as_str(), value.as_str());
        }
        let media_type = reply.header("content-type").unwrap_or_default();
        response.set_body_raw(reply.body, &media_type)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone())
    }

    /// Sets a header, or drops it.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(it, _)| it != name);
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Alters the body.
    pub(crate) fn json(&mut self, alter: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = serde_json::from_slice(&self.body) {
            alter(&mut body);
            self.body = body.to_string().into_bytes();
        }
    }

    /// Alters the token's header and claims, and signs it again with the server's own key, as a
    /// server that lies would.
    pub(crate) fn token(&mut self, alter: impl FnOnce(&mut Value, &mut Value)) {
        self.json(|body| {
            let Some(token) = body["status"]["token"].as_str() else { return };
            let parts: Vec<Value> = token
                .split('.')
                .take(2)
                .map(|it| {
                    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(it).unwrap()).unwrap()
                })
                .collect();
            let (mut header, mut claims) = (parts[0].clone(), parts[1].clone());
            alter(&mut header, &mut claims);
            let encode = |it: &Value| BASE64_URL_SAFE_NO_PAD.encode(it.to_string());
            let signed = format!("{}.{}", encode(&header), encode(&claims));
            let keys = emulator::shared().emulator.world().keys.get();
            let signature = BASE64_URL_SAFE_NO_PAD.encode(keys.signing.sign(signed.as_bytes()));
            body["status"]["token"] = format!("{signed}.{signature}").into();
        });
    }
}

/// One exchange with the emulator, over plain HTTP/1.0, in which bodies come whole.
fn forward(emulator: &Emulator, request: &Request) -> Reply {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    let mut path = request.url.path().to_owned();
    if let Some(query) = request.url.query() {
        path = format!("{path}?{query}");
    }
    let mut head =
        format!("{} {path} HTTP/1.0\r\nhost: deviant\r\nconnection: close\r\n", request.method);
    for (name, value) in &request.headers {
        if !matches!(name.as_str(), "host" | "connection" | "content-length" | "transfer-encoding")
        {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    Reply { request: request.body.clone(), ..read(&answer) }
}

fn read(answer: &[u8]) -> Reply {
    let at = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..at].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .filter(|(name, _)| !matches!(name.as_str(), "content-length" | "connection"))
        .collect();
    Reply { request: Vec::new(), status, headers, body: answer[at + 4..].to_vec() }
}
