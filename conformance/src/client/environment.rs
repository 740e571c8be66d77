//! What the environment says of the way to other machines: `HTTPS_PROXY` and `NO_PROXY`.

use {
    super::{Endpoint, proxy::Proxy},
    std::{env, net::IpAddr},
};

/// What the environment says stands between us and another machine. One that cannot be read is no
/// leave to go past it.
pub(crate) fn proxy(endpoint: &Endpoint) -> Result<Option<Proxy>, String> {
    let variable = |name: &str| env::var(name).ok().filter(|it| !it.is_empty());
    let either = |name: &str| variable(name).or_else(|| variable(&name.to_lowercase()));
    let direct = either("NO_PROXY").unwrap_or_default();
    let apart = endpoint.is_loopback() || excepted(&direct, &endpoint.host, endpoint.port);
    match either("HTTPS_PROXY") {
        Some(url) if endpoint.https && !apart => {
            Proxy::parse(&url).map(Some).map_err(|why| format!("HTTPS_PROXY: {why}"))
        }
        _ => Ok(None),
    }
}

/// Whether a host stands in a list like `NO_PROXY`: itself, by its domain, or by a range of
/// addresses; with a port, that port alone.
fn excepted(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']);
    list.split(',').map(str::trim).any(|entry| {
        if entry == "*" || in_range(entry, host) {
            return true;
        }
        let (name, only) = match entry.rsplit_once(':') {
            // More than one colon and no bracket is an address.
            Some((name, only)) if !name.contains(':') || name.ends_with(']') => (name, Some(only)),
            _ => (entry, None),
        };
        let here = only.is_none_or(|it| it.parse() == Ok(port));
        let name = name.trim_matches(['[', ']']).trim_start_matches("*.").trim_start_matches('.');
        here && !name.is_empty() && (host == name || host.ends_with(&format!(".{name}")))
    })
}

/// Whether a host is an address in a range like `10.0.0.0/8`.
fn in_range(range: &str, host: &str) -> bool {
    let Some((start, length)) = range.split_once('/') else { return false };
    let (Ok(length), Ok(start), Ok(host)) = (length.parse::<u32>(), start.parse(), host.parse())
    else {
        return false;
    };
    let (start, host, width) = match (start, host) {
        (IpAddr::V4(start), IpAddr::V4(host)) => {
            (start.to_bits().into(), host.to_bits().into(), 32)
        }
        (IpAddr::V6(start), IpAddr::V6(host)) => (start.to_bits(), host.to_bits(), 128),
        _ => return false,
    };
    // All bits shifted away are no bits that differ.
    let differ: u128 = start ^ host;
    length <= width && differ.checked_shr(width - length).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_exceptions_names_hosts_and_domains() {
        for (list, excepted_there) in [
            ("kube.test", true),
            (".test", true),
            ("*.test,other", true),
            ("*", true),
            ("ube.test", false),
            ("kube.test:6443", true),
            (".test:443", false),
            ("", false),
        ] {
            assert_eq!(excepted(list, "kube.test", 6443), excepted_there, "{list}");
        }
    }

    #[test]
    fn a_list_of_exceptions_names_ranges_of_addresses() {
        for (list, host, excepted_there) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.2", false),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.1.2.3:6443", "10.1.2.3", true),
            ("fd00::/8", "fd12::1", true),
            ("::/0", "fd12::1", true),
            ("fd12::1", "fd12::1", true),
            ("[fd12::1]:1", "fd12::1", false),
            ("10.0.0.0/8", "fd12::1", false),
        ] {
            assert_eq!(excepted(list, host, 6443), excepted_there, "{list}");
        }
    }
}
