//! `/openapi/v2` and `/openapi/v3`: what the API says of itself in OpenAPI, recorded.
//!
//! Source: kube-openapi `pkg/handler/handler.go` and `pkg/handler3/handler.go`.

mod table;

use {
    crate::{
        codec::negotiate,
        kubernetes::{
            exchange::{Exchange, Reply},
            openid, path,
            served::{self, Content},
        },
    },
    flate2::{Compression, write::GzEncoder},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPIRES,
            HeaderName, LOCATION, VARY,
        },
    },
    jiff::{ToSpan, tz::TimeZone},
    serde_json::{Map, Value, json},
    std::io::Write,
    table::{Document, Table},
};

const JSON: &str = "application/json";

/// From how many bytes on a body is worth being compressed.
const COMPRESSED_FROM: usize = 1400;

/// A form that a document comes in: the subtype that asks for it, and the type that is answered.
type Form = (&'static str, &'static str);

const V2_FORMS: [Form; 3] = [
    ("json", JSON),
    ("com.github.proto-openapi.spec.v2@v1.0+protobuf", V2_PROTOBUF),
    ("com.github.proto-openapi.spec.v2.v1.0+protobuf", V2_PROTOBUF),
];
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

const V3_FORMS: [Form; 3] = [
    ("json", JSON),
    ("com.github.proto-openapi.spec.v3.v1.0+protobuf", V3_PROTOBUF),
    ("com.github.proto-openapi.spec.v3@v1.0+protobuf", V3_PROTOBUF),
];
const V3_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";

/// The document of all groups.
pub fn v2(exchange: &Exchange<'_>) -> Reply {
    let mut headers = HeaderMap::new();
    headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.append(VARY, HeaderValue::from_static("Accept"));
    let Some(content_type) = choose(&accepted(exchange), &V2_FORMS) else {
        return Reply::served(StatusCode::NOT_ACCEPTABLE, headers);
    };
    let table = Table::read();
    let document = table.find("v2").expect("the recording has it");
    let reply = serve(exchange, headers, &table, document, content_type);
    if accepts_gzip(exchange) { compress(reply) } else { reply }
}

/// The index of the groups' documents, or one of these.
pub fn v3(exchange: &Exchange<'_>) -> Reply {
    let path = path::decode(exchange.request.path()).unwrap_or_default();
    let Some(name) = path.strip_prefix("/openapi/v3/") else { return index(exchange) };
    let table = Table::read();
    match table.find(&format!("v3/{name}")).filter(|_| is_listed(exchange, name)) {
        Some(document) => group(exchange, &table, document, name),
        None => Reply::served(StatusCode::NOT_FOUND, HeaderMap::new()),
    }
}

fn index(exchange: &Exchange<'_>) -> Reply {
    let table = Table::read();
    let names = table.documents().iter().filter_map(|document| {
        let name = document.name.strip_prefix("v3/").filter(|name| is_listed(exchange, name))?;
        let url = json!({ "serverRelativeURL": address(name, &document.tag) });
        Some((name.to_owned(), url))
    });
    let paths = Value::from(names.collect::<Map<_, _>>());
    let content = Content {
        body: json!({ "paths": paths }).to_string().into_bytes(),
        headers: HeaderMap::new(),
        modified: exchange.world.clock.now(),
    };
    served::content(exchange, content)
}

fn group(exchange: &Exchange<'_>, table: &Table, document: &Document, name: &str) -> Reply {
    let clauses = accepted(exchange);
    if clauses.is_empty() {
        return Reply::served(StatusCode::OK, HeaderMap::new());
    }
    let mut headers = HeaderMap::from_iter([(VARY, HeaderValue::from_static("Accept"))]);
    let Some(content_type) = choose(&clauses, &V3_FORMS) else {
        return Reply::served(StatusCode::NOT_ACCEPTABLE, headers);
    };
    match exchange.query.get("hash") {
        "" => {}
        hash if hash == document.tag => {
            insert(&mut headers, CACHE_CONTROL, "public, immutable");
            insert(&mut headers, EXPIRES, &in_a_year(exchange));
        }
        _ => {
            describe(&mut headers, content_type, document);
            insert(&mut headers, LOCATION, &address(name, &document.tag));
            return Reply::served(StatusCode::MOVED_PERMANENTLY, headers);
        }
    }
    serve(exchange, headers, table, document, content_type)
}

