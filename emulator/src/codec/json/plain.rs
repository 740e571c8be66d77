//! The part of a text that means itself in JSON.

/// How many bytes at the start stand for themselves, whoever reads or writes them: no quote, no
/// backslash, no control, nothing that HTML minds, nothing past ASCII. Whole blocks are looked at
/// without a branch in between, since long texts, tokens above all, are plain; so what is counted
/// may be less than there is.
pub(super) fn start(bytes: &[u8]) -> usize {
    let special = |byte: u8| {
        let quoted = (byte == b'"') | (byte == b'\\');
        let html = (byte == b'<') | (byte == b'>') | (byte == b'&');
        !(0x20..0x80).contains(&byte) | quoted | html
    };
    let is_plain =
        |block: &&[u8; 32]| !block.iter().fold(false, |found, byte| found | special(*byte));
    let (blocks, _) = bytes.as_chunks::<32>();
    blocks.iter().take_while(is_plain).count() * 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_with_anything_special_are_left_to_a_closer_look() {
        let plain = [b'a'; 70];
        assert_eq!(start(&plain), 64);
        for byte in [b'"', b'\\', b'\n', b'<', 0xc3] {
            let mut text = plain;
            text[40] = byte;
            assert_eq!(start(&text), 32, "{byte}");
        }
    }
}
