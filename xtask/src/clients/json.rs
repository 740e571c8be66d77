//! As much JSON as these checks need: the first member of a name, and a token's claims.

/// The value of the first member of that name, when it is a string or a number.
pub(super) fn member(text: &str, name: &str) -> Result<String, String> {
    let key = format!("\"{name}\"");
    let rests = text.match_indices(&key).map(|(at, found)| text[at + found.len()..].trim_start());
    // A text of that name that no colon follows is a value.
    let value = rests.filter_map(|rest| rest.strip_prefix(':')).next();
    let value = value.ok_or_else(|| format!("no {name} in {}", text.trim()))?.trim_start();
    match value.strip_prefix('"') {
        Some(string) => Ok(string.split('"').next().unwrap_or_default().to_owned()),
        None => {
            let end = value.find([',', '}', ']', '\n']).unwrap_or(value.len());
            Ok(value[..end].trim().to_owned())
        }
    }
}

/// A whole number that is a member.
pub(super) fn number(text: &str, name: &str) -> Result<i64, String> {
    let value = member(text, name)?;
    value.parse().map_err(|_| format!("{name} is {value}, no number"))
}

/// The claims of a token, unverified, as JSON.
pub(super) fn claims(token: &str) -> Result<String, String> {
    let mut parts = token.trim().split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(format!("not a token of three parts, but {} characters", token.len()));
    };
    let bytes = decoded(claims).ok_or("claims that are not base64url")?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding, as Google's JSON has bytes.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |sum, at| sum << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let index = (group >> (18 - 6 * at) & 63) as usize;
            text.push(if at <= chunk.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for character in text.bytes() {
        let plain = match character {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        let value = ALPHABET.iter().position(|&known| known == plain)?;
        (bits, held) = (bits << 6 | u32::try_from(value).ok()?, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_however_they_are_spaced() {
        let text = "{\"a\": \"b\",\n \"n\":12, \"t\" : true}";
        assert_eq!(member(text, "a"), Ok("b".to_owned()));
        assert_eq!(number(text, "n"), Ok(12));
        assert_eq!(member(text, "t"), Ok("true".to_owned()));
        assert!(member(text, "x").is_err());
        assert_eq!(member(r#"["a", {"k": "a", "a": 1}]"#, "a"), Ok("1".to_owned()));
    }

    #[test]
    fn base64_goes_there_and_back() {
        for bytes in [b"".as_slice(), b"a", b"ab", b"abc", b"\xff\xfe\xfd\xfc"] {
            let text = base64(bytes);
            assert_eq!(decoded(text.trim_end_matches('=')).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(base64(b"ab"), "YWI=");
    }

    #[test]
    fn the_claims_of_a_token_are_read() {
        assert_eq!(claims("e30.eyJhIjoxfQ.c2ln"), Ok("{\"a\":1}".to_owned()));
        assert!(claims("no token").is_err());
    }
}
