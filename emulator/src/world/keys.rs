//! A key of service account tokens: a half that signs, and one that verifies.
//!
//! A private key is parsed once and kept, since parsing costs more than signing does.

use {
    aws_lc_rs::{
        digest,
        encoding::{AsDer, PublicKeyX509Der},
        rand::SystemRandom,
        rsa,
        signature::{
            self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, ParsedPublicKey, RsaKeyPair,
        },
    },
    base64::{
        Engine,
        prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
    },
    rustls_pki_types::pem::{PemObject, SectionKind},
    std::sync::Arc,
};

/// What a file has to hold that is to sign.
const NO_PRIVATE_KEY: &str = "the file holds no private key; allowed is one in PEM without a \
                              password (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY), as \
                              openssl genrsa 2048 makes it";

/// What a file has to hold that is to verify.
const NO_KEY: &str = "the file holds no key; allowed are keys and certificates in PEM (BEGIN PUBLIC \
                      KEY, PRIVATE KEY or CERTIFICATE)";

/// How tokens are signed; the key's type alone decides it.
/// Source: kubernetes `pkg/serviceaccount/jwt.go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// ECDSA on P-521.
    Es512,
    /// RSA PKCS #1 v1.5 with SHA-256, whatever the key's size.
    Rs256,
}

/// A key that signs.
pub struct SigningKey {
    pair: Pair,
    public: VerifyingKey,
    header: String,
}

/// A key that verifies.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    /// Unpadded base64url of the SHA-256 of the SubjectPublicKeyInfo, unless it was given another.
    pub kid: String,
    /// The algorithm of its signatures.
    pub algorithm: Algorithm,
    /// The public numbers, as JWKS shows them.
    pub numbers: Numbers,
    /// Whether JWKS shows it. One that it does not show verifies all the same, as a key of an
    /// external signer does that is excluded from discovery.
    pub published: bool,
    /// The SubjectPublicKeyInfo (DER).
    pub spki: Arc<[u8]>,
    parsed: Arc<ParsedPublicKey>,
}

/// A public key's numbers, big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbers {
    /// Modulus and exponent, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// Coordinates, padded to the field's size.
    Ec {
        /// The curve's name in a JWK: `P-256`.
        curve: &'static str,
        /// The x coordinate.
        x: Vec<u8>,
        /// The y coordinate.
        y: Vec<u8>,
    },
}

