//! A host and a port, as clients, settings and URLs write them: `localhost:8693`, `[::1]`.

use {
    http::Uri,
    rustls_pki_types::ServerName,
    std::{
        fmt,
        net::{IpAddr, Ipv6Addr},
        str::FromStr,
    },
};

const ALLOWED: &str = "allowed is a host, or a host and a port, such as emulator, \
                       emulator.example:8693 or [fd00::1]:8693";

/// The longest name that DNS has, in bytes.
const LONGEST_NAME: usize = 253;

/// A host, and a port where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: Option<u16>,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// An IP address; the zone of an IPv6 address is left out.
    Address(IpAddr),
    /// A name in lower case, without the dot that may end it.
    Name(String),
}

impl Authority {
    /// Reads what a client sent, which may have user information in front.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.rsplit('@').next().unwrap_or(text);
        if let Ok(address) = text.parse() {
            return Some(Self { host: Host::Address(address), port: None });
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) = rest.split_once(']')?;
                let address = address.split('%').next()?.parse::<Ipv6Addr>().ok()?;
                let port = if rest.is_empty() { "" } else { rest.strip_prefix(':')? };
                (Host::Address(address.into()), port)
            }
            None => {
                let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
                (Host::parse(host)?, port)
            }
        };
        let port = match port {
            "" => None,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            _ => return None,
        };
        Some(Self { host, port })
    }

    /// The authority of an absolute URL.
    pub fn of_url(url: &str) -> Option<Self> {
        Self::parse(url.parse::<Uri>().ok()?.authority()?.as_str())
    }

    /// The same with a port, whether it has one or not.
    #[must_use]
    pub fn or_port(self, port: u16) -> Self {
        Self { port: self.port.or(Some(port)), ..self }
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            !label.is_empty() && label.bytes().all(known)
        };
        if let Ok(address) = text.parse() {
            Some(Self::Address(address))
        } else if text.len() <= LONGEST_NAME && text.split('.').all(is_label) {
            Some(Self::Name(text.to_ascii_lowercase()))
        } else {
            None
        }
    }

    /// As a certificate names it: an IPv6 address has no brackets.
    pub fn subject(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

impl FromStr for Authority {
    type Err = String;

    /// Reads a setting, which has to be a name that a certificate can have.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = if text.contains(['@', '%']) { None } else { Self::parse(text) };
        let authority = parsed.filter(|authority| authority.port != Some(0));
        authority
            .filter(|authority| ServerName::try_from(authority.host.subject()).is_ok())
            .ok_or_else(|| format!("this is no host; {ALLOWED}"))
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(formatter)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]"),
            Self::Address(address) => address.fmt(formatter),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("localhost", "localhost")]
    #[case("LocalHost.:8693", "localhost:8693")]
    #[case("my_emulator:80", "my_emulator:80")]
    #[case("a.b:", "a.b")]
    #[case("127.0.0.1:1", "127.0.0.1:1")]
    #[case("127.0.0.1.", "127.0.0.1")]
    #[case("::1", "[::1]")]
    #[case("[::1]", "[::1]")]
    #[case("[0:0::1]:8693", "[::1]:8693")]
    #[case("[fe80::1%25eth0]:8693", "[fe80::1]:8693")]
    #[case("localhost@evil.example", "evil.example")]
    #[case("a@b@evil.example:80", "evil.example:80")]
    fn a_client_names_a_host(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Authority::parse(text).unwrap().to_string(), expected);
    }

    #[rstest]
    #[case("")]
    #[case(".")]
    #[case("a..b")]
    #[case("a b")]
    #[case("a/b")]
    #[case("a:b")]
    #[case("a:65536")]
    #[case("a:+1")]
    #[case("[::1")]
    #[case("[::1]8693")]
    #[case("[evil.example]")]
    #[case("ev\u{ed}l.example")]
    fn what_is_no_host_is_none(#[case] text: &str) {
        assert_eq!(Authority::parse(text), None);
    }

    #[rstest]
    #[case("emulator", true)]
    #[case("emulator.example:8693", true)]
    #[case("EMULATOR.example.", true)]
    #[case("my_emulator", true)]
    #[case("10.0.0.1:8693", true)]
    #[case("fd00::1", true)]
    #[case("[fd00::1]:8693", true)]
    #[case("", false)]
    #[case("http://emulator", false)]
    #[case("emulator/path", false)]
    #[case("emulator:0", false)]
    #[case("emulator:http", false)]
    #[case("user@emulator", false)]
    #[case("[fe80::1%eth0]", false)]
    #[case("*.example", false)]
    #[case("-emulator", false)]
    fn a_setting_is_a_name_for_a_certificate(#[case] text: &str, #[case] allowed: bool) {
        assert_eq!(text.parse::<Authority>().is_ok(), allowed, "{text}");
    }

    #[test]
    fn a_url_has_an_authority() {
        let found = Authority::of_url("https://Issuer.example:8443/path").unwrap();
        assert_eq!(found.to_string(), "issuer.example:8443");
        assert_eq!(Authority::of_url("kubernetes/serviceaccount"), None);
    }
}
