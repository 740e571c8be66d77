//! Credentials in each encoding, one and two deep, and texts that have none.

use {
    super::*,
    base64::{
        Engine,
        prelude::{
            BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD,
        },
    },
    data_encoding::BASE32,
    proptest::{
        prelude::*,
        test_runner::{Config, RngSeed},
    },
};

const TOKEN: &str =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZy1lbm91Z2gtdG8tdGVsbA";
const OPAQUE: &str = "4f9a7c1e2b8d6035";
/// Long enough, with few letters.
const MARKED: &str = "a-b-c-d-e-f-g-h-i";

/// A way to write a text. Numbers choose which of its characters are written otherwise.
type Encoder = fn(&str, u64) -> String;

const ENCODERS: &[(&str, Encoder)] = &[
    ("as it stands", |it, _| it.to_owned()),
    ("hex", |it, _| by_byte(it, u64::MAX, |it| format!("{it:02x}"))),
    ("upper case hex", |it, _| by_byte(it, u64::MAX, |it| format!("{it:02X}"))),
    ("hex with colons", |it, _| by_byte(it, u64::MAX, |it| format!("{it:02x}:"))),
    ("hex with prefixes", |it, _| by_byte(it, u64::MAX, |it| format!("0x{it:02x}, "))),
    ("percent-encoding", |it, some| by_byte(it, some, |it| format!("%{it:02X}"))),
    ("lower case percent-encoding", |it, some| by_byte(it, some, |it| format!("%{it:02x}"))),
    ("JSON escapes", |it, some| by_byte(it, some, |it| format!("\\u{it:04x}"))),
    ("braced escapes", |it, some| by_byte(it, some, |it| format!("\\u{{{it:x}}}"))),
    ("byte escapes", |it, some| by_byte(it, some, |it| format!("\\x{it:02x}"))),
    ("HTML by number", |it, some| by_byte(it, some, |it| format!("&#{it};"))),
    ("HTML by hex number", |it, some| by_byte(it, some, |it| format!("&#x{it:02X};"))),
    ("a JSON string", |it, _| serde_json::to_string(it).unwrap()),
    ("upper case", |it, _| it.to_uppercase()),
    ("lower case", |it, _| it.to_lowercase()),
    ("spaced", |it, some| by_byte(it, some, |it| format!("{} ", char::from(it)))),
    ("wrapped", |it, _| by_byte(it, 0x1111_1111_1111_1111, |it| format!("{}\r\n", char::from(it)))),
    ("base64", |it, some| BASE64_STANDARD.encode(shifted(it, some))),
    ("base64 without padding", |it, some| BASE64_STANDARD_NO_PAD.encode(shifted(it, some))),
    ("base64 of URLs", |it, some| BASE64_URL_SAFE.encode(shifted(it, some))),
    ("base64 of URLs without padding", |it, some| BASE64_URL_SAFE_NO_PAD.encode(shifted(it, some))),
    ("base32", |it, some| BASE32.encode(shifted(it, some).as_bytes())),
];

/// The text with some of its bytes written otherwise.
fn by_byte(text: &str, some: u64, write: fn(u8) -> String) -> String {
    let mut out = String::new();
    for (at, byte) in text.bytes().enumerate() {
        match some >> (at % 64) & 1 {
            1 => out.push_str(&write(byte)),
            _ => out.push(byte.into()),
        }
    }
    out
}

/// The text behind some others, so that it begins at any place of a group of digits.
fn shifted(text: &str, some: u64) -> String {
    format!("{}{text}", &"token: "[..(some % 8) as usize])
}

fn secrets(credential: &str) -> Secrets {
    let secrets = Secrets::default();
    secrets.add(credential);
    secrets
}

/// How much of a text is left once what is known is hidden in it.
fn left(credential: &str, text: &str) -> usize {
    let told = format!("before \"{text}\" after");
    let shown = secrets(credential).hide(&told).into_owned();
    let inner = shown.strip_prefix("before ").and_then(|it| it.strip_suffix(" after"));
    let inner = inner.unwrap_or_else(|| panic!("{shown} of {told}"));
    inner.split(HIDDEN).map(|it| it.trim_matches('"').len()).sum()
}

/// The longest group of digits, in bytes, of one encoding within another.
const GROUPS: usize = 10;

/// All of a credential is hidden, from its first letter to its last. At the edges what stands
/// beside it in the same encoding may stay, and the group of digits that it has a share in.
fn check(credential: &str, outer: usize, inner: usize, some: u64) {
    let (outer, inner) = (ENCODERS[outer], ENCODERS[inner]);
    let written = |it: &str| outer.1(&inner.1(it, some.rotate_left(7)), some);
    let text = written(credential);
    let shown = secrets(credential).hide(&text).into_owned();
    let parts: Vec<&str> = shown.split(HIDDEN).collect();
    let [begin, end] = &parts[..] else { panic!("{} of {}: {shown}", outer.0, inner.0) };
    assert!(begin.len() <= written(&credential[..1]).len(), "{} of {}: {shown}", outer.0, inner.0);
    let almost = written(&credential[..credential.len() - GROUPS]);
    assert!(end.len() <= text.len() - almost.len(), "{} of {}: {shown}", outer.0, inner.0);
}