/// A key file that cannot be used, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct BadKey(pub String);

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl SigningKey {
    /// A new RSA-2048 key.
    pub fn generate_rsa() -> Self {
        let pair = RsaKeyPair::generate(rsa::KeySize::Rsa2048).expect("a 2048-bit key can be made");
        Self::from_rsa(pair).expect("a key just made can be read")
    }

    /// A new key for an algorithm; RSA has 2048 bits.
    pub fn generate(algorithm: Algorithm) -> Self {
        let curve = match algorithm {
            Algorithm::Rs256 => return Self::generate_rsa(),
            Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            Algorithm::Es512 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        };
        let pair = EcdsaKeyPair::generate(curve).expect("a key can be made on these curves");
        Self::from_ec(pair).expect("a key just made can be read")
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn under(self, kid: impl Into<String>) -> Self {
        let Self { pair, mut public, .. } = self;
        public.kid = kid.into();
        Self::new(pair, public)
    }

    /// The same key, which JWKS shows or does not show.
    #[must_use]
    pub fn published(mut self, published: bool) -> Self {
        self.public.published = published;
        self
    }

    /// The first private key of a PEM file: PKCS #1, SEC 1 or PKCS #8.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadKey> {
        sections(pem)?
            .into_iter()
            .find_map(|(kind, der)| match kind {
                SectionKind::RsaPrivateKey => Some(Self::from_pkcs1(&der)),
                SectionKind::EcPrivateKey => Some(Self::from_sec1(&der)),
                SectionKind::PrivateKey => Some(Self::from_pkcs8(&der)),
                _ => None,
            })
            .unwrap_or_else(|| Err(BadKey(NO_PRIVATE_KEY.to_owned())))
    }

    /// The half that verifies.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// The header of its tokens, as it stands in them.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// A signature in its JWS form: PKCS #1 v1.5, or `r || s` of fixed width.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("a parsed RSA key signs");
                signature
            }
            Pair::Ec(pair) => {
                pair.sign(&random, message).expect("a parsed EC key signs").as_ref().to_vec()
            }
        }
    }

    /// A signature with an algorithm that kube-apiserver never signs with, for a token that is to
    /// be refused; `None` when a key of this type cannot make it.
    pub fn sign_as(&self, algorithm: &str, message: &[u8]) -> Option<Vec<u8>> {
        if algorithm == self.public.algorithm.name() {
            return Some(self.sign(message));
        }
        let Pair::Rsa(pair) = &self.pair else { return None };
        let padding: &dyn signature::RsaEncoding = match algorithm {
            "RS384" => &signature::RSA_PKCS1_SHA384,
            "RS512" => &signature::RSA_PKCS1_SHA512,
            "PS256" => &signature::RSA_PSS_SHA256,
            "PS384" => &signature::RSA_PSS_SHA384,
            "PS512" => &signature::RSA_PSS_SHA512,
            _ => return None,
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    fn new(pair: Pair, public: VerifyingKey) -> Self {
        let kid = serde_json::Value::from(public.kid.as_str());
        let header = format!(r#"{{"alg":"{}","kid":{kid}}}"#, public.algorithm.name());
        let header = BASE64_URL_SAFE_NO_PAD.encode(header);
        Self { pair, public, header }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, BadKey> {
        RsaKeyPair::from_der(der).map_err(rejected).and_then(Self::from_rsa)
    }

    fn from_sec1(der: &[u8]) -> Result<Self, BadKey> {
        first_curve(|algorithm| EcdsaKeyPair::from_private_key_der(algorithm, der).ok())
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, BadKey> {
        match RsaKeyPair::from_pkcs8(der) {
            Ok(pair) => Self::from_rsa(pair),
            Err(_) => first_curve(|algorithm| EcdsaKeyPair::from_pkcs8(algorithm, der).ok()),
        }
    }

    fn from_rsa(pair: RsaKeyPair) -> Result<Self, BadKey> {
        let spki: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| unusable("the RSA key"))?;
        let public = VerifyingKey::from_spki(spki.as_ref())?;
        Ok(Self::new(Pair::Rsa(pair), public))
    }

    fn from_ec(pair: EcdsaKeyPair) -> Result<Self, BadKey> {
        let spki: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| unusable("the EC key"))?;
        let public = VerifyingKey::from_spki(spki.as_ref())?;
        Ok(Self::new(Pair::Ec(pair), public))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.public.kid).finish_non_exhaustive()
    }
}

impl VerifyingKey {
    /// All keys of a PEM file, public or private, in its order.
    pub fn all_from_pem(pem: &[u8]) -> Result<Vec<Self>, BadKey> {
        let keys = sections(pem)?
            .into_iter()
            .filter_map(|(kind, der)| match kind {
                SectionKind::PublicKey => Some(Self::from_spki(&der)),
                SectionKind::RsaPrivateKey => Some(public_of(SigningKey::from_pkcs1(&der))),
                SectionKind::EcPrivateKey => Some(public_of(SigningKey::from_sec1(&der))),
                SectionKind::PrivateKey => Some(public_of(SigningKey::from_pkcs8(&der))),
                _ => None,
            })
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(BadKey(NO_KEY.to_owned()));
        }
        Ok(keys)
    }

    /// Whether a signature in JWS form is this key's over the message.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }

    /// Whether a signature is this key's with an algorithm of its type. kube-apiserver signs with
    /// none but the key's own, and yet takes them all. Source: go-jose `asymmetric.go`.
    pub fn verifies_as(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        if algorithm == self.algorithm.name() {
            return self.verifies(message, signature);
        }
        if self.algorithm != Algorithm::Rs256 {
            return false;
        }
        let verification: &'static signature::RsaParameters = match algorithm {
            "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
            "RS512" => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
            "PS384" => &signature::RSA_PSS_2048_8192_SHA384,
            "PS512" => &signature::RSA_PSS_2048_8192_SHA512,
            _ => return false,
        };
        let key = signature::UnparsedPublicKey::new(verification, &self.spki);
        key.verify(message, signature).is_ok()
    }

    /// The public key, as a PEM file holds it.
    pub fn pem(&self) -> String {
        let lines = BASE64_STANDARD.encode(&self.spki);
        let lines = lines.as_bytes().chunks(64).map(String::from_utf8_lossy);
        let lines: String = lines.map(|line| line.into_owned() + "\n").collect();
        format!("-----BEGIN PUBLIC KEY-----\n{lines}-----END PUBLIC KEY-----\n")
    }

    fn from_spki(spki: &[u8]) -> Result<Self, BadKey> {
        let (algorithm, numbers) = read_spki(spki)?;
        let verification: &'static dyn signature::VerificationAlgorithm = match algorithm {
            Algorithm::Rs256 => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            Algorithm::Es512 => &signature::ECDSA_P521_SHA512_FIXED,
        };
        let parsed = ParsedPublicKey::new(verification, spki).map_err(rejected)?;
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, spki));
        let (published, spki, parsed) = (true, Arc::from(spki), Arc::new(parsed));
        Ok(Self { kid, algorithm, numbers, published, spki, parsed })
    }
}

impl Algorithm {
    /// All that a token may be signed with.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Es256, Self::Es384, Self::Es512];

