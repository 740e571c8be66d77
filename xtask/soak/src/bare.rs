//! A server that does nothing, in a process of its own, to compare with: what it takes to be
//! answered under this load at all.

use {
    crate::Result,
    std::{
        env,
        io::{self, BufRead, BufReader, Read, Write},
        net::TcpListener,
        process::{Child, Command, Stdio},
        thread,
    },
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// Serves until its standard input ends, as it does when the program that started it has ended.
pub(crate) fn serve() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    // An error ends it, and what it does not answer is counted.
    thread::spawn(move || accept(&listener));
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn accept(listener: &TcpListener) -> io::Result<()> {
    for stream in listener.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        thread::spawn(move || {
            let mut request = [0; 4096];
            // The only client sends one small request at a time.
            while stream.read(&mut request).is_ok_and(|length| length > 0) {
                if stream.write_all(ANSWER).is_err() {
                    break;
                }
            }
        });
    }
    Ok(())
}

/// A running one; killed when dropped.
pub(crate) struct Bare {
    child: Child,
    pub(crate) address: String,
}

impl Bare {
    pub(crate) fn start() -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let mut child = command.arg("bare").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut address)?;
        }
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
