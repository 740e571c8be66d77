//! The limit of a figure: a bare hyper server that reads the request to its end and answers
//! every one with the same bytes. Its settings are the emulator's, as far as they show on the wire,
//! and nothing slows it that the emulator does without, such as a timer for each request.

use {
    crate::{Result, answer::Answer, tls},
    bytes::Bytes,
    http::{Request, Response},
    http_body_util::{BodyExt, Either, Full},
    hyper::{
        body::{Body, Frame, Incoming},
        server::conn::http1,
        service::service_fn,
    },
    hyper_util::rt::TokioIo,
    std::{
        convert::Infallible,
        io::Write,
        path::Path,
        pin::Pin,
        sync::Arc,
        task::{Context, Poll},
    },
    tokio::{
        io::{AsyncRead, AsyncWrite},
        net::TcpListener,
    },
};

/// Serves one answer until the process is ended; prints the URL first.
pub(crate) fn run(answer: &Path, tls: bool) -> Result {
    let answer = Answer::parse(&std::fs::read(answer)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(Arc::new(prepared(&answer)?), tls))
}

async fn serve(answer: Arc<Prepared>, tls: bool) -> Result {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let acceptor = if tls { Some(tls::acceptor()?) } else { None };
    let scheme = if tls { "https" } else { "http" };
    println!("{scheme}://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (answer, acceptor) = (Arc::clone(&answer), acceptor.clone());
        tokio::spawn(async move {
            // How a connection ended is of interest to the generator alone, and it will say so.
            match acceptor {
                None => drop(speak(stream, answer).await),
                Some(acceptor) => {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    drop(speak(stream, answer).await);
                }
            }
        });
    }
}

async fn speak<S>(stream: S, answer: Arc<Prepared>) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let answer = Arc::clone(&answer);
        async move { respond(request, &answer).await }
    });
    let mut http1 = http1::Builder::new();
    http1.title_case_headers(true).half_close(true);
    http1.serve_connection(TokioIo::new(stream), service).await
}

/// The answer, ready to be given.
struct Prepared {
    status: http::StatusCode,
    headers: http::HeaderMap,
    body: Bytes,
    chunked: bool,
}

fn prepared(answer: &Answer) -> Result<Prepared> {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &answer.headers {
        headers.append(http::HeaderName::try_from(name)?, http::HeaderValue::try_from(value)?);
    }
    let status = http::StatusCode::from_u16(answer.status)?;
    let body = Bytes::from(answer.body.clone());
    Ok(Prepared { status, headers, body, chunked: answer.chunked })
}

async fn respond(
    request: Request<Incoming>,
    answer: &Prepared,
) -> hyper::Result<Response<Either<Full<Bytes>, Unsized>>> {
    request.into_body().collect().await?;
    let body = answer.body.clone();
    let body = if answer.chunked {
        Either::Right(Unsized(Some(body)))
    } else {
        Either::Left(Full::new(body))
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers.clone();
    Ok(response)
}

/// A body that does not say how long it is, so that it goes out in chunks.
struct Unsized(Option<Bytes>);

impl Body for Unsized {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}
