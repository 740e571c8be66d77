//! Lists in pages: `page_size`, `page_token`, `next_page_token`.

use {
    super::{
        status::{Code, Detail, Status},
        transcode::violation::Violation,
        wire,
    },
    base64::{Engine, prelude::BASE64_URL_SAFE},
    prost_reflect::DynamicMessage,
};

/// How many there are on a page of which nothing was said.
const DEFAULT: usize = 50;

/// How many there are at most.
const MOST: usize = 1_000;

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The token of the next page; empty on the last one.
    pub(crate) next: String,
}

/// The page that a request asks for of a list, whose items are in the order of their keys. Its
/// token says in which list it is, and after which item, so that what comes and goes meanwhile
/// moves nothing from one page to another.
pub(crate) fn page<T>(
    request: &DynamicMessage,
    list: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, Status> {
    let size = match usize::try_from(wire::number(request, "page_size")) {
        Ok(0) => DEFAULT,
        Ok(size) => size.min(MOST),
        Err(_) => return Err(negative()),
    };
    let start = match wire::text(request, "page_token") {
        "" => 0,
        token => {
            let last = read_token(token, list).ok_or_else(bad_token)?;
            items.partition_point(|item| key(item) <= last)
        }
    };
    let goes_on = items.len() > start.saturating_add(size);
    let items: Vec<T> = items.into_iter().skip(start).take(size).collect();
    let next = items.last().filter(|_| goes_on).map(|last| token(&key(last), list));
    Ok(Page { items, next: next.unwrap_or_default() })
}

fn token(last: &str, list: &str) -> String {
    BASE64_URL_SAFE.encode(format!("{list}\n{last}"))
}

fn read_token(token: &str, list: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_URL_SAFE.decode(token).ok()?).ok()?;
    let (of, last) = text.split_once('\n')?;
    (of == list).then(|| last.to_owned())
}

fn negative() -> Status {
    Status::new(Code::InvalidArgument, "Invalid argument: 'page_size'")
}

fn bad_token() -> Status {
    let description = "invalid page token".to_owned();
    let violation = Violation { field: "pageToken".to_owned(), description };
    Status::new(Code::InvalidArgument, "The request was invalid: invalid page token")
        .with(Detail::BadRequest(vec![(violation, "")]))
}