fn serve(
    exchange: &Exchange<'_>,
    mut headers: HeaderMap,
    table: &Table,
    document: &Document,
    content_type: &'static str,
) -> Reply {
    describe(&mut headers, content_type, document);
    let body = match content_type {
        JSON => table.json(document),
        _ => table.protobuf(document),
    };
    served::content(exchange, Content { body, headers, modified: exchange.world.started })
}

fn describe(headers: &mut HeaderMap, content_type: &'static str, document: &Document) {
    insert(headers, CONTENT_TYPE, content_type);
    insert(headers, ETAG, &format!("\"{}\"", document.tag));
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("what is recorded can stand in a header");
    headers.insert(name, value);
}

/// Whether there is a document of that name: the issuer's are there only when it can be discovered.
fn is_listed(exchange: &Exchange<'_>, name: &str) -> bool {
    openid::is_served(exchange.world) || !openid::PATHS.iter().any(|path| path[1..] == *name)
}

fn address(name: &str, tag: &str) -> String {
    format!("/openapi/v3/{name}?hash={tag}")
}

fn in_a_year(exchange: &Exchange<'_>) -> String {
    let now = exchange.world.clock.now().to_zoned(TimeZone::UTC);
    let then = now.checked_add(1.year()).unwrap_or(now);
    then.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}

fn accepted<'a>(exchange: &Exchange<'a>) -> Vec<(&'a str, &'a str)> {
    match exchange.request.header("accept").unwrap_or("") {
        "" => vec![("*", "*")],
        header => negotiate::ranges(header),
    }
}

/// The type of the first form that a client takes.
fn choose(clauses: &[(&str, &str)], forms: &[Form]) -> Option<&'static str> {
    clauses.iter().find_map(|(media_type, subtype)| {
        let covers = |(known, _): &&Form| {
            matches!(*media_type, "application" | "*") && (*subtype == "*" || subtype == known)
        };
        forms.iter().find(covers).map(|(_, content_type)| *content_type)
    })
}

// Source: github.com/NYTimes/gziphandler, acceptsGzip.
fn accepts_gzip(exchange: &Exchange<'_>) -> bool {
    let header = exchange.request.header("accept-encoding").unwrap_or("");
    header.split(',').any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.split(';').find_map(|it| it.trim().strip_prefix("q="));
        name.trim().eq_ignore_ascii_case("gzip")
            && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f64| weight > 0.0))
    })
}

fn compress(mut reply: Reply) -> Reply {
    if let Reply::Served { headers, body, .. } = &mut reply
        && body.len() >= COMPRESSED_FROM
    {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let written = encoder.write_all(body).and_then(|()| encoder.finish());
        *body = written.expect("memory can be written to").into();
        headers.remove(CONTENT_LENGTH);
        insert(headers, CONTENT_ENCODING, "gzip");
    }
    reply
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("*/*", Some(JSON))]
    #[case("application/*;q=0", Some(JSON))]
    #[case("text/html", None)]
    #[case(
        "text/html,application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        Some(V2_PROTOBUF)
    )]
    #[case("application/com.github.proto-openapi.spec.v3@v1.0+protobuf", None)]
    #[case(
        "application/json;q=0.1,application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
        Some(V2_PROTOBUF)
    )]
    fn the_first_form_that_a_client_takes_is_chosen(
        #[case] header: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(choose(&negotiate::ranges(header), &V2_FORMS), expected);
    }
}
