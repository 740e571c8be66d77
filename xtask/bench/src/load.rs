//! The generator of load: requests prepared as bytes, sent over connections that are kept, one
//! request under way on each. It is cheap on purpose, for it shares the cores with the server.

use {
    crate::{Result, answer, cores, tls},
    bytes::BytesMut,
    std::{
        net::SocketAddr,
        sync::{Arc, Barrier},
        thread,
        time::{Duration, Instant},
    },
    tokio::{
        io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
        net::TcpStream,
        runtime,
        task::JoinSet,
    },
};

/// Where to send requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// The socket.
    pub(crate) socket: SocketAddr,
    /// Whether it is https.
    pub(crate) tls: bool,
}

impl Address {
    /// Reads `http://HOST:PORT` or `https://HOST:PORT`; the host is an address.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("no URL: {url}"))?;
        let authority = rest.trim_end_matches('/').replace("localhost", "127.0.0.1");
        Ok(Self { socket: authority.parse()?, tls: scheme == "https" })
    }
}

/// A kind of request, in as many versions as there are; each connection takes them in turn.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// Each a whole HTTP/1.1 request.
    pub(crate) requests: Arc<Vec<Vec<u8>>>,
    /// What every answer has to have, or the figure is of something else.
    pub(crate) status: u16,
}

/// Until when a connection goes on.
#[derive(Debug, Clone, Copy)]
enum Until {
    Time(Duration),
    /// Every request once, divided among the connections.
    Done,
}

/// Answers a second over so many connections in so much time.
pub(crate) fn rate(
    address: Address,
    work: &Work,
    connections: usize,
    time: Duration,
) -> Result<f64> {
    let (count, took) = spread(address, work, connections, Until::Time(time))?;
    Ok(count as f64 / took.as_secs_f64())
}

/// Sends every request once.
pub(crate) fn send_all(address: Address, work: &Work, connections: usize) -> Result {
    spread(address, work, connections, Until::Done).map(drop)
}

/// Sends one request over a connection of its own, and gives back the answer's bytes.
pub(crate) fn ask(address: Address, request: &[u8]) -> Result<Vec<u8>> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let length = connection.exchange(request).await?;
        Ok(connection.buffer[..length].to_owned())
    })
}

/// Divides the connections among the cores, starts them together, and adds up what they did.
fn spread(
    address: Address,
    work: &Work,
    connections: usize,
    until: Until,
) -> Result<(usize, Duration)> {
    let threads = cores().min(connections);
    let barrier = Arc::new(Barrier::new(threads));
    let handles: Vec<_> = (0..threads)
        .map(|thread| {
            let share: Vec<usize> = (thread..connections).step_by(threads).collect();
            let (work, barrier) = (work.clone(), Arc::clone(&barrier));
            thread::spawn(move || drive(address, &work, &share, connections, until, &barrier))
        })
        .collect();
    let (mut total, mut longest) = (0, Duration::ZERO);
    for handle in handles {
        let (count, took) = handle.join().map_err(|_| "a thread of the generator panicked")??;
        (total, longest) = (total + count, longest.max(took));
    }
    Ok((total, longest))
}

/// Runs one thread's share of the connections, each known by its number.
fn drive(
    address: Address,
    work: &Work,
    share: &[usize],
    connections: usize,
    until: Until,
    barrier: &Barrier,
) -> Result<(usize, Duration)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut open = Vec::new();
        for &number in share {
            open.push((number, Connection::open(address).await));
        }
        // Every thread comes here, or the others would wait for it for ever.
        barrier.wait();
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for (number, connection) in open {
            let work = work.clone();
            tasks.spawn(async move {
                connection?.repeat(&work, number, connections, start, until).await
            });
        }
        let mut total = 0;
        while let Some(count) = tasks.join_next().await {
            total += count??;
        }
        Ok((total, start.elapsed()))
    })
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Connection {
    stream: Box<dyn Stream>,
    buffer: BytesMut,
}

impl Connection {
    async fn open(address: Address) -> Result<Self> {
        let stream = TcpStream::connect(address.socket).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = if address.tls {
            let name = rustls_pki_types::ServerName::try_from("localhost")?;
            Box::new(tls::connector()?.connect(name, stream).await?)
        } else {
            Box::new(stream)
        };
        Ok(Self { stream, buffer: BytesMut::with_capacity(16 << 10) })
    }

    /// Sends a request and waits for its answer, whose length it gives back.
    async fn exchange(&mut self, request: &[u8]) -> Result<usize> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(length) = answer::length(&self.buffer) {
                return Ok(length);
            }
        }
    }

    /// Sends requests in turn, beginning at the connection's own, and counts the answers.
    async fn repeat(
        mut self,
        work: &Work,
        number: usize,
        connections: usize,
        start: Instant,
        until: Until,
    ) -> Result<usize> {
        let (mut count, mut next) = (0, number);
        loop {
            let over = match until {
                Until::Time(time) => start.elapsed() >= time,
                Until::Done => next >= work.requests.len(),
            };
            if over {
                return Ok(count);
            }
            let request = &work.requests[next % work.requests.len()];
            let length = self.exchange(request).await?;
            if answer::status(&self.buffer) != work.status {
                let text = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
                return Err(format!("expected status {}, got {text}", work.status).into());
            }
            (count, next) = (count + 1, next + connections);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_whether_over_tls() {
        let address = Address::parse("https://localhost:8443/").unwrap();
        let socket = "127.0.0.1:8443".parse().unwrap();
        assert_eq!(address, Address { socket, tls: true });
    }
}
