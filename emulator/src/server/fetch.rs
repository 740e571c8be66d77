//! Documents of foreign issuers, over https only: small, soon, or not at all.

use {
    crate::api::{Document, Unfetched},
    bytes::Bytes,
    http::{
        HeaderMap, Request, StatusCode, Uri,
        header::{ACCEPT, CACHE_CONTROL, HOST, LOCATION, USER_AGENT},
    },
    http_body_util::{BodyExt, Empty, LengthLimitError, Limited},
    hyper::{body::Incoming, client::conn::http1},
    hyper_util::rt::TokioIo,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, version},
    rustls_pki_types::{CertificateDer, ServerName, pem::PemObject},
    std::{
        sync::{Arc, OnceLock},
        time::Duration,
    },
    tokio::{net::TcpStream, time::timeout},
    tokio_rustls::TlsConnector,
};

/// How long a document may take, redirects included.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a document may be, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// The longest that a document is kept, whatever its server says.
const LONGEST_KEPT: Duration = Duration::from_secs(3600);

/// How many redirects are followed.
const REDIRECT_LIMIT: usize = 3;

/// Gets documents over https.
#[derive(Debug)]
pub struct Fetcher {
    issuer_ca: Option<String>,
    own_ca: String,
    // Reading the system's certificates takes a while, and most emulators never fetch.
    connector: OnceLock<Result<Connector, String>>,
}

#[derive(Clone)]
struct Connector(TlsConnector);

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

enum Reply {
    Document(Document),
    Redirect(Uri),
}

impl Fetcher {
    /// One that trusts `issuer_ca` (PEM), or else the system's authorities; and always the
    /// emulator's own, so that it can read what it publishes itself.
    pub fn new(issuer_ca: Option<String>, own_ca: String) -> Self {
        Self { issuer_ca, own_ca, connector: OnceLock::new() }
    }

    /// The body of a document, or why there is none.
    pub async fn fetch(&self, url: &str) -> Result<Document, Unfetched> {
        let uri = url.parse::<Uri>().map_err(|error| Unfetched::Url(error.to_string()))?;
        timeout(PATIENCE, self.follow(uri)).await.unwrap_or(Err(Unfetched::TooSlow))
    }

    async fn follow(&self, mut uri: Uri) -> Result<Document, Unfetched> {
        for _ in 0..=REDIRECT_LIMIT {
            match self.get(&uri).await? {
                Reply::Document(document) => return Ok(document),
                Reply::Redirect(to) => uri = to,
            }
        }
        Err(Unfetched::TooManyRedirects)
    }

    async fn get(&self, uri: &Uri) -> Result<Reply, Unfetched> {
        let url = |why: &str| Unfetched::Url(why.to_owned());
        if uri.scheme_str() != Some("https") {
            return Err(url("only https is fetched"));
        }
        let authority = uri.authority().ok_or_else(|| url("the URL has no host"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = authority.port_u16().unwrap_or(443);
        let name =
            ServerName::try_from(host.to_owned()).map_err(|error| url(&error.to_string()))?;
        let connector = self.connector.get_or_init(|| self.connect_with()).clone();
        let connector = connector.map_err(Unfetched::Unreachable)?;
        let stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
        let stream = connector.0.connect(name, stream).await.map_err(unreachable)?;
        let handshake = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(unreachable)?;
        let exchange = async {
            let request = request(uri, authority.as_str()).map_err(unreachable)?;
            let response = sender.send_request(request).await.map_err(unreachable)?;
            read(uri, response).await
        };
        // The connection is driven here and dropped with the answer: no task outlives the fetch.
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            reply = &mut exchange => reply,
            ended = connection => match ended {
                Ok(()) => exchange.await,
                Err(error) => Err(unreachable(error)),
            },
        }
    }

    fn connect_with(&self) -> Result<Connector, String> {
        let mut roots = RootCertStore::empty();
        add(&mut roots, &self.own_ca)?;
        match &self.issuer_ca {
            Some(pem) => add(&mut roots, pem)?,
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Connector(TlsConnector::from(Arc::new(config))))
    }
}

/// Adds the certificates of a PEM file; there has to be one.
fn add(roots: &mut RootCertStore, pem: &str) -> Result<(), String> {
    let certificates = certificates(pem)?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 { Err("no certificate can be used".to_owned()) } else { Ok(()) }
}

/// The certificates of a PEM file.
pub fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("the file is not PEM: {error}"))?;
    if certificates.is_empty() {
        let allowed = "allowed are certificates in PEM (BEGIN CERTIFICATE)";
        return Err(format!("the file holds no certificate; {allowed}"));
    }
    Ok(certificates)
}

