//! Which requests are let through to an API: not those that a page of another site has its browser
//! send, nor those for a name that may be a stranger's.
//!
//! A name that its owner points at 127.0.0.1 makes an emulator there one site with that owner's
//! pages, for a browser that knows hosts by their names. Over https the certificate keeps it out.
//!
//! Source: the Fetch Metadata specification (`Sec-Fetch-Site`).

use {
    crate::{
        api::{Api, Failure, Head},
        server::{
            authority::{Authority, Host},
            origin::Origin,
            tls::Material,
        },
    },
    http::{
        HeaderName, HeaderValue,
        header::{HOST, ORIGIN},
    },
    rustls::{client::verify_server_name, server::ParsedCertificate},
    rustls_pki_types::{CertificateDer, ServerName},
    std::{borrow::Cow, collections::HashSet, net::IpAddr},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What names end with that cannot be registered as domains; and Google's, by which clients are made
/// to find this server.
const SUFFIXES: [&str; 5] =
    [".localhost", ".internal", ".svc", ".cluster.local", ".googleapis.com"];

/// The names that are answered, and the pages that may ask.
#[derive(Debug, Default)]
pub struct Gate {
    names: HashSet<String>,
    certificate: Option<CertificateDer<'static>>,
    origins: Vec<Origin>,
}

/// What becomes of a request before its API sees it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The API answers it.
    Admitted(Readers),
    /// The API says why not.
    Refused(Failure),
}

/// Which pages may read an answer, beside what its API says of it.
#[derive(Debug)]
pub(super) enum Readers {
    /// Those that a browser lets read it.
    Usual,
    /// Those of this origin, too.
    Allowed(HeaderValue),
    /// Those of this server, and no others.
    Own,
}

/// What a browser says of the page that asks.
#[derive(Debug, PartialEq, Eq)]
enum Mark {
    /// It is of another site.
    Foreign,
    /// It is of this server, or there is none.
    Own,
    /// Nothing, as all other clients do.
    None,
}

impl Gate {
    /// A gate for the names of a certificate and these, open to pages of these origins.
    pub fn new(
        names: impl IntoIterator<Item = Host>,
        tls: &Material,
        origins: Vec<Origin>,
    ) -> Self {
        let names = names.into_iter().map(|host| host.subject()).collect();
        Self { names, certificate: tls.certificate(), origins }
    }

    /// Looks at the head of a request.
    pub(super) fn judge(&self, api: &dyn Api, head: &Head) -> Verdict {
        if let Some(host) = self.stranger(head) {
            return Verdict::Refused(Failure::Misdirected(misdirected(&host)));
        }
        let mut values = head.headers.get_all(ORIGIN).iter();
        let value = values.next();
        let origin = value.and_then(|value| Origin::parse(value.to_str().ok()?));
        // No browser sends two.
        let origin = origin.filter(|_| values.next().is_none());
        let is_allowed = origin.as_ref().is_some_and(|origin| self.origins.contains(origin));
        let is_foreign = match mark(head) {
            Mark::Foreign => true,
            Mark::Own => false,
            Mark::None => {
                let is_own = || origin.as_ref().is_some_and(|origin| is_own(origin, head));
                let decides = || api.origin_decides(head) || is_unmarked(head);
                value.is_some() && decides() && !is_own()
            }
        };
        if is_foreign && !is_allowed {
            return Verdict::Refused(Failure::ForeignSite(foreign(origin.as_ref())));
        }
        Verdict::Admitted(match value {
            Some(value) if is_allowed => Readers::Allowed(value.clone()),
            _ if is_unmarked(head) => Readers::Own,
            _ => Readers::Usual,
        })
    }

    /// The first host that a request over plain http names and that may be a stranger's.
    fn stranger(&self, head: &Head) -> Option<String> {
        let is_strange = |host: &str| {
            let authority = Authority::parse(host);
            !host.is_empty() && !authority.is_some_and(|authority| self.knows(&authority.host))
        };
        let mut hosts = hosts(head).filter(|_| !head.secure);
        hosts.find(|host| is_strange(host)).map(Cow::into_owned)
    }

    fn knows(&self, host: &Host) -> bool {
        let Host::Name(name) = host else { return true };
        let Some((_, last)) = name.rsplit_once('.') else { return true };
        // A name that ends in a number is an address to a browser, or nothing.
        last.bytes().all(|byte| byte.is_ascii_digit())
            || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
            || self.names.contains(name)
            || self.is_certified(name)
    }

    fn is_certified(&self, name: &str) -> bool {
        let certificate = self.certificate.as_ref();
        let certificate = certificate.and_then(|it| ParsedCertificate::try_from(it).ok());
        let (Some(certificate), Ok(name)) = (certificate, ServerName::try_from(name)) else {
            return false;
        };
        verify_server_name(&certificate, &name).is_ok()
    }
}

/// All hosts that a request names: in its target, in `:authority`, in `Host`.
fn hosts(head: &Head) -> impl Iterator<Item = Cow<'_, str>> {
    let target = head.uri.authority().map(|authority| authority.as_str().into());
    let lines = head.headers.get_all(HOST).iter();
    target
        .into_iter()
        .chain(lines.map(|line| String::from_utf8_lossy(line.as_bytes().trim_ascii())))
}

fn is_own(origin: &Origin, head: &Head) -> bool {
    let asked = hosts(head).next().and_then(|host| Authority::parse(&host));
    asked.is_some_and(|asked| origin.is_at(&asked, head.secure))
}

/// Whether a browser says nothing of the page that asks, since the request goes to an address that
/// it does not take for this machine, although it leads here: `0.0.0.0`, `[::ffff:127.0.0.1]`.
///
/// It marks requests to `localhost`, `127.0.0.0/8` and `::1`, and over https.
/// Source: the Secure Contexts specification, "potentially trustworthy".
fn is_unmarked(head: &Head) -> bool {
    let is_one = |host: &str| match Authority::parse(host).map(|authority| authority.host) {
        Some(Host::Address(IpAddr::V6(address))) => {
            address.is_unspecified() || address.to_ipv4_mapped().is_some()
        }
        Some(Host::Address(IpAddr::V4(address))) => address.is_unspecified(),
        _ => false,
    };
    !head.secure && hosts(head).any(|host| is_one(&host))
}

fn mark(head: &Head) -> Mark {
    let marks = || head.headers.get_all(SEC_FETCH_SITE).iter().map(|it| it.as_bytes().trim_ascii());
    let is = |mark: &[u8], known: &[&str]| {
        known.iter().any(|known| mark.eq_ignore_ascii_case(known.as_bytes()))
    };
    if marks().any(|mark| is(mark, &["cross-site", "same-site"])) {
        Mark::Foreign
    } else if marks().any(|mark| is(mark, &["same-origin", "none"])) {
        Mark::Own
    } else {
        Mark::None
    }
}

fn misdirected(host: &str) -> String {
    match Authority::parse(host) {
        Some(Authority { host, .. }) => format!(
            "{host} is not a name of this server; start the server with --advertise {host} to have \
             it answered"
        ),
        None => {
            "the request names no valid host; names that --advertise adds are answered".to_owned()
        }
    }
}

fn foreign(origin: Option<&Origin>) -> String {
    let why = "the request comes from a page of another site";
    match origin {
        Some(origin) => {
            format!("{why}, {origin}; start the server with --allow-origin {origin} to allow it")
        }
        None => format!("{why}, and names no origin, so --allow-origin cannot allow it"),
    }
}
