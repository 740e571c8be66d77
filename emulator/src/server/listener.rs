//! The listener: takes connections in, and lets them finish when the server is told to stop.

use {
    crate::server::{Context, connection},
    socket2::{SockRef, TcpKeepalive},
    std::{future::Future, io, sync::Arc, time::Duration},
    tokio::{
        net::{TcpListener, TcpStream},
        sync::watch,
        time::{sleep, timeout},
    },
    tokio_rustls::TlsAcceptor,
};

/// How long to wait after the system refused a connection, most often for want of descriptors.
const BACKOFF: Duration = Duration::from_millis(100);

/// How long a connection is silent before the system asks whether the client is still there, and how
/// long it waits until it asks again.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long open connections get to send what is written, and to send what is half read.
const GRACE: Duration = Duration::from_millis(300);

/// How long a request that was read is waited for, when a fault delays its answer.
const LONGEST_GRACE: Duration = Duration::from_secs(5);

/// Serves connections until `stop` is ready, and then what is under way: requests that were read for
/// five seconds, all else for a third of a second.
pub async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    context: Arc<Context>,
    stop: impl Future<Output = ()>,
) {
    let (stopped, stopping) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            () = &mut stop => break,
        };
        keep_alive(&stream);
        let served = connection::serve(Arc::clone(&context), tls.clone(), stream, stopping.clone());
        tokio::spawn(served);
    }
    drop((listener, stopping));
    // Those who watch are told that it is over; they would wait for ever.
    context.world.objects.close();
    stopped.send_replace(());
    // What is not done by then is cut off when the runtime ends.
    tokio::select! {
        () = stopped.closed() => {}
        () = linger(&context) => {}
    }
}

/// Waits for the answers to all requests that were read, and for what sends them.
async fn linger(context: &Context) {
    sleep(GRACE).await;
    if context.under_way.receiver_count() > 0 {
        let _ = timeout(LONGEST_GRACE - GRACE, context.under_way.closed()).await;
        sleep(GRACE).await;
    }
}

/// Has the system look after a client that sends nothing: one whose machine is gone never ends its
/// connection. Source: go `net/dial.go`, `defaultTCPKeepAliveIdle` and its like.
fn keep_alive(stream: &TcpStream) {
    let keep_alive =
        TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE).with_retries(9);
    // An error here means that the client has gone, which the first read will say again.
    let _ = SockRef::from(stream).set_tcp_keepalive(&keep_alive);
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_the_clients(&error) => {}
            Err(_) => sleep(BACKOFF).await,
        }
    }
}

/// Whether only one client is concerned, and the next can be taken at once.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
