//! TLS: the certificate that the server shows, and the authority that clients trust it by.

use {
    rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
        KeyPair, KeyUsagePurpose,
    },
    rustls::{ServerConfig, crypto::aws_lc_rs, version},
    rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    std::{net::IpAddr, sync::Arc},
    tokio_rustls::TlsAcceptor,
};

/// The names that the certificate made at start is good for, beside those that are asked for.
const NAMES: [&str; 7] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// A certificate chain, its key, and what a client has to trust (all PEM).
#[derive(Clone)]
pub struct Material {
    /// The certificate, then its issuers.
    pub certificate_chain: String,
    /// The private key.
    pub private_key: String,
    /// The certificate of the authority.
    pub authority: String,
}

/// Certificates that cannot be used, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct BadCertificate(pub String);

impl Material {
    /// A new authority and a certificate of it, for localhost, the names of the cluster, and `more`.
    pub fn generate(more: &[String]) -> Result<Self, BadCertificate> {
        let authority_key = KeyPair::generate().map_err(unusable)?;
        let params = authority();
        let authority = params.self_signed(&authority_key).map_err(unusable)?;
        let key = KeyPair::generate().map_err(unusable)?;
        let issuer = Issuer::from_params(&params, &authority_key);
        let certificate = server(more)?.signed_by(&key, &issuer).map_err(unusable)?;
        Ok(Self {
            certificate_chain: certificate.pem(),
            private_key: key.serialize_pem(),
            authority: authority.pem(),
        })
    }

    /// The certificate that the server shows, if it can be read.
    pub(super) fn certificate(&self) -> Option<CertificateDer<'static>> {
        CertificateDer::from_pem_slice(self.certificate_chain.as_bytes()).ok()
    }

    /// What the listener does TLS with.
    pub fn acceptor(&self) -> Result<TlsAcceptor, BadCertificate> {
        let chain = CertificateDer::pem_slice_iter(self.certificate_chain.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(unusable)?;
        let key = PrivateKeyDer::from_pem_slice(self.private_key.as_bytes()).map_err(unusable)?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_protocol_versions(&[&version::TLS13, &version::TLS12])
                .map_err(unusable)?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl std::fmt::Debug for Material {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Material")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "token-emulator-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn server(more: &[String]) -> Result<CertificateParams, BadCertificate> {
    let mut names: Vec<String> = NAMES.into_iter().map(str::to_owned).collect();
    names.extend(more.iter().filter(|name| !NAMES.contains(&name.as_str())).cloned());
    let mut params = CertificateParams::new(names).map_err(unusable)?;
    params.distinguished_name.push(DnType::CommonName, "token-emulator");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// The host of `host` or `host:port`, as a certificate names it.
pub fn host(authority: &str) -> &str {
    if authority.parse::<IpAddr>().is_ok() {
        return authority;
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_start_matches('[').trim_end_matches(']')
}

fn unusable(error: impl std::fmt::Display) -> BadCertificate {
    BadCertificate(error.to_string())
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[test]
    fn a_certificate_made_at_start_can_be_served() {
        let material = Material::generate(&["emulator.test".to_owned()]).unwrap();
        assert!(material.acceptor().is_ok());
        assert!(!format!("{material:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let mut material = Material::generate(&[]).unwrap();
        material.private_key = Material::generate(&[]).unwrap().private_key;
        assert!(material.acceptor().is_err());
    }

    #[rstest]
    #[case("example.com", "example.com")]
    #[case("example.com:6443", "example.com")]
    #[case("10.0.0.1:6443", "10.0.0.1")]
    #[case("::1", "::1")]
    #[case("[::1]:6443", "::1")]
    fn a_port_is_no_part_of_a_name(#[case] authority: &str, #[case] expected: &str) {
        assert_eq!(host(authority), expected);
    }
}
