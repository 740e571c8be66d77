//! The listener: takes connections in, and lets them finish when the server is told to stop.

use {
    crate::server::{Context, connection},
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

/// How long open connections get to finish what they are at.
const GRACE: Duration = Duration::from_millis(300);

/// Serves connections until `stop` is ready, and then what is under way, for a third of a second.
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
        let served = connection::serve(Arc::clone(&context), tls.clone(), stream, stopping.clone());
        tokio::spawn(served);
    }
    drop((listener, stopping));
    // Those who watch are told that it is over; they would wait for ever.
    context.world.objects.close();
    stopped.send_replace(());
    // Whoever is not done by then is cut off when the runtime ends.
    let _ = timeout(GRACE, stopped.closed()).await;
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