fn unreachable(error: impl std::fmt::Display) -> Unfetched {
    Unfetched::Unreachable(error.to_string())
}

fn request(uri: &Uri, host: &str) -> Result<Request<Empty<Bytes>>, http::Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Request::get(path)
        .header(HOST, host)
        .header(ACCEPT, "application/json, */*")
        .header(USER_AGENT, concat!("token-emulator/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())
}

async fn read(from: &Uri, response: http::Response<Incoming>) -> Result<Reply, Unfetched> {
    let status = response.status();
    if status.is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let to = location.and_then(|to| resolve(from, to));
        return to.map(Reply::Redirect).ok_or(Unfetched::Status(status.as_u16()));
    } else if status != StatusCode::OK {
        return Err(Unfetched::Status(status.as_u16()));
    }
    let keep = keep(response.headers());
    match Limited::new(response.into_body(), SIZE_LIMIT).collect().await {
        Ok(body) => Ok(Reply::Document(Document { body: body.to_bytes(), keep })),
        Err(error) if error.is::<LengthLimitError>() => Err(Unfetched::TooLarge),
        Err(error) => Err(unreachable(error)),
    }
}

/// For how long a document may be kept: as its server says, and not at all when it says nothing.
fn keep(headers: &HeaderMap) -> Duration {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut keep = Duration::ZERO;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Duration::ZERO,
            "max-age" => keep = Duration::from_secs(value.trim_matches('"').parse().unwrap_or(0)),
            _ => {}
        }
    }
    keep.min(LONGEST_KEPT)
}

/// Where a redirect leads: an absolute URL, or a path on the same host.
fn resolve(from: &Uri, to: &str) -> Option<Uri> {
    if !to.starts_with('/') || to.starts_with("//") {
        return to.parse().ok();
    }
    Uri::builder()
        .scheme("https")
        .authority(from.authority()?.clone())
        .path_and_query(to)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("/b?c=d", Some("https://host:1/b?c=d"))]
    #[case("https://other/b", Some("https://other/b"))]
    #[case("http://other/b", Some("http://other/b"))]
    #[case("", None)]
    fn a_redirect_is_absolute_or_stays_on_the_host(
        #[case] to: &str,
        #[case] expected: Option<&str>,
    ) {
        let resolved = resolve(&Uri::from_static("https://host:1/a"), to);
        assert_eq!(resolved.map(|uri| uri.to_string()).as_deref(), expected);
    }

    #[rstest]
    #[case(&[], 0)]
    #[case(&["public, max-age=60"], 60)]
    #[case(&["public", "Max-Age=\"60\""], 60)]
    #[case(&["max-age=86400"], 3600)]
    #[case(&["max-age=60, no-cache"], 0)]
    #[case(&["max-age=soon"], 0)]
    fn a_document_is_kept_as_its_server_says(#[case] lines: &[&'static str], #[case] seconds: u64) {
        let lines = lines.iter().map(|line| (CACHE_CONTROL, http::HeaderValue::from_static(line)));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        assert_eq!(keep(&headers), Duration::from_secs(seconds));
    }

    #[test]
    fn a_file_without_certificates_says_so() {
        let error = certificates("nothing").unwrap_err();
        assert!(error.starts_with("the file holds no certificate; allowed are"), "{error}");
    }
}
