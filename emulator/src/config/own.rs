//! Settings that name the server itself, which are known once it has its port: `self` as an issuer,
//! and a port of 0 in an issuer, in `jwks_uri` and in the external hostname.

use {
    crate::{
        config::{Config, ConfigError},
        state_dir,
        world::settings::Settings,
    },
    std::collections::HashSet,
};

/// The issuer that stands for the server's own https URL.
pub const SELF: &str = "self";

impl Config {
    /// The settings with the server's own URL, which is https, and the port that is bound, where
    /// they name them.
    pub(crate) fn locate(
        &self,
        settings: Settings,
        url: &str,
        port: u16,
    ) -> Result<Settings, ConfigError> {
        let issuers = self.service_account_issuer.iter();
        let issuers: Vec<_> = issuers.map(|issuer| located(issuer, url, port)).collect();
        let mut seen = HashSet::new();
        if let Some(twice) = issuers.iter().find(|issuer| !seen.insert(*issuer)) {
            return Err(ConfigError(format!(
                "--service-account-issuer is given twice with the same value: {twice} is also \
                 what self or a port of 0 stands for; leave one of them out"
            )));
        }
        let named = self.service_account_jwks_uri.as_deref().map(|uri| with_port(uri, port));
        let is_own = self.service_account_issuer.first().is_some_and(|first| first == SELF);
        let own =
            (is_own && self.external_hostname.is_none()).then(|| format!("{url}/openid/v1/jwks"));
        let hostname = self.external_hostname();
        Ok(Settings {
            api_audiences: match self.api_audiences.as_slice() {
                [] => issuers.clone(),
                audiences => audiences.to_vec(),
            },
            issuers,
            jwks_uri: named.or(own),
            external_hostname: hostname.map(|host| host_with_port(&host, port)),
            ..settings
        })
    }

    /// The port of the last run, where a state folder keeps one.
    pub fn kept_port(&self) -> Option<u16> {
        self.state_dir.as_deref().and_then(state_dir::kept_port)
    }

    /// The hosts of issuers that are this server under another name.
    pub(crate) fn own_hosts(&self) -> Vec<String> {
        let issuers = self.service_account_issuer.iter();
        let authorities = issuers.filter_map(|issuer| split(issuer)).map(|(_, host, _)| host);
        let hosts = authorities.filter_map(|host| host.strip_suffix(":0"));
        hosts.map(|host| host.trim_start_matches('[').trim_end_matches(']').to_owned()).collect()
    }
}

fn located(issuer: &str, url: &str, port: u16) -> String {
    if issuer == SELF { url.to_owned() } else { with_port(issuer, port) }
}

/// A URL, whose port of 0 is the one that is bound.
fn with_port(url: &str, port: u16) -> String {
    match split(url) {
        Some((scheme, host, rest)) => format!("{scheme}{}{rest}", host_with_port(host, port)),
        None => url.to_owned(),
    }
}

fn host_with_port(host: &str, port: u16) -> String {
    match host.strip_suffix(":0") {
        Some(name) if !name.is_empty() && !name.ends_with(':') => format!("{name}:{port}"),
        _ => host.to_owned(),
    }
}

/// Scheme, host with port, and all after it.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, after) = url.split_at(url.find("://")? + 3);
    let (host, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
    Some((scheme, host, rest))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    const URL: &str = "https://127.0.0.1:4711";
    const PORT: u16 = 4711;

    fn located(config: Config) -> Settings {
        config.locate(Settings::default(), URL, PORT).unwrap()
    }

    fn issued_by(issuers: &[&str]) -> Config {
        let service_account_issuer = issuers.iter().map(|&issuer| issuer.to_owned()).collect();
        Config { service_account_issuer, ..Config::default() }
    }

    #[rstest]
    #[case("self", URL)]
    #[case("https://localhost:0", "https://localhost:4711")]
    #[case("https://[::1]:0/a?b", "https://[::1]:4711/a?b")]
    #[case("https://localhost/a:0", "https://localhost/a:0")]
    #[case("https://localhost:10", "https://localhost:10")]
    #[case("https://localhost", "https://localhost")]
    #[case("myself", "myself")]
    fn an_issuer_may_be_the_server_itself(#[case] issuer: &str, #[case] expected: &str) {
        let settings = located(issued_by(&[issuer, "other"]));
        assert_eq!(settings.issuers, [expected, "other"]);
        assert_eq!(settings.api_audiences, settings.issuers);
    }

    #[test]
    fn audiences_that_are_set_stay() {
        let api_audiences = vec!["self".to_owned()];
        let settings = located(Config { api_audiences, ..issued_by(&["self"]) });
        assert_eq!(settings.api_audiences, ["self"]);
    }

    #[test]
    fn the_keys_are_where_the_issuer_is_unless_another_place_is_named() {
        let own = Some("https://127.0.0.1:4711/openid/v1/jwks");
        assert_eq!(located(issued_by(&["self"])).jwks_uri.as_deref(), own);
        assert_eq!(located(issued_by(&["other", "self"])).jwks_uri, None);
        let service_account_jwks_uri = Some("https://localhost:0/keys".to_owned());
        let named = located(Config { service_account_jwks_uri, ..issued_by(&["self"]) });
        assert_eq!(named.jwks_uri.as_deref(), Some("https://localhost:4711/keys"));
        let external_hostname = Some("emulator.test:0".to_owned());
        let external = located(Config { external_hostname, ..issued_by(&["self"]) });
        assert_eq!(external.jwks_uri, None);
        assert_eq!(external.external_hostname.as_deref(), Some("emulator.test:4711"));
    }

    #[test]
    fn one_issuer_under_two_names_is_refused() {
        let error =
            issued_by(&["self", "https://127.0.0.1:0"]).locate(Settings::default(), URL, PORT);
        assert!(error.unwrap_err().0.contains("twice with the same value: https://127.0.0.1:4711"));
    }

    #[test]
    fn a_port_of_zero_is_the_one_that_is_bound_whatever_is_advertised() {
        let advertise = vec!["emulator.test:443".parse().unwrap()];
        let config = Config { advertise, ..issued_by(&["self", "https://localhost:0"]) };
        let url = "https://emulator.test:443";
        let settings = config.locate(Settings::default(), url, PORT).unwrap();
        assert_eq!(settings.issuers, [url, "https://localhost:4711"]);
        assert_eq!(settings.jwks_uri.as_deref(), Some("https://emulator.test:443/openid/v1/jwks"));
        assert_eq!(settings.external_hostname.as_deref(), Some("emulator.test:443"));
    }

    #[test]
    fn a_host_that_is_this_server_is_in_the_certificate() {
        let config = issued_by(&["https://emulator.test:0/x", "https://[::2]:0", "https://a", "b"]);
        assert_eq!(config.own_hosts(), ["emulator.test", "::2"]);
    }
}
