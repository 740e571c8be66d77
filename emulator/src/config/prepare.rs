//! From settings to what they mean: files read, keys and tokens parsed.

use {
    crate::{
        config::{Config, ConfigError, csv, duration},
        credential::Credential,
        seed::Seed,
        server::{
            authority::Authority,
            fetch,
            gate::Gate,
            tls::{self, Material},
        },
        state_dir::{Bearers, StateDir},
        world::{
            callers::{Caller, Callers},
            identities::Identities,
            key_set::KeySet,
            keys::{SigningKey, VerifyingKey},
            settings::{GoogleAuth, Settings},
        },
    },
    std::{path::Path, time::Duration},
};

/// What the settings come to. Nothing in it depends on the port, or takes long to make.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What handlers read.
    pub(crate) settings: Settings,
    /// The keys of the files; `None` when one is to be made.
    pub(crate) keys: Option<KeySet>,
    /// The bearers of the file.
    pub(crate) callers: Callers,
    /// The Google bearers of the file.
    pub(crate) google_tokens: Vec<GoogleToken>,
    /// What exists from the start.
    pub(crate) seed: Seed,
    /// What the https side shows.
    pub(crate) tls: Material,
    /// What is let through.
    pub(crate) gate: Gate,
    /// Whom to trust when a foreign issuer's keys are fetched.
    pub(crate) issuer_ca: Option<String>,
    /// The bearers of the ready file.
    pub(crate) bearers: Bearers,
    /// The uids of what exists from the start.
    pub(crate) identities: Identities,
    /// What is kept between runs.
    pub(crate) state_dir: Option<StateDir>,
}

/// A line of the Google token file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoogleToken {
    pub(crate) token: Credential,
    pub(crate) principal: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) lifetime: Option<Duration>,
}

impl Config {
    /// Reads the files that the settings name.
    pub(crate) fn prepare(&self) -> Result<Prepared, ConfigError> {
        self.check()?;
        let seed = read_with(self.seed.as_deref(), "--seed", Seed::parse)?.unwrap_or_default();
        let mut state_dir = self.state_dir.as_deref().map(open).transpose()?;
        let tls = self.tls(state_dir.as_mut())?;
        let settings = self.settings(&tls, &seed);
        Ok(Prepared {
            keys: self.keys(state_dir.as_ref())?,
            bearers: state_dir.as_ref().map_or_else(Bearers::new, StateDir::bearers),
            identities: state_dir.as_ref().map(StateDir::identities).unwrap_or_default(),
            state_dir,
            callers: read_with(self.token_auth_file.as_deref(), "--token-auth-file", callers)?
                .unwrap_or_default(),
            google_tokens: read_with(
                self.google_token_file.as_deref(),
                "--google-token-file",
                google_tokens,
            )?
            .unwrap_or_default(),
            issuer_ca: read_with(self.issuer_ca_file.as_deref(), "--issuer-ca-file", |pem| {
                fetch::certificates(pem).map(|_| pem.to_owned())
            })?,
            seed,
            gate: self.gate(&tls),
            tls,
            settings,
        })
    }

    /// All but what may name the server itself, which [`Config::locate`] adds.
    fn settings(&self, tls: &Material, seed: &Seed) -> Settings {
        let most = self.service_account_max_token_expiration;
        Settings {
            max_token_expiration: (!most.is_zero()).then_some(most),
            extend_token_expiration: self.service_account_extend_token_expiration,
            service_account_lookup: self.service_account_lookup,
            admission_plugins: self.enable_admission_plugins.clone(),
            authorization_mode: self.authorization_mode,
            anonymous_auth: self.anonymous_auth,
            controllers: self.controllers,
            token_cache_ttl: self.token_cache_ttl,
            ca_certificate: tls.authority.clone(),
            google_auth: self.google_auth,
            google_conveniences: self
                .google_conveniences
                .unwrap_or(self.google_auth == GoogleAuth::Off),
            google_operation_duration: self.google_operation_duration,
            google_projects: seed.projects.clone(),
            ..Settings::default()
        }
    }

