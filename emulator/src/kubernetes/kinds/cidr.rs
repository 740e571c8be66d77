//! Ranges of addresses, as fields take them that are older than strict rules.
//!
//! Source: apimachinery `pkg/util/validation/ip.go`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is wrong with a range.
pub fn check(text: &str) -> Result<(), &'static str> {
    let Some((address, bits)) = read(text) else {
        return Err("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    };
    let (shown, digits) = text.split_once('/').unwrap_or((text, ""));
    if shown.parse::<IpAddr>().is_err() || (digits.len() > 1 && digits.starts_with('0')) {
        Err("must not have leading 0s in IP or prefix length")
    } else if matches!(address, IpAddr::V6(it) if it.to_ipv4_mapped().is_some()) {
        Err("must not have an IPv4-mapped IPv6 address")
    } else if has_bits_beyond(address, bits) {
        Err("must not have bits set beyond the prefix length")
    } else {
        Ok(())
    }
}

/// The way a valid range is to be written, where it is written in another.
pub fn canonical(text: &str) -> Option<String> {
    let (address, bits) = read(text)?;
    let canonical = format!("{address}/{bits}");
    (address.is_ipv6() && canonical != text).then_some(canonical)
}

/// Whether a range is of IPv4; `None` where it is none at all.
pub fn is_version_four(text: &str) -> Option<bool> {
    read(text).map(|(address, _)| address.to_canonical().is_ipv4())
}

fn read(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let (address, longest) = match address.contains(':') {
        true => (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), 128),
        false => (IpAddr::V4(sloppy(address)?), 32),
    };
    let bits = number(bits).filter(|bits| *bits <= longest)?;
    Some((address, bits))
}

// An octet may begin with zeros.
fn sloppy(text: &str) -> Option<Ipv4Addr> {
    let octets: Vec<u8> = text.split('.').map(number).collect::<Option<_>>()?;
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?))
}

fn number(digits: &str) -> Option<u8> {
    let valid = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    valid.then(|| digits.parse().ok()).flatten()
}

fn has_bits_beyond(address: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(it) => it.to_bits() & u32::MAX.checked_shr(bits).unwrap_or(0) != 0,
        IpAddr::V6(it) => it.to_bits() & u128::MAX.checked_shr(bits).unwrap_or(0) != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_refused_for_one_reason() {
        for (text, expected) in [
            ("10.0.0.0/8", ""),
            ("2001:db8::/64", ""),
            ("::/0", ""),
            ("10.0.0.0/33", "valid CIDR"),
            ("10.0.0/8", "valid CIDR"),
            ("10.0.0.0", "valid CIDR"),
            ("::1/+8", "valid CIDR"),
            ("010.0.0.0/8", "leading 0s"),
            ("10.0.0.0/08", "leading 0s"),
            ("::ffff:1.2.3.0/120", "IPv4-mapped"),
            ("1.2.3.4/8", "beyond"),
            ("fe80::1/64", "beyond"),
        ] {
            let fault = check(text).err().unwrap_or("");
            assert!(fault.contains(expected) && fault.is_empty() == expected.is_empty(), "{text}");
        }
    }

    #[test]
    fn only_version_six_has_a_form_of_its_own() {
        assert_eq!(canonical("FE80:0::/64").as_deref(), Some("fe80::/64"));
        assert_eq!(canonical("fe80::/64"), None);
        assert_eq!(canonical("010.0.0.0/8"), None);
    }
}