    /// The algorithm of that name in a JWS header.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The name in a JWS header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Rs256 => "RS256",
        }
    }
}

/// What precedes the point in the SubjectPublicKeyInfo of each curve (RFC 5480), and the curve.
const CURVES: [(&[u8], Algorithm, &str, usize); 3] = [
    (
        b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04",
        Algorithm::Es256,
        "P-256",
        32,
    ),
    (
        b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04",
        Algorithm::Es384,
        "P-384",
        48,
    ),
    (
        b"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00\x04",
        Algorithm::Es512,
        "P-521",
        66,
    ),
];

fn read_spki(spki: &[u8]) -> Result<(Algorithm, Numbers), BadKey> {
    for (prefix, algorithm, curve, size) in CURVES {
        if let Some(point) = spki.strip_prefix(prefix).filter(|point| point.len() == 2 * size) {
            let (x, y) = (point[..size].to_vec(), point[size..].to_vec());
            return Ok((algorithm, Numbers::Ec { curve, x, y }));
        }
    }
    let public = rsa::PublicKey::from_der(spki)
        .map_err(|_| BadKey("unsupported key type: RSA, P-256, P-384 or P-521 will do".into()))?;
    let n = public.modulus().big_endian_without_leading_zero().to_vec();
    let e = public.exponent().big_endian_without_leading_zero().to_vec();
    Ok((Algorithm::Rs256, Numbers::Rsa { n, e }))
}

fn first_curve(
    parse: impl Fn(&'static EcdsaSigningAlgorithm) -> Option<EcdsaKeyPair>,
) -> Result<SigningKey, BadKey> {
    [
        &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    ]
    .into_iter()
    .find_map(parse)
    .map_or_else(|| Err(unusable("the private key")), SigningKey::from_ec)
}

fn sections(pem: &[u8]) -> Result<Vec<(SectionKind, Vec<u8>)>, BadKey> {
    <(SectionKind, Vec<u8>)>::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| BadKey(format!("the file is not PEM: {error}")))
}

fn public_of(key: Result<SigningKey, BadKey>) -> Result<VerifyingKey, BadKey> {
    key.map(|key| key.public)
}

fn rejected(error: aws_lc_rs::error::KeyRejected) -> BadKey {
    BadKey(format!("the key cannot be used: {error}"))
}

fn unusable(what: &str) -> BadKey {
    BadKey(format!("{what} cannot be used"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_and_another_message_does_not() {
        let key = SigningKey::generate_rsa();
        let signature = key.sign(b"message");
        assert!(key.public().verifies(b"message", &signature));
        assert!(!key.public().verifies(b"massage", &signature));
        assert_eq!(key.public().kid.len(), 43);
    }

    #[test]
    fn every_curve_signs_in_fixed_width() {
        for (algorithm, width) in
            [(Algorithm::Es256, 64), (Algorithm::Es384, 96), (Algorithm::Es512, 132)]
        {
            let key = SigningKey::generate(algorithm);
            let signature = key.sign(b"message");
            assert_eq!((key.public().algorithm, signature.len()), (algorithm, width));
            assert!(key.public().verifies(b"message", &signature));
        }
    }

    #[test]
    fn a_public_key_is_told_as_pem() {
        let key = SigningKey::generate(Algorithm::Es256);
        let read = VerifyingKey::all_from_pem(key.public().pem().as_bytes()).unwrap();
        assert_eq!(read[0].kid, key.public().kid);
        assert_eq!(key.under("other").public().kid, "other");
    }

    #[test]
    fn an_rsa_key_signs_and_verifies_as_kube_apiserver_never_signs() {
        let (rsa, ec) = (SigningKey::generate_rsa(), SigningKey::generate(Algorithm::Es384));
        for (algorithm, by_rsa, by_ec) in
            [("RS256", true, false), ("PS512", true, false), ("ES384", false, true)]
        {
            let makes = |key: &SigningKey| key.sign_as(algorithm, b"message").is_some();
            assert_eq!((makes(&rsa), makes(&ec)), (by_rsa, by_ec), "{algorithm}");
        }
        let signature = rsa.sign_as("RS384", b"message").unwrap();
        assert!(!rsa.public().verifies(b"message", &signature));
        for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
            let signature = rsa.sign_as(algorithm, b"message").unwrap();
            assert!(rsa.public().verifies_as(algorithm, b"message", &signature), "{algorithm}");
            assert!(!rsa.public().verifies_as(algorithm, b"massage", &signature), "{algorithm}");
            assert!(!rsa.public().verifies_as("ES256", b"message", &signature));
        }
    }

    #[test]
    fn a_file_without_a_key_says_so() {
        assert_eq!(
            SigningKey::from_pem(b"nothing here").unwrap_err(),
            BadKey(NO_PRIVATE_KEY.to_owned())
        );
    }
}
