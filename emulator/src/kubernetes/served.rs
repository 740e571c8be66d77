//! Content as Go's HTTP server gives it out: whole, in part, or not again to whoever has it.
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
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
            HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
            LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    jiff::{
        Timestamp,
        fmt::rfc2822::{DateTimeParser, DateTimePrinter},
    },
    std::{fmt::Write, ops::Range},
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
    let wanted = if conditions.range_holds() { header(&request.head.headers, RANGE) } else { "" };
    match ranges(wanted, body.len()) {
        Ok(ranges) => partial(exchange, headers, body, &ranges),
        Err(error) => unsatisfiable(headers, body.len(), error),
    }
}

fn partial(
    exchange: &Exchange<'_>,
    mut headers: HeaderMap,
    body: Vec<u8>,
    ranges: &[Range<usize>],
) -> Reply {
    let total: usize = ranges.iter().map(ExactSizeIterator::len).sum();
    let (status, body) = match ranges {
        [range] if total <= body.len() => {
            headers.insert(CONTENT_RANGE, text(&describe(range, body.len())));
            (StatusCode::PARTIAL_CONTENT, body[range.clone()].to_vec())
        }
        [_, ..] if total <= body.len() => {
            let boundary = [exchange.world.entropy.uuid(), exchange.world.entropy.uuid()];
            let boundary = boundary.concat().replace('-', "")[..60].to_owned();
            let body = multipart(&headers, &body, ranges, &boundary);
            let content_type = format!("multipart/byteranges; boundary={boundary}");
            headers.insert(CONTENT_TYPE, text(&content_type));
            (StatusCode::PARTIAL_CONTENT, body)
        }
        _ => (StatusCode::OK, body),
    };
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, body.len().into());
    Reply::Served { status, headers, body: body.into() }
}

fn multipart(headers: &HeaderMap, body: &[u8], ranges: &[Range<usize>], boundary: &str) -> Vec<u8> {
    let content_type = header(headers, CONTENT_TYPE);
    let mut parts = Vec::new();
    for range in ranges {
        let start = if parts.is_empty() { "" } else { "\r\n" };
        let range_text = describe(range, body.len());
        let mut head = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            head,
            "{start}--{boundary}\r\nContent-Range: {range_text}\r\nContent-Type: {content_type}\r\n\r\n"
        );
        parts.extend_from_slice(head.as_bytes());
        parts.extend_from_slice(&body[range.clone()]);
    }
    parts.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    parts
}

fn unsatisfiable(mut headers: HeaderMap, size: usize, error: RangeError) -> Reply {
    for name in [CACHE_CONTROL, ETAG, LAST_MODIFIED] {
        headers.remove(name);
    }
    let message = match error {
        RangeError::Invalid => "invalid range\n",
        RangeError::NoOverlap => {
            headers.insert(CONTENT_RANGE, text(&format!("bytes */{size}")));
            "invalid range: failed to overlap\n"
        }
    };
    headers.insert(CONTENT_TYPE, PLAIN);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Reply::Served { status: StatusCode::RANGE_NOT_SATISFIABLE, headers, body: message.into() }
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

    /// Whether a range may be asked for: of this content only.
    fn range_holds(&self) -> bool {
        match self.get(IF_RANGE) {
            condition if condition.is_empty() || !self.reads() => true,
            condition => match tag(condition) {
                Some((tag, _)) => tag == self.tag && tag.starts_with('"'),
                None => self.date(IF_RANGE).is_some_and(|date| date.as_second() == self.seconds()),
            },
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

/// Why no range can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RangeError {
    Invalid,
    NoOverlap,
}

/// The parts that are asked for; none means the whole.
fn ranges(text: &str, size: usize) -> Result<Vec<Range<usize>>, RangeError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let text = text.strip_prefix("bytes=").ok_or(RangeError::Invalid)?;
    let wanted = text.split(',').map(|range| range.trim_matches([' ', '\t']));
    let wanted: Vec<_> = wanted.filter(|range| !range.is_empty()).collect();
    let ranges: Vec<_> = wanted.iter().map(|range| parse(range, size)).collect::<Result<_, _>>()?;
    let found: Vec<_> = ranges.into_iter().flatten().collect();
    if found.is_empty() && !wanted.is_empty() { Err(RangeError::NoOverlap) } else { Ok(found) }
}

fn parse(text: &str, size: usize) -> Result<Option<Range<usize>>, RangeError> {
    let (start, end) = text.split_once('-').ok_or(RangeError::Invalid)?;
    let number = |text: &str| {
        let digits = text.trim_matches([' ', '\t']);
        digits.parse::<usize>().map_err(|_| RangeError::Invalid)
    };
    if start.trim_matches([' ', '\t']).is_empty() {
        return Ok(Some(size - number(end)?.min(size)..size));
    }
    let start = number(start)?;
    if start >= size {
        return Ok(None);
    }
    match end.trim_matches([' ', '\t']) {
        "" => Ok(Some(start..size)),
        end => match number(end)? {
            end if end < start => Err(RangeError::Invalid),
            end => Ok(Some(start..end.min(size - 1) + 1)),
        },
    }
}

fn describe(range: &Range<usize>, size: usize) -> String {
    // Of nothing at the end, Go says that it ends before it begins.
    format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))
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
    #[case("", Ok(vec![]))]
    #[case("bytes=0-9", Ok(vec![(0, 10)]))]
    #[case("bytes= 5- , ", Ok(vec![(5, 100)]))]
    #[case("bytes=-5, 0-0", Ok(vec![(95, 100), (0, 1)]))]
    #[case("bytes=90-200", Ok(vec![(90, 100)]))]
    #[case("bytes=-0", Ok(vec![(100, 100)]))]
    #[case("bytes=100-", Err(RangeError::NoOverlap))]
    #[case("bytes=9-3", Err(RangeError::Invalid))]
    #[case("bytes=-", Err(RangeError::Invalid))]
    #[case("bytes=5", Err(RangeError::Invalid))]
    #[case("lines=0-1", Err(RangeError::Invalid))]
    fn ranges_are_read(
        #[case] text: &str,
        #[case] expected: Result<Vec<(usize, usize)>, RangeError>,
    ) {
        let found = ranges(text, 100);
        let found = found.map(|it| it.iter().map(|range| (range.start, range.end)).collect());
        assert_eq!(found, expected);
    }

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
