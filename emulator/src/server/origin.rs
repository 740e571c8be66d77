//! Origins of pages, as a browser sends them and as settings name them.
//!
//! Source: the Fetch standard (`Origin`), the HTML standard (origin).

use {
    crate::server::authority::Authority,
    std::{fmt, str::FromStr},
};

const ALLOWED: &str = "allowed is a scheme and a host, and a port where it is not the scheme's \
                       own, such as http://localhost:3000, or null for pages without an origin";

/// An origin. Two that a browser takes for the same are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `null`: that of a file, or of a frame that is kept apart.
    Opaque,
    /// Scheme, host and port.
    Tuple {
        /// The scheme, in lower case.
        scheme: String,
        /// The host, and the port where the scheme's own is known or another was given.
        authority: Authority,
    },
}

impl Origin {
    /// Reads the value of an `Origin` header.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Opaque);
        }
        let (scheme, authority) = text.split_once("://")?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if scheme.is_empty() || !scheme.bytes().all(known) || authority.contains('@') {
            return None;
        }
        let (scheme, authority) = (scheme.to_ascii_lowercase(), Authority::parse(authority)?);
        let authority = match usual_port(&scheme) {
            Some(port) => authority.or_port(port),
            None => authority,
        };
        Some(Self::Tuple { scheme, authority })
    }

    /// Whether its pages come from the server that was asked at this authority. http and https are
    /// the same there: one port takes both.
    pub(super) fn is_at(&self, asked: &Authority, secure: bool) -> bool {
        let Self::Tuple { scheme, authority } = self else { return false };
        let port = if secure { 443 } else { 80 };
        matches!(scheme.as_str(), "http" | "https") && *authority == asked.clone().or_port(port)
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

impl FromStr for Origin {
    type Err = String;

    /// Reads a setting, which may end with a slash.
    fn from_str(text: &str) -> Result<Self, String> {
        let origin = Self::parse(text.strip_suffix('/').unwrap_or(text));
        origin.ok_or_else(|| format!("this is no origin; {ALLOWED}"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Tuple { scheme, authority } = self else { return formatter.write_str("null") };
        let port = authority.port.filter(|port| usual_port(scheme) != Some(*port));
        let host = &authority.host;
        write!(formatter, "{scheme}://{}", Authority { host: host.clone(), port })
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("http://localhost:3000", "HTTP://LOCALHOST:3000", true)]
    #[case("http://a", "http://a:80", true)]
    #[case("https://a", "https://a:443", true)]
    #[case("http://a/", "http://a", true)]
    #[case("http://[::1]:1", "http://[0:0::1]:1", true)]
    #[case("null", "null", true)]
    #[case("http://a", "https://a", false)]
    #[case("http://a", "http://a:8080", false)]
    #[case("http://a", "http://a.b", false)]
    #[case("null", "http://null", false)]
    #[case("chrome-extension://abc", "chrome-extension://abc", true)]
    fn origins_are_compared_as_browsers_do(
        #[case] one: &str,
        #[case] other: &str,
        #[case] same: bool,
    ) {
        let (one, other): (Origin, Origin) = (one.parse().unwrap(), other.parse().unwrap());
        assert_eq!(one == other, same);
        assert_eq!(one.to_string().parse::<Origin>().unwrap(), one);
    }

    #[rstest]
    #[case("")]
    #[case("*")]
    #[case("localhost:3000")]
    #[case("http://")]
    #[case("http://a/path")]
    #[case("http://a?query")]
    #[case("http://me@a")]
    #[case("http://*.a")]
    #[case("http://a http://b")]
    #[case("Null")]
    fn what_is_no_origin_says_what_is_allowed(#[case] text: &str) {
        let error = text.parse::<Origin>().unwrap_err();
        assert!(error.contains("http://localhost:3000"), "{error}");
    }

    #[rstest]
    #[case("http://a:8693", "A:8693", false, true)]
    #[case("https://a:8693", "a:8693", false, true)]
    #[case("http://a", "a", false, true)]
    #[case("https://a", "a", true, true)]
    #[case("https://a", "a", false, false)]
    #[case("http://a:8693", "a:3000", false, false)]
    #[case("http://a:8693", "b:8693", false, false)]
    #[case("null", "a", false, false)]
    #[case("tauri://a:8693", "a:8693", false, false)]
    fn a_page_of_the_server_itself_has_its_host_and_port(
        #[case] origin: &str,
        #[case] asked: &str,
        #[case] secure: bool,
        #[case] own: bool,
    ) {
        let asked = Authority::parse(asked).unwrap();
        assert_eq!(Origin::parse(origin).unwrap().is_at(&asked, secure), own);
    }
}