#[test]
fn a_credential_is_found_behind_each_two_encodings() {
    for credential in [TOKEN, OPAQUE, "Admin-Token.With_Words~And+1/2==", MARKED] {
        for outer in 0..ENCODERS.len() {
            for inner in 0..ENCODERS.len() {
                for some in [u64::MAX, 0xa5a5_3c3c_0f0f_9999] {
                    check(credential, outer, inner, some);
                }
            }
        }
    }
}

fn config() -> Config {
    let mut config = Config { failure_persistence: None, cases: 64, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_credential_is_found_however_it_is_written(
        credential in "[A-Za-z0-9]{16}[A-Za-z0-9._~+/-]{0,40}[A-Za-z0-9]{2}",
        outer in 0..ENCODERS.len(),
        inner in 0..ENCODERS.len(),
        some: u64,
    ) {
        check(&credential, outer, inner, some);
    }

    #[test]
    fn texts_without_a_credential_stay_as_they_are(text in "\\PC{0,200}") {
        let shown = secrets(TOKEN).hide(&text).into_owned();
        prop_assert_eq!(shown, text);
    }
}

#[test]
fn a_credential_is_found_in_part_and_turned_round() {
    let reversed: String = TOKEN.chars().rev().collect();
    let signature = TOKEN.rsplit('.').next().unwrap();
    for text in [&reversed, signature, &TOKEN[..20], &TOKEN[30..50], &format!("x={signature}.")] {
        assert!(left(TOKEN, text) <= 3, "{text}");
    }
    let split = format!("first {} then {}", &signature[..20], &signature[20..]);
    let shown = secrets(TOKEN).hide(&split).into_owned();
    assert_eq!(shown, "first {credential} then {credential}");
}

#[test]
fn base64_in_another_case_is_found() {
    let text = BASE64_STANDARD.encode(format!("Bearer {TOKEN}"));
    for text in [text.to_uppercase(), text.to_lowercase()] {
        assert!(left(TOKEN, &text) < 8, "{text}");
    }
}

#[test]
fn a_credential_is_found_whatever_its_characters_are() {
    for credential in [MARKED, "one two three four", "!@#$%^&*()_+{}:<>", "pässwörter-ünd-ß"] {
        let reversed: String = credential.chars().rev().collect();
        let encoded = BASE64_STANDARD.encode(credential);
        let hex = by_byte(credential, u64::MAX, |it| format!("{it:02x}"));
        for text in [credential, &encoded, &encoded.to_lowercase(), &hex] {
            assert!(left(credential, text) < 8, "{credential}: {text}");
        }
        assert!(!credential.is_ascii() || left(credential, &reversed) < 8, "{reversed}");
    }
}

#[test]
fn a_short_credential_is_found_as_it_stands() {
    let password = "open-sesame";
    let changes_it = |name: &str| name.contains("r case") || name == "spaced" || name == "wrapped";
    for (name, encoder) in ENCODERS.iter().filter(|(name, _)| !changes_it(name)) {
        let text = encoder(password, 0);
        assert!(left(password, &text) < text.len(), "{name}: {text}");
    }
    assert_eq!(secrets(password).hide("Open Sesame"), "Open Sesame");
}

#[test]
fn a_key_is_found_by_its_lines() {
    let secrets = Secrets::default();
    let lines = ["MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg", "5mJ0Yc2lnbmF0dXJl"];
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    secrets.add_key(pem.as_bytes());
    for text in [pem.clone(), BASE64_STANDARD.encode(&pem), pem.replace('\n', "\\n")] {
        let shown = secrets.hide(&text).into_owned();
        assert!(shown.contains(HIDDEN) && !lines.iter().any(|it| shown.contains(it)), "{shown}");
    }
    assert_eq!(secrets.hide("BEGIN PRIVATE KEY"), "BEGIN PRIVATE KEY");
}

/// What is made to be decoded in every way is not shown, rather than looked through for ever.
#[test]
fn a_text_that_costs_too_much_is_not_shown() {
    let secrets = secrets(TOKEN);
    let pieces = secrets.0.read().unwrap();
    for text in ["V", "%25", "\\u005c", "QUFB", "34333433", "&#38;"] {
        let text = text.repeat(4_000);
        assert_eq!(Search::through(&text, &pieces, 1), [(0, text.len())], "{text}");
        assert_eq!(Search::through(&text, &pieces, MOST), [], "{text}");
        assert_eq!(secrets.hide(&text), text);
    }
}

#[test]
fn a_credential_is_found_anywhere_in_a_long_text() {
    let text = "lorem ipsum é ".repeat(LENGTH / 14);
    for before in [LENGTH - OVERLAP - 40, LENGTH - 60, LENGTH - 20, LENGTH + 10] {
        let (begin, end) = text.split_at(text.floor_char_boundary(before));
        let shown = secrets(TOKEN).hide(&format!("{begin} {TOKEN} {end}")).into_owned();
        assert!(!shown.contains(&TOKEN[..16]) && !shown.contains(&TOKEN[40..56]), "{before}");
        assert_eq!(shown.replace("{credential}", "").replace("..", "").len(), text.len() + 2);
    }
}
