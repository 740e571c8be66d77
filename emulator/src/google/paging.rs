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

/// The page that a request asks for. Its token says where it begins, and in which list.
pub(crate) fn page<T>(
    request: &DynamicMessage,
    parent: &str,
    items: Vec<T>,
) -> Result<Page<T>, Status> {
    let size = match usize::try_from(wire::number(request, "page_size")) {
        Ok(0) => DEFAULT,
        Ok(size) => size.min(MOST),
        Err(_) => return Err(negative()),
    };
    let start = match wire::text(request, "page_token") {
        "" => 0,
        token => read_token(token, parent).ok_or_else(bad_token)?,
    };
    let end = start.saturating_add(size);
    let next = if end < items.len() { token(end, parent) } else { String::new() };
    let items = items.into_iter().skip(start).take(size).collect();
    Ok(Page { items, next })
}

fn token(start: usize, parent: &str) -> String {
    BASE64_URL_SAFE.encode(format!("{start} {parent}"))
}

fn read_token(token: &str, parent: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64_URL_SAFE.decode(token).ok()?).ok()?;
    let (start, of) = text.split_once(' ')?;
    start.parse().ok().filter(|_| of == parent)
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
