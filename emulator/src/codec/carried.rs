//! Bytes that are not UTF-8, carried in text by characters that nobody uses, the last 128 of the
//! last private plane, so that each way out can write them as Go does: JSON as an escape,
//! protobuf and the quotes of `%q` as the byte itself.

use std::borrow::Cow;

const FIRST: u32 = 0x0010_ff80;

/// Bytes as text; those that are not UTF-8 are carried.
pub fn carry(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| character(*byte)));
    }
    text
}

/// The byte that a character carries, if it does.
pub fn byte(character: char) -> Option<u8> {
    let number = u32::from(character).checked_sub(FIRST)?;
    u8::try_from(number + 0x80).ok()
}

/// A text as the bytes that it was made of.
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(|it| byte(it).is_some()) {
        return text.as_bytes().into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match byte(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes.into()
}

/// A text in which what is carried has become U+FFFD.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(|it| byte(it).is_some()) {
        return text.into();
    }
    text.replace(|it| byte(it).is_some(), "\u{fffd}").into()
}

fn character(byte: u8) -> char {
    let number = FIRST + u32::from(byte & 0x7f);
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_comes_out_again() {
        let sent = b"a\xff\x80\xc3\xa9\xe2\x82";
        let text = carry(sent);
        assert_eq!(bytes(&text), sent.as_slice());
        assert_eq!(shown(&text), "a\u{fffd}\u{fffd}\u{e9}\u{fffd}\u{fffd}");
        assert_eq!(bytes("plain"), b"plain".as_slice());
    }
}
