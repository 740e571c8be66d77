//! What the client trusts, and how it shows itself.

use {
    rustls::{
        CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error,
        InconsistentKeys, RootCertStore, SignatureScheme,
        client::{
            WantsClientCert, WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
            verify_server_name,
        },
        crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs},
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
        server::ParsedCertificate,
        sign::{CertifiedKey, SingleCertAndKey},
    },
    std::sync::Arc,
};

/// Whom to trust.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Whom the system trusts.
    System,
    /// These certificates (PEM) and what they signed.
    Authorities(Vec<u8>),
    /// Anybody (`--insecure-skip-tls-verify`).
    Anybody,
}

/// A client certificate with its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The chain.
    pub certificates: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

/// The TLS side of a client.
pub fn config(trust: &Trust, identity: Option<&Identity>) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match trust {
        Trust::System => builder.with_root_certificates(system()),
        Trust::Authorities(pem) => {
            let pinned = Pinned::new(certificates(pem)?, roots(pem)?, &provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned))
        }
        Trust::Anybody => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody::new(&provider)))
        }
    };
    show(builder, identity, &provider)
}

/// What a certificate says of itself is the server's to judge: one of the first version, as openssl
/// makes them unless told otherwise, is shown as any other.
fn show(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: Option<&Identity>,
    provider: &CryptoProvider,
) -> Result<ClientConfig, String> {
    let Some(identity) = identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&identity.certificates)?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|error| format!("the client key cannot be read: {error}"))?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| format!("the client key cannot be used: {error}"))?;
    let certified = CertifiedKey::new(chain, key);
    if let Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) = certified.keys_match() {
        return Err("the client key is not that of the client certificate".to_owned());
    }
    Ok(builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified))))
}

/// What cannot be read is left out: a server that needs it will not be trusted.
fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots
            .add(certificate)
            .map_err(|error| format!("a certificate authority cannot be used: {error}"))?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("a certificate cannot be read: {error}"))?;
    if certificates.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(certificates)
}

/// Believes what the authorities signed, and an authority that is itself the server: a certificate
/// that signed itself, as openssl makes them, is one.
#[derive(Debug)]
struct Pinned {
    authorities: Vec<CertificateDer<'static>>,
    usual: Arc<WebPkiServerVerifier>,
}

impl Pinned {
    fn new(
        authorities: Vec<CertificateDer<'static>>,
        roots: RootCertStore,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let (roots, provider) = (Arc::new(roots), Arc::clone(provider));
        let usual = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
        Ok(Self { authorities, usual: usual.map_err(|error| error.to_string())? })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.usual.verify_server_cert(certificate, intermediates, name, ocsp, now);
        let Err(Error::InvalidCertificate(CertificateError::Other(why))) = &verified else {
            return verified;
        };
        let is_authority = why.to_string().contains("CaUsedAsEndEntity");
        if is_authority && self.authorities.contains(certificate) {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// Believes every certificate, but still wants the handshake signed by it.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl Anybody {
    fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair},
    };

    /// A certificate that signed itself, as openssl makes them.
    fn self_signed() -> (String, CertificateDer<'static>) {
        let mut params = CertificateParams::new(vec!["kube.test".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        (certificate.pem(), certificate.der().clone())
    }

    #[test]
    fn a_server_that_signed_itself_is_believed_where_it_is_named() {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (pem, der) = self_signed();
        let verify = |pem: &str, name: &'static str| {
            let pem = pem.as_bytes();
            let pinned = Pinned::new(certificates(pem).unwrap(), roots(pem).unwrap(), &provider);
            let name = ServerName::try_from(name).unwrap();
            pinned.unwrap().verify_server_cert(&der, &[], &name, &[], UnixTime::now()).is_ok()
        };
        assert!(verify(&pem, "kube.test"));
        assert!(!verify(&pem, "other.test"));
        assert!(!verify(&self_signed().0, "kube.test"));
    }

    #[test]
    fn a_key_belongs_to_its_certificate() {
        let [one, other] = [(); 2].map(|()| KeyPair::generate().unwrap());
        let params = CertificateParams::new(vec!["jane".to_owned()]).unwrap();
        let pem = params.self_signed(&one).unwrap().pem();
        let shown = |key: &KeyPair| {
            let (certificates, key) = (pem.clone().into_bytes(), key.serialize_pem().into_bytes());
            config(&Trust::System, Some(&Identity { certificates, key })).err()
        };
        assert_eq!(shown(&one), None);
        assert!(shown(&other).unwrap().contains("not that of the client certificate"));
    }
}
