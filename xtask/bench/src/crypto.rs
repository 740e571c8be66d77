//! The raw operations that no server can do without, on every core at once, with keys that are
//! parsed once, over a message as long as a token's.

use {
    crate::{Result, cores},
    aws_lc_rs::{
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{
            ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
            RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaParameters, UnparsedPublicKey,
        },
    },
    std::{
        process::Command,
        sync::Arc,
        thread,
        time::{Duration, Instant},
    },
};

/// As long as the header and the claims of a token are.
const MESSAGE: [u8; 600] = [b'm'; 600];

/// RSA-2048 signatures a second.
pub(crate) fn rsa_signs(time: Duration) -> Result<f64> {
    let key = Arc::new(KeyPair::generate(KeySize::Rsa2048)?);
    repeat(time, move || {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &MESSAGE, &mut signature).is_ok()
    })
}

/// RSA-2048 verifications a second.
pub(crate) fn rsa_verifies(time: Duration) -> Result<f64> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &MESSAGE, &mut signature)?;
    let algorithm: &RsaParameters = &RSA_PKCS1_2048_8192_SHA256;
    // Parsed once, as a server would.
    let public = UnparsedPublicKey::new(algorithm, key.public_key().as_ref());
    let public = public.parse().map_err(|_| "the key that was just made cannot be read")?;
    let public = Arc::new(public);
    repeat(time, move || public.verify_sig(&MESSAGE, &signature).is_ok())
}

/// P-256 signatures a second.
pub(crate) fn ecdsa_signs(time: Duration) -> Result<f64> {
    let key = Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?);
    repeat(time, move || key.sign(&SystemRandom::new(), &MESSAGE).is_ok())
}

/// A P-256 key as a PEM file has it.
pub(crate) fn ec_key_pem() -> Result<String> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    Ok(key.serialize_pem())
}

/// What `openssl speed` says of RSA-2048 on as many processes as there are cores: signatures a
/// second; `None` where there is no openssl.
pub(crate) fn openssl_signs(seconds: u64) -> Option<f64> {
    let (multi, seconds) = (cores().to_string(), seconds.max(1).to_string());
    let output = Command::new("openssl")
        .args(["speed", "-multi", &multi, "-seconds", &seconds, "rsa2048"])
        .output()
        .ok()?;
    openssl_figure(&String::from_utf8_lossy(&output.stdout))
}

/// Reads the line `rsa 2048 bits 0.000245s 0.000008s 4081.6 125000.0`, wherever the column of
/// signatures stands in this version.
fn openssl_figure(text: &str) -> Option<f64> {
    let column = text.lines().find_map(|line| {
        let at = line.find("sign/s")?;
        Some(line[..at].split_whitespace().count())
    })?;
    let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let figures = lines.find(|words| words.starts_with(&["rsa", "2048", "bits"]))?;
    figures.get(3 + column)?.parse().ok()
}

/// How often a second an operation is done, by a thread on each core.
fn repeat(time: Duration, operation: impl Fn() -> bool + Clone + Send + 'static) -> Result<f64> {
    let threads: Vec<_> = (0..cores())
        .map(|_| {
            let operation = operation.clone();
            thread::spawn(move || count(time, &operation))
        })
        .collect();
    let mut total = 0.0;
    for thread in threads {
        total += thread.join().map_err(|_| "a signing thread panicked")?;
    }
    Ok(total)
}

fn count(time: Duration, operation: &impl Fn() -> bool) -> f64 {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < time {
        // A failed operation does not count, and so would show.
        count += u32::from(operation());
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_signatures_is_found() {
        let old = "                  sign    verify    sign/s verify/s\n\
                   rsa 2048 bits 0.000245s 0.000008s   4081.6 125000.0\n";
        assert_eq!(openssl_figure(old), Some(4081.6));
        let new = "                  sign    verify    encrypt   decrypt   sign/s verify/s  encr./s  decr./s\n\
                   rsa  2048 bits 0.000133s 0.000004s 0.000005s 0.000137s   7500.1 250000.0 200000.0   7300.0\n";
        assert_eq!(openssl_figure(new), Some(7500.1));
    }
}
