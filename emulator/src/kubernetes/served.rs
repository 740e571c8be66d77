//! Content as Go's HTTP server gives it out: whole, or not again to a client that has it. Ranges of
//! bytes are not served.
//!
//! Source: go `net/http/fs.go`, serveContent.

use {
    crate::{
        api::Request,
        kubernetes::exchange::{Exchange, Reply},
    },
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_MODIFIED_SINCE,
            IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
        },
    },
    jiff::{
        Timestamp,
        fmt::rfc2822::{DateTimeParser, DateTimePrinter},
    },
};

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// What is to be given out.
#[derive(Debug)]
pub struct Content {
    /// The whole body.
    pub body: Vec<u8>,
    /// Its headers, with the type and, where there is one, the entity tag.
    pub headers: HeaderMap,
    /// When it changed last.
    pub modified: Timestamp,
}

/// Gives out content, as far as the request's conditions have it.
pub fn content(exchange: &Exchange<'_>, content: Content) -> Reply {
    let Content { body, mut headers, modified } = content;
    let request = exchange.request;
    headers.insert(LAST_MODIFIED, text(&date(modified)));
    let conditions = Conditions { request, modified, tag: header(&headers, ETAG).to_owned() };
    if conditions.fails() {
        return Reply::served(StatusCode::PRECONDITION_FAILED, headers);
    }
    if conditions.is_known() {
        headers.remove(CONTENT_TYPE);
        if !conditions.tag.is_empty() {
            headers.remove(LAST_MODIFIED);
        }
        return Reply::served(StatusCode::NOT_MODIFIED, headers);
    }
    // What is not told its type looks like text, JSON included.
    headers.entry(CONTENT_TYPE).or_insert(PLAIN);
    headers.insert(CONTENT_LENGTH, body.len().into());
    Reply::Served { status: StatusCode::OK, headers, body: body.into() }
}

/// The conditions of a request.
struct Conditions<'a> {
    request: &'a Request,
    modified: Timestamp,
    /// The content's entity tag, in its quotes; empty when it has none.
    tag: String,
}

impl Conditions<'_> {
    /// Whether something is asked for only if it is not what it is.
    fn fails(&self) -> bool {
        let held = match self.get(IF_MATCH) {
            "" => self.date(IF_UNMODIFIED_SINCE).map(|date| self.seconds() <= date.as_second()),
            tags => Some(self.has(tags, |tag| tag == self.tag && tag.starts_with('"'))),
        };
        held == Some(false) || (!self.reads() && self.has_it() == Some(true))
    }

    /// Whether the client has the content already.
    fn is_known(&self) -> bool {
        let since = || self.date(IF_MODIFIED_SINCE).filter(|_| self.reads());
        match self.has_it() {
            Some(known) => known,
            None => since().is_some_and(|date| self.seconds() <= date.as_second()),
        }
    }

    fn has_it(&self) -> Option<bool> {
        let bare = |tag: &str| tag.trim_start_matches("W/").to_owned();
        match self.get(IF_NONE_MATCH) {
            "" => None,
            tags => Some(self.has(tags, |tag| bare(tag) == bare(&self.tag))),
        }
    }

    fn has(&self, mut tags: &str, matches: impl Fn(&str) -> bool) -> bool {
        loop {
            tags = tags.trim_matches([' ', '\t', ',']);
            if tags.starts_with('*') {
                return true;
            }
            match tag(tags) {
                None => return false,
                Some((tag, _)) if matches(tag) => return true,
                Some((_, rest)) => tags = rest,
            }
        }
    }

    fn reads(&self) -> bool {
        matches!(self.request.head.method, Method::GET | Method::HEAD)
    }

    fn seconds(&self) -> i64 {
        self.modified.as_second()
    }

    fn get(&self, name: HeaderName) -> &str {
        header(&self.request.head.headers, name)
    }

    fn date(&self, name: HeaderName) -> Option<Timestamp> {
        DateTimeParser::new().parse_timestamp(self.get(name)).ok()
    }
}

/// The entity tag at the start of a text, and what follows it.
fn tag(text: &str) -> Option<(&str, &str)> {
    let quoted = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?;
    let end = quoted.find(|it: char| it != '!' && (it <= '"' || it == '\u{7f}'))?;
    let end = text.len() - quoted.len() + end;
    text[end..].starts_with('"').then(|| text.split_at(end + 1))
}

fn date(time: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))
}

fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("\"a\", \"b\"", Some(("\"a\"", ", \"b\"")))]
    #[case("W/\"\"", Some(("W/\"\"", "")))]
    #[case("\"a b\"", None)]
    #[case("\"a", None)]
    #[case("a", None)]
    fn entity_tags_are_read(#[case] text: &str, #[case] expected: Option<(&str, &str)>) {
        assert_eq!(tag(text), expected);
    }
}
