//! What is kept, as JSON.

use {
    crate::{
        server::tls::{Authority, Material},
        world::{entropy::Entropy, identities::Identities, key_set::KeySet, keys::SigningKey},
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    serde::{Deserialize, Serialize},
    serde_json::Value,
};

/// The member that says which program has written the file, and how.
const MARKER: &str = "token_emulator_state";

/// How this program writes it.
const VERSION: u32 = 1;

/// The bearers of the ready file.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Bearers {
    pub(crate) token: String,
    pub(crate) google_access_token: String,
}

/// All that is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    token_emulator_state: u32,
    pub(super) port: Option<u16>,
    /// From which the uids of what exists from the start are made.
    secret: String,
    #[serde(flatten)]
    pub(super) bearers: Bearers,
    ca_certificate: String,
    ca_key: String,
    certificate: Option<Certificate>,
    service_account_key: String,
}

/// What the https side shows.
#[derive(Serialize, Deserialize)]
struct Certificate {
    names: Vec<String>,
    chain: String,
    key: String,
}

impl Bearers {
    /// New ones.
    pub(crate) fn new() -> Self {
        Self { token: random(24), google_access_token: format!("ya29.c.{}", random(96)) }
    }
}

impl Kept {
    pub(super) fn make() -> Result<Self, String> {
        let authority = Authority::generate().map_err(|error| error.0)?;
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256);
        Ok(Self {
            token_emulator_state: VERSION,
            port: None,
            secret: random(32),
            bearers: Bearers::new(),
            ca_certificate: authority.certificate,
            ca_key: authority.key,
            certificate: None,
            service_account_key: key.map_err(|error| error.to_string())?.serialize_pem(),
        })
    }

    /// Reads what an earlier run has written. An error repeats nothing of it: these are credentials.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let place = |error: serde_json::Error| {
            format!("it is damaged at line {}, column {}", error.line(), error.column())
        };
        let value: Value = serde_json::from_slice(text).map_err(place)?;
        match value[MARKER].as_u64() {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                return Err(format!(
                    "it has the format version {version}, and this token-emulator reads format \
                     version {VERSION}"
                ));
            }
            None => return Err(format!("it is no file of token-emulator: {MARKER} is missing")),
        }
        let kept: Self = serde_json::from_slice(text).map_err(place)?;
        kept.check()?;
        Ok(kept)
    }

    pub(super) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers are JSON");
        format!("{text}\n")
    }

    /// Makes a certificate, unless there is one for these names.
    pub(super) fn issue(&mut self, names: &[String]) -> Result<bool, String> {
        if self.certificate.as_ref().is_some_and(|certificate| certificate.names == names) {
            return Ok(false);
        }
        let authority =
            Authority { certificate: self.ca_certificate.clone(), key: self.ca_key.clone() };
        let issued = authority.issue(names).map_err(|error| format!("ca_key: {}", error.0))?;
        self.certificate = Some(Certificate {
            names: names.to_vec(),
            chain: issued.certificate_chain,
            key: issued.private_key,
        });
        Ok(true)
    }

    /// The certificate that was made last.
    pub(super) fn tls(&self) -> Material {
        let (chain, key) = self
            .certificate
            .as_ref()
            .map_or_else(Default::default, |kept| (kept.chain.clone(), kept.key.clone()));
        let authority = self.ca_certificate.clone();
        Material { certificate_chain: chain, private_key: key, authority }
    }

    pub(super) fn keys(&self) -> Result<KeySet, String> {
        let key = SigningKey::from_pem(self.service_account_key.as_bytes());
        key.map(KeySet::alone).map_err(|_| "service_account_key is damaged".to_owned())
    }

    pub(super) fn identities(&self) -> Identities {
        Identities::kept(self.secret.as_bytes())
    }

    fn check(&self) -> Result<(), String> {
        let Bearers { token, google_access_token } = &self.bearers;
        let texts = [
            ("secret", &self.secret),
            ("token", token),
            ("google_access_token", google_access_token),
        ];
        // A header carries them.
        let is_token =
            |text: &str| text.len() >= 16 && text.bytes().all(|it| it.is_ascii_graphic());
        if let Some((name, _)) = texts.iter().find(|(_, text)| !is_token(text)) {
            return Err(format!("{name} is damaged"));
        }
        self.keys()?;
        if self.certificate.is_some() {
            self.tls().check().map_err(|error| format!("its certificates: {}", error.0))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Kept").field("port", &self.port).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Bearers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Bearers").finish_non_exhaustive()
    }
}

fn random(length: usize) -> String {
    let mut bytes = vec![0; length];
    Entropy::default().fill(&mut bytes);
    // A dash at the start would look like a flag on a command line.
    let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    token.strip_prefix('-').map(|rest| format!("0{rest}")).unwrap_or(token)
}
