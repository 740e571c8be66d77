//! What a header may hold beside its names: the key and the certificates that go-jose reads before
//! it looks at anything else. None of them is trusted; one that cannot be read makes a token none.
//!
//! Source: go-jose `jwk.go`, `shared.go`.

use {
    super::members::{self, Members, kind},
    aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
        EcdsaVerificationAlgorithm, ParsedPublicKey,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
};

/// Whether a key (`jwk`) can be read, and is public.
pub(super) fn is_public_key(jwk: &str) -> bool {
    let Some(jwk) = Members::read(jwk).filter(Members::are_distinct) else { return false };
    if !jwk.iter().all(|(name, value)| is_readable(name, value)) {
        return false;
    }
    let text = |name: &str| {
        let mut text = String::new();
        members::set_text(&mut text, jwk.get(name).unwrap_or("null")).is_ok().then_some(text)
    };
    let bytes = |name: &str| {
        let value = jwk.get(name).filter(|value| kind(value) != "null")?;
        super::parse::BASE64.decode(serde_json::from_str::<String>(value).ok()?).ok()
    };
    if bytes("d").is_some() {
        return false;
    }
    match text("kty").as_deref() {
        Some("RSA") => {
            let is_one = |exponent: Vec<u8>| exponent.iter().any(|byte| *byte != 0);
            bytes("n").is_some() && bytes("e").is_some_and(is_one)
        }
        Some("EC") => match (text("crv"), bytes("x"), bytes("y")) {
            (Some(curve), Some(x), Some(y)) => is_point(&curve, &x, &y),
            _ => false,
        },
        Some("OKP") => text("crv").as_deref() == Some("Ed25519") && bytes("x").is_some(),
        _ => false,
    }
}

/// Whether a chain (`x5c`) is one of certificates.
pub(super) fn are_certificates(chain: &str) -> bool {
    let is_der = |text: &String| {
        BASE64_STANDARD.decode(text).is_ok_and(|bytes| bytes.first() == Some(&0x30))
    };
    members::texts(chain, "[]string").is_ok_and(|chain| chain.iter().all(is_der))
}

/// Whether a member of a key has the type that it should have.
fn is_readable(name: &str, value: &str) -> bool {
    match (name, kind(value)) {
        (_, "null") => true,
        ("kty" | "kid" | "crv" | "alg" | "use" | "x5u" | "x5t" | "x5t#S256", kind) => {
            kind == "string"
        }
        ("k" | "x" | "y" | "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi", kind) => {
            let text: Option<String> = serde_json::from_str(value).ok();
            kind == "string" && text.is_some_and(|text| super::parse::BASE64.decode(text).is_ok())
        }
        ("x5c", kind) => kind == "array" && are_certificates(value),
        _ => true,
    }
}

fn is_point(curve: &str, x: &[u8], y: &[u8]) -> bool {
    let (algorithm, size): (&'static EcdsaVerificationAlgorithm, _) = match curve {
        "P-256" => (&ECDSA_P256_SHA256_FIXED, 32),
        "P-384" => (&ECDSA_P384_SHA384_FIXED, 48),
        "P-521" => (&ECDSA_P521_SHA512_FIXED, 66),
        _ => return false,
    };
    let point = [&[4], x, y].concat();
    x.len() == size && y.len() == size && ParsedPublicKey::new(algorithm, point).is_ok()
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case(r#"{"kty":"RSA","n":"AQAB","e":"AQAB","key_ops":7}"#, true)]
    #[case(r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":null}"#, true)]
    #[case(r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#, false)]
    #[case(r#"{"kty":"RSA","n":"AQAB","e":"AA"}"#, false)]
    #[case(r#"{"kty":"RSA","n":"AQAB"}"#, false)]
    #[case(r#"{"kty":"RSA","n":"AQ=","e":"AQAB"}"#, false)]
    #[case(r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":7}"#, false)]
    #[case(r#"{"kty":"RSA","n":"AQAB","e":"AQAB","e":"AQAB"}"#, false)]
    #[case(r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, true)]
    #[case(r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, false)]
    #[case(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, false)]
    #[case(r#"{"kty":"oct","k":"AQAB"}"#, false)]
    #[case("{}", false)]
    #[case("[]", false)]
    fn a_key_is_public_or_none(#[case] jwk: &str, #[case] expected: bool) {
        assert_eq!(is_public_key(jwk), expected);
    }

    #[rstest]
    #[case("P-256", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", true)]
    #[case("P-256", "y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", false)]
    #[case("P-384", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", false)]
    fn a_point_lies_on_its_curve(#[case] curve: &str, #[case] y: &str, #[case] expected: bool) {
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let jwk = format!(r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#);
        assert_eq!(is_public_key(&jwk), expected);
    }

    #[rstest]
    #[case("[]", true)]
    #[case(r#"["MAA="]"#, true)]
    #[case(r#"["?"]"#, false)]
    #[case("[7]", false)]
    fn a_chain_is_one_of_certificates(#[case] chain: &str, #[case] expected: bool) {
        assert_eq!(are_certificates(chain), expected);
    }
}
