//! What entity tags are made of.

use {aws_lc_rs::digest, std::fmt::Write};

/// The SHA-512 of some bytes, in upper case hexadecimal digits.
pub fn upper_hex(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA512, bytes);
    digest.as_ref().iter().fold(String::with_capacity(128), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_in_upper_case() {
        let expected = "CF83E1357EEFB8BDF1542850D66D8007D620E4050B5715DC83F4A921D36CE9CE";
        assert_eq!(&upper_hex(b"")[..64], expected);
    }
}
