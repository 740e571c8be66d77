//! TLS for both ends: a certificate made on the spot, and a client that takes any. What is
//! measured is speed, and a handshake happens once a connection.

use {
    crate::Result,
    rustls::{
        ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
    },
    rustls_pki_types::PrivateKeyDer,
    std::sync::Arc,
    token_conformance::client::tls::{self, Trust},
    tokio_rustls::{TlsAcceptor, TlsConnector},
};

/// A client that takes any certificate, and speaks HTTP/1.1.
pub(crate) fn connector() -> Result<TlsConnector> {
    let mut config = tls::config(&Trust::Anybody, None)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A server with a certificate of its own.
pub(crate) fn acceptor() -> Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
