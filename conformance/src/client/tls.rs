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
        pki_types::{
            CertificateDer, PrivateKeyDer, ServerName, UnixTime,
            pem::{self, PemObject},
        },
        server::ParsedCertificate,
        sign::{CertifiedKey, SingleCertAndKey},
    },
    std::sync::Arc,
};

/// Which certificates an error is about.
const OF_AUTHORITIES: &str =
    "the certificate authority to trust (--ca-file, or that of the kubeconfig)";

/// The certificates to trust.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Whom the system trusts.
    System,
    /// These certificates (PEM) and what they signed.
    Authorities(Vec<u8>),
    /// Whom the system trusts, and these, too.
    Beside(Vec<u8>),
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
        Trust::Authorities(pem) | Trust::Beside(pem) => {
            let authorities =
                certificates(pem).map_err(|why| format!("{OF_AUTHORITIES}: {why}"))?;
            let mut roots = roots(pem)?;
            if matches!(trust, Trust::Beside(_)) {
                roots.extend(system().roots);
            }
            let pinned = Pinned::new(authorities, roots, &provider)?;
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
    let chain = certificates(&identity.certificates)
        .map_err(|why| format!("the client certificate: {why}"))?;
    let key =
        PrivateKeyDer::from_pem_slice(&identity.key).map_err(|error| unread(identity, error))?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| format!("the client key cannot be used: {error}"))?;
    let certified = CertifiedKey::new(chain, key);
    if !belongs(&certified) {
        return Err("the client key is not that of the client certificate".to_owned());
    }
    Ok(builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified))))
}

fn unread(identity: &Identity, error: pem::Error) -> String {
    let sealed = identity.key.windows(9).any(|it| it == b"ENCRYPTED");
    match sealed {
        true => "the client key is encrypted: nobody can be asked for its password".to_owned(),
        false => format!("the client key cannot be read: {error}"),
    }
}

/// Whether the key is the certificate's. One of the first version is not parsed, but holds the
/// public key as any other does.
fn belongs(certified: &CertifiedKey) -> bool {
    match certified.keys_match() {
        Ok(()) => true,
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => false,
        Err(_) => match (certified.key.public_key(), certified.cert.first()) {
            (Some(key), Some(certificate)) => {
                certificate.windows(key.len()).any(|it| it == key.as_ref())
            }
            _ => true,
        },
    }
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
        return Err("there is no certificate (PEM) in it".to_owned());
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

    /// One of the first version, as openssl makes them unless it is told otherwise.
    const FIRST_VERSION: &str = "\
-----BEGIN CERTIFICATE-----
MIIBGjCBwQIUSXON5Lsmbx34VJVMfGSWZ/LeWiMwCgYIKoZIzj0EAwIwDzENMAsG
A1UEAwwEamFuZTAgFw0yNjExMjIwNTAyNDFaGA8yMTI2MTAyOTA1MDI0MVowDzEN
MAsGA1UEAwwEamFuZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCYwV6WOBRch
ixObw5FNIMBABbig6mJywSGbVH2aro/+DbOTFS15wDQqf9TgD10gtSu6M6fnGKgD
JpRtFVXjFvAwCgYIKoZIzj0EAwIDSAAwRQIgDfv3IY64agy0X/FzL8gvCxSiyE/m
KJVJuHQEgaT8HQoCIQDQxK51yo+j847AYymRNnmvzqquqO9iHlZ6uIvaBS/YHQ==
-----END CERTIFICATE-----
";

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

    #[test]
    fn a_key_that_cannot_be_used_is_told_as_that() {
        let key = KeyPair::generate().unwrap().serialize_pem();
        let sealed = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
        for (certificates, key, told) in [
            (FIRST_VERSION, key.as_str(), "not that of the client certificate"),
            (FIRST_VERSION, sealed.as_str(), "is encrypted"),
            (FIRST_VERSION, "", "the client key cannot be read"),
            (key.as_str(), key.as_str(), "the client certificate: there is no certificate"),
        ] {
            let [certificates, key] = [certificates, key].map(|it| it.as_bytes().to_vec());
            let identity = Identity { certificates, key };
            let why = config(&Trust::System, Some(&identity)).err().unwrap();
            assert!(why.contains(told), "{why}");
        }
    }
}