    /// What the server calls itself: by another name, or by the one that clients are given.
    pub(super) fn external_hostname(&self) -> Option<String> {
        let advertised = || self.advertise.first().map(Authority::to_string);
        self.external_hostname.clone().or_else(advertised)
    }

    /// What is let through: requests for the names that the settings have, and of the pages that
    /// they allow.
    fn gate(&self, tls: &Material) -> Gate {
        let urls = self.service_account_issuer.iter().chain(&self.service_account_jwks_uri);
        let of_urls = urls.filter_map(|url| Authority::of_url(url));
        let external = self.external_hostname.as_deref().and_then(Authority::parse);
        let named = of_urls.chain(external).chain(self.advertise.iter().cloned());
        Gate::new(named.map(|authority| authority.host), tls, self.allow_origin.clone())
    }

    fn keys(&self, state_dir: Option<&StateDir>) -> Result<Option<KeySet>, ConfigError> {
        let Some(path) = &self.service_account_signing_key_file else {
            return state_dir.map(|state_dir| state_dir.keys().map_err(of_state_dir)).transpose();
        };
        let signing = read(path, "--service-account-signing-key-file", |pem| {
            SigningKey::from_pem(pem.as_bytes()).map_err(|error| error.0)
        })?;
        let mut verifying = Vec::new();
        for path in &self.service_account_key_file {
            verifying.extend(read(path, "--service-account-key-file", |pem| {
                VerifyingKey::all_from_pem(pem.as_bytes()).map_err(|error| error.0)
            })?);
        }
        if verifying.is_empty() {
            return Ok(Some(KeySet::alone(signing)));
        }
        Ok(Some(KeySet::new(signing, verifying)))
    }

    fn tls(&self, state_dir: Option<&mut StateDir>) -> Result<Material, ConfigError> {
        let (Some(certificate), Some(key)) = (&self.tls_cert_file, &self.tls_private_key_file)
        else {
            let mut names = vec![self.listen.ip().to_string()];
            names.extend(self.external_hostname.as_deref().map(tls::host).map(str::to_owned));
            names.extend(self.advertise.iter().map(|authority| authority.host.subject()));
            names.extend(self.own_hosts());
            return match state_dir {
                Some(state_dir) => state_dir.tls(&names).map_err(of_state_dir),
                None => Material::generate(&names).map_err(|error| ConfigError(error.0)),
            };
        };
        let certificate_chain = read(certificate, "--tls-cert-file", |pem| {
            fetch::certificates(pem).map(|_| pem.to_owned())
        })?;
        let private_key = read(key, "--tls-private-key-file", |pem| match tls::is_key(pem) {
            true => Ok(pem.to_owned()),
            false => {
                Err("the file holds no private key; allowed is one in PEM without a password \
                          (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY)"
                    .to_owned())
            }
        })?;
        let material =
            Material { authority: certificate_chain.clone(), certificate_chain, private_key };
        match material.acceptor() {
            Ok(_) => Ok(material),
            Err(error) => Err(ConfigError(format!(
                "--tls-cert-file and --tls-private-key-file cannot be used together: {}; the first \
                 certificate of the file has to be that of the key",
                error.0
            ))),
        }
    }
}

fn open(folder: &Path) -> Result<StateDir, ConfigError> {
    StateDir::open(folder).map_err(of_state_dir)
}

fn of_state_dir(error: String) -> ConfigError {
    ConfigError(format!("--state-dir: {error}"))
}

fn read<T>(
    path: &Path,
    flag: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| parse(&text))
        .map_err(|error| ConfigError(format!("{flag}: {}: {error}", path.display())))
}

fn read_with<T>(
    path: Option<&Path>,
    flag: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    path.map(|path| read(path, flag, parse)).transpose()
}

// Source: apiserver `pkg/authentication/token/tokenfile/tokenfile.go`.
fn callers(text: &str) -> Result<Callers, String> {
    let mut callers = Callers::default();
    for (token, caller) in csv::records(text, caller)? {
        if !token.is_empty() {
            callers.insert(token, caller);
        }
    }
    Ok(callers)
}

