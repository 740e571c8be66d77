//! `Content-Type` as Go's package `mime` reads it.

use {super::MediaType, std::collections::HashMap};

/// The text for a body in a form that is not known.
pub const UNSUPPORTED_MEDIA_TYPE: &str = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The form of a body; `None` when it is not one of ours or the header cannot be read.
pub fn content_type(header: &str) -> Option<MediaType> {
    if header.is_empty() {
        return Some(MediaType::Json);
    }
    let (name, parameters) = match header.find(';') {
        Some(at) => header.split_at(at),
        None => (header, ""),
    };
    let name = name.trim().to_lowercase();
    let media_type = MediaType::ALL.into_iter().find(|media_type| media_type.name() == name)?;
    are_parameters(parameters).then_some(media_type)
}

fn are_parameters(mut text: &str) -> bool {
    let mut seen: HashMap<String, String> = HashMap::new();
    loop {
        text = text.trim_start();
        if text.is_empty() || text.trim_end() == ";" {
            return true;
        }
        let Some((name, value, rest)) = parameter(text) else { return false };
        if seen.get(&name).is_some_and(|other| *other != value) {
            return false;
        }
        seen.insert(name, value);
        text = rest;
    }
}

fn parameter(text: &str) -> Option<(String, String, &str)> {
    let (name, rest) = token(text.strip_prefix(';')?.trim_start());
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let (value, rest) = if rest.starts_with('"') {
        quoted(rest)?
    } else {
        let (value, rest) = token(rest);
        (value.to_owned(), rest)
    };
    let given = !name.is_empty() && (!value.is_empty() || text.contains("\"\""));
    given.then(|| (name.to_lowercase(), value, rest))
}

fn token(text: &str) -> (&str, &str) {
    let is_token = |byte: &u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(byte);
    let length = text.bytes().take_while(is_token).count();
    text.split_at(length)
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| "()<>@,;:\\\"/[]?=".contains(*next)) {
                Some((_, next)) => value.push(next),
                None => value.push('\\'),
            },
            '\r' | '\n' => return None,
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("", Some(MediaType::Json))]
    #[case("application/json", Some(MediaType::Json))]
    #[case("Application/JSON; charset=utf-8", Some(MediaType::Json))]
    #[case("application/json;", Some(MediaType::Json))]
    #[case("application/json; a=\"x;y\"", Some(MediaType::Json))]
    #[case(" application/yaml ;a=b ;a=b", Some(MediaType::Yaml))]
    #[case("application/vnd.kubernetes.protobuf", Some(MediaType::Protobuf))]
    #[case("application/json;foo", None)]
    #[case("application/json;a=b;a=c", None)]
    #[case("application/json;=b", None)]
    #[case("application/json;a=\"b", None)]
    #[case("application/x-www-form-urlencoded", None)]
    #[case("text/yaml", None)]
    #[case("*/*", None)]
    #[case("application/json, application/yaml", None)]
    fn the_form_of_a_body_is_told(#[case] header: &str, #[case] expected: Option<MediaType>) {
        assert_eq!(content_type(header), expected);
    }
}
