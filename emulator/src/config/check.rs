//! The rules that settings have to keep among themselves. Most are kube-apiserver's.

use {
    crate::config::{Config, ConfigError, admission_plugins, beside},
    std::{collections::HashSet, path::Path, time::Duration},
};

/// The longest lifetime that a limit may be. Source: kubernetes `pkg/kubeapiserver/options`.
const LONGEST: Duration = Duration::from_secs(1 << 32);

impl Config {
    /// Whether the settings go together; an error says what is allowed.
    pub fn check(&self) -> Result<(), ConfigError> {
        [
            self.check_issuers(),
            self.check_lifetime(),
            self.check_jwks_uri(),
            self.check_files(),
            self.check_external_hostname(),
            self.check_control_token(),
            self.check_written_files(),
        ]
        .into_iter()
        .collect::<Result<(), &str>>()
        .map_err(|error| ConfigError(error.to_owned()))
        .and_then(|()| admission_plugins::check(&self.enable_admission_plugins))
    }

    // Source: kubernetes `pkg/kubeapiserver/options/authentication.go`.
    fn check_issuers(&self) -> Result<(), &'static str> {
        let issuers = &self.service_account_issuer;
        let mut seen = HashSet::new();
        if issuers.is_empty() || issuers.iter().any(String::is_empty) {
            Err("--service-account-issuer cannot be empty; allowed is self, a URL, or any other \
                 text without a colon")
        } else if !issuers.iter().all(|issuer| seen.insert(issuer)) {
            Err("--service-account-issuer is given twice with the same value; each has to be \
                 another; leave one of them out")
        } else {
            Ok(())
        }
    }

    fn check_lifetime(&self) -> Result<(), &'static str> {
        let most = self.service_account_max_token_expiration;
        if most.is_zero() || (Duration::from_secs(3600)..=LONGEST).contains(&most) {
            return Ok(());
        }
        Err("--service-account-max-token-expiration is out of range; allowed is 0, or 1h to \
             4294967296s")
    }

    fn check_jwks_uri(&self) -> Result<(), &'static str> {
        match &self.service_account_jwks_uri {
            Some(uri) if !uri.starts_with("https://") => {
                Err("--service-account-jwks-uri is no https URL; allowed is one that begins with \
                     https://")
            }
            _ => Ok(()),
        }
    }

    fn check_files(&self) -> Result<(), &'static str> {
        if self.tls_cert_file.is_some() != self.tls_private_key_file.is_some() {
            return Err("--tls-cert-file and --tls-private-key-file go together; give both or \
                        neither");
        }
        if self.service_account_signing_key_file.is_none()
            && !self.service_account_key_file.is_empty()
        {
            return Err("--service-account-key-file needs --service-account-signing-key-file, or \
                        no token that is issued would be accepted");
        }
        Ok(())
    }

    fn check_written_files(&self) -> Result<(), &'static str> {
        let (Some(ready_file), Some(kubeconfig)) = (&self.ready_file, &self.kubeconfig) else {
            return Ok(());
        };
        // One file may be written in several ways: ready.json and ./ready.json.
        let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let [_, others @ ..] = beside(ready_file);
        let mut written = others.iter().chain([ready_file]);
        if written.any(|path| whole(path) == whole(kubeconfig)) {
            return Err("--kubeconfig names a file that --ready-file writes; give it another name");
        }
        Ok(())
    }

    fn check_external_hostname(&self) -> Result<(), &'static str> {
        match &self.external_hostname {
            Some(host) if host.is_empty() || host.contains(['/', ' ', '@']) => Err(
                "--external-hostname is no host; allowed is a host, or a host and a port, such \
                     as emulator.test:8693, without https://",
            ),
            _ => Ok(()),
        }
    }

    fn check_control_token(&self) -> Result<(), &'static str> {
        match &self.control_token {
            Some(token) if token.expose().is_empty() => {
                Err("--control-token is empty; allowed is any other text")
            }
            None if !self.listen.ip().is_loopback() => {
                Err("--control-token is required when --listen is not a loopback address, since \
                     the controls change clock and keys; allowed is any text, best set in \
                     TOKEN_EMULATOR_CONTROL_TOKEN")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use {crate::config::file::parse, rstest::rstest};

    #[rstest]
    #[case("--service-account-max-token-expiration=0", true)]
    #[case("--service-account-max-token-expiration=1h", true)]
    #[case("--service-account-max-token-expiration=59m59s", false)]
    #[case("--service-account-max-token-expiration=4294967296s", true)]
    #[case("--service-account-max-token-expiration=4294967297s", false)]
    #[case("--service-account-jwks-uri=https://a/b", true)]
    #[case("--service-account-jwks-uri=http://a/b", false)]
    #[case("--service-account-issuer=myissuer", true)]
    #[case("--service-account-issuer=", false)]
    #[case("--service-account-issuer=https://a\nhttps://b", true)]
    #[case("--service-account-issuer=https://a\nhttps://a", false)]
    #[case("--service-account-key-file=a", false)]
    #[case("--tls-cert-file=a", false)]
    #[case("--tls-private-key-file=a", false)]
    #[case("--enable-admission-plugins=NodeRestriction,PodSecurity", true)]
    #[case("--enable-admission-plugins=NodeRestrictions", false)]
    #[case("--external-hostname=example.com:6443", true)]
    #[case("--external-hostname=https://example.com", false)]
    #[case("--listen=0.0.0.0:0", false)]
    #[case("--listen=[::1]:0", true)]
    #[case("--control-token=", false)]
    fn a_setting_that_cannot_work_is_refused(#[case] flag: &str, #[case] works: bool) {
        let checked = parse(&["config", flag]).unwrap().check();
        assert_eq!(checked.is_ok(), works, "{checked:?}");
    }

    #[rstest]
    #[case("ready.json", false)]
    #[case("ready.ca.crt", false)]
    #[case("ready.token", false)]
    #[case("./ready.token", false)]
    #[case("ready.kubeconfig", true)]
    #[case("config", true)]
    fn the_kubeconfig_is_a_file_of_its_own(#[case] kubeconfig: &str, #[case] works: bool) {
        let kubeconfig = format!("--kubeconfig={kubeconfig}");
        let checked = parse(&["config", "--ready-file=ready.json", &kubeconfig]).unwrap().check();
        assert_eq!(checked.is_ok(), works, "{checked:?}");
    }

    #[test]
    fn a_control_token_opens_the_network() {
        let flags = ["config", "--listen=0.0.0.0:0", "--control-token=x"];
        assert!(parse(&flags).unwrap().check().is_ok());
    }
}