fn caller(record: &[String]) -> Result<(String, Caller), String> {
    let [token, user, uid, rest @ ..] = record else {
        return Err(format!(
            "must have at least 3 columns (token, user name, user uid), found {}",
            record.len()
        ));
    };
    let groups = rest.first().map(|groups| groups.split(',').map(str::to_owned).collect());
    let caller = Caller {
        username: user.clone(),
        uid: uid.clone(),
        groups: groups.unwrap_or_default(),
        extra: std::collections::BTreeMap::new(),
    };
    Ok((token.clone(), caller))
}

fn google_tokens(text: &str) -> Result<Vec<GoogleToken>, String> {
    csv::records(text, google_token)
}

fn google_token(record: &[String]) -> Result<GoogleToken, String> {
    let (token, principal, scopes, lifetime) = match record {
        [token, principal, scopes] => (token, principal, scopes, None),
        [token, principal, scopes, lifetime] => (token, principal, scopes, Some(lifetime)),
        _ => {
            return Err(format!(
                "must have 3 or 4 columns (token, principal, scopes, lifetime), found {}",
                record.len()
            ));
        }
    };
    if token.is_empty() {
        return Err("the first column, the token, is empty".to_owned());
    }
    Ok(GoogleToken {
        token: token.as_str().into(),
        principal: principal.clone(),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        lifetime: lifetime.map(|lifetime| duration::unsigned(lifetime)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[test]
    fn a_token_file_names_users_and_groups() {
        let callers = callers("t,admin,uid,\"system:masters,dev\"\nn,nobody,\n").unwrap();
        let admin = callers.get("t").unwrap();
        assert_eq!((admin.username.as_str(), admin.uid.as_str()), ("admin", "uid"));
        assert_eq!(admin.groups, ["system:masters", "dev", "system:authenticated"]);
        assert_eq!(callers.get("n").unwrap().groups, ["system:authenticated"]);
    }

    #[test]
    fn a_token_file_has_three_columns() {
        let error = callers("t,admin").unwrap_err();
        assert!(error.contains("at least 3 columns"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = callers("t,admin,uid\n\nt,admin\n").unwrap_err();
        assert!(error.starts_with("line 3: must have"), "{error}");
        let error = google_tokens("t,me,scope\nt,me,scope,soon").unwrap_err();
        assert!(error.starts_with("line 2: ") && error.contains("1h30m"), "{error}");
    }

    #[test]
    fn a_google_token_has_scopes_and_a_lifetime() {
        let tokens = google_tokens("t,me@example.com,\"a b\",1h\nu,you,c").unwrap();
        assert_eq!(tokens[0].scopes, ["a", "b"]);
        assert_eq!(tokens[0].lifetime, Some(Duration::from_secs(3600)));
        assert_eq!(tokens[1].lifetime, None);
    }

    #[test]
    fn a_file_of_tokens_is_neither_debugged_nor_quoted() {
        let shown = format!(
            "{:?} {:?} {:?} {:?}",
            callers("hush,admin,uid").unwrap(),
            google_tokens("hush,me,scope").unwrap(),
            callers("\"hush").unwrap_err(),
            google_tokens("hush,me").unwrap_err(),
        );
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[rstest]
    #[case("t,me")]
    #[case(",me,scope")]
    #[case("t,me,scope,soon")]
    #[case("t,me,scope,1h,more")]
    fn a_bad_google_token_is_refused(#[case] line: &str) {
        assert!(google_tokens(line).is_err());
    }

    #[test]
    fn a_missing_file_is_named_with_its_flag() {
        let config = Config { seed: Some("/nowhere/seed.yaml".into()), ..Config::default() };
        let error = config.prepare().unwrap_err().0;
        assert!(error.starts_with("--seed: /nowhere/seed.yaml: "), "{error}");
    }

    #[test]
    fn issuers_are_the_audiences_unless_others_are_set() {
        let settings = |config: Config| {
            let prepared = config.prepare().unwrap().settings;
            config.locate(prepared, "https://127.0.0.1:4711", 4711).unwrap()
        };
        let one = settings(Config::default());
        assert_eq!(one.api_audiences, one.issuers);
        let other = Config { api_audiences: vec!["a".to_owned()], ..Config::default() };
        assert_eq!(settings(other).api_audiences, ["a"]);
    }
}
