//! Another value that looks as good as the first: the next enumerator, an hour later, or a name, a key
//! or an opaque text with one letter changed.

use jiff::{SignedDuration, Timestamp};

/// What may stand in one another's place, to look at it.
const KIN: &[&[&str]] = &[
    &["PROVISIONING", "RUNNING", "RECONCILING", "STOPPING", "ERROR", "DEGRADED"],
    &["DISABLED", "PROJECT_SINGLETON_POLICY_ENFORCE"],
    &["VULNERABILITY_DISABLED", "VULNERABILITY_ENTERPRISE"],
    &["SYSTEM_COMPONENTS", "WORKLOADS"],
    &["eks", "aks", "generic"],
    &["create", "update", "delete", "import"],
    &["Bearer", "bearer"],
    &["RS256", "RS384"],
    &["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"],
    &["NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "ABORTED", "ALREADY_EXISTS"],
    &["CREDENTIALS_MISSING", "ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"],
    &[
        "type.googleapis.com/google.cloud.gkemulticloud.v1.AttachedCluster",
        "type.googleapis.com/google.cloud.gkemulticloud.v1.AttachedServerConfig",
    ],
    &[
        "type.googleapis.com/google.rpc.BadRequest",
        "type.googleapis.com/google.rpc.PreconditionFailure",
    ],
];

/// How long a time is up to its hours.
const HOURS: usize = "2026-01-02T03".len();

/// One that is akin to a text, if there is any.
pub(crate) fn to(text: &str) -> Option<String> {
    for kin in KIN {
        if let Some(at) = kin.iter().position(|it| *it == text) {
            return Some(kin[(at + 1) % kin.len()].to_owned());
        }
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        let later = time.checked_add(SignedDuration::from_hours(1)).ok()?.to_string();
        // With as many digits of its second as it had.
        return Some(format!("{}{}", later.get(..HOURS)?, text.get(HOURS..)?));
    }
    // The end of a name, or of a sentence; anything else in its middle, where padding has no say.
    let is_letter = |(_, byte): &(usize, u8)| byte.is_ascii_alphanumeric();
    let letters: Vec<(usize, u8)> = text.bytes().enumerate().filter(is_letter).collect();
    let named = text.contains(['/', ' ']);
    let at = if named { letters.len().checked_sub(1)? } else { letters.len() / 2 };
    let (at, letter) = *letters.get(at)?;
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = match letter {
        b'z' | b'Z' | b'9' => letter - 1,
        letter => letter + 1,
    };
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_look_as_good() {
        for (text, expected) in [
            ("RUNNING", "RECONCILING"),
            ("import", "create"),
            ("2026-01-02T23:04:05.000000060Z", "2026-01-03T00:04:05.000000060Z"),
            (
                "projects/p/locations/l/attachedClusters/c1",
                "projects/p/locations/l/attachedClusters/c2",
            ),
            ("1.35.0-gke.1", "1.35.0-hke.1"),
            ("AAAAAAAAAAA=", "AAAAABAAAAA="),
        ] {
            assert_eq!(to(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(to(""), None);
    }
}
