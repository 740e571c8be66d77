//! How a body is written: JSON, YAML and protobuf.

use {
    super::texts,
    crate::{client::Request, input::Input},
};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps?dryRun=All";

pub(super) fn all() -> Vec<Input> {
    vec![
        Input::new("JSON: unknown members", 201, |n| json(members(n, |i| format!("\"u{i}\":1")))),
        Input::new("JSON: unknown members, strictly", 400, |n| {
            strictly(json(members(n, |i| format!("\"u{i}\":1"))))
        }),
        Input::new("JSON: one member many times", 201, |n| {
            json(members(n, |_| "\"data\":{}".into()))
        }),
        Input::new("JSON: one key many times, strictly", 400, |n| {
            strictly(json(format!(
                "\"data\":{{{}}}",
                members(n, |i| format!("\"k{}\":\"\"", i / 2))
            )))
        }),
        Input::new("JSON: lists in lists", 201, |n| {
            json(format!("\"u\":{}{}", "[".repeat(n), "]".repeat(n)))
        }),
        Input::new("JSON: escapes", 201, |n| {
            json(format!("\"data\":{{\"a\":\"{}\"}}", "\\u0041\\n".repeat(n)))
        }),
        Input::new("YAML: one key many times", 201, |n| {
            yaml(lines(n, |i| format!("  k{}: v", i / 2)))
        }),
        Input::new("YAML: one key many times, strictly", 400, |n| {
            strictly(yaml(lines(n, |i| format!("  k{}: v", i / 2))))
        }),
        Input::new("YAML: data", 201, |n| yaml(lines(n, |i| format!("  k{i}: v")))),
        Input::new("YAML: text of many lines", 201, |n| {
            yaml(format!("  a: |\n{}", lines(n, |i| format!("    line {i}"))))
        }),
        Input::new("YAML: plain text of many lines", 201, |n| {
            yaml(format!("  a:\n{}", lines(n, |i| format!("    line {i}"))))
        }),
        Input::new("YAML: anchors and aliases", 201, |n| {
            yaml(lines(n, |i| format!("  k{i}: &a{i} v\n  l{i}: *a{i}")))
        }),
        Input::new("YAML: handles of tags", 201, |n| {
            let handles = lines(n, |i| format!("%TAG !h{i}! tag:yaml.org,2002:"));
            let data = lines(n, |i| format!("  k{i}: !h{i}!str v"));
            sent(
                "application/yaml",
                format!("{handles}---\nmetadata: {{name: named}}\ndata:\n{data}"),
            )
        }),
        Input::new("YAML: a flow mapping", 201, |n| {
            yaml(format!("  {{{}}}\n", members(n, |i| format!("k{i}: v"))))
        }),
        Input::new("YAML: comments", 201, |n| yaml(format!("  a: b\n{}", "# nothing\n".repeat(n)))),
        Input::new("protobuf: data", 201, |n| protobuf(entries(n, |i| format!("k{i}")))),
        Input::new("protobuf: one key many times", 201, |n| {
            protobuf(entries(n, |_| "k".to_owned()))
        }),
        Input::new("protobuf: unknown fields", 201, |n| protobuf([0xf8, 0x07, 1].repeat(n))),
        Input::new("protobuf: one message many times", 201, |n| protobuf([0x0a, 0].repeat(n))),
    ]
}

pub(super) fn members(count: usize, member: impl Fn(usize) -> String) -> String {
    texts(count, member).join(",")
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    texts(count, |i| format!("{}\n", line(i))).concat()
}

fn sent(media_type: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", CONFIG_MAPS).with("Content-Type", media_type).body(body)
}

fn strictly(request: Request) -> Request {
    Request { target: format!("{}&fieldValidation=Strict", request.target), ..request }
}

fn json(members: String) -> Request {
    sent("application/json", format!("{{\"metadata\":{{\"name\":\"n\"}},{members}}}"))
}

fn yaml(data: String) -> Request {
    sent("application/yaml", format!("metadata: {{name: named}}\ndata:\n{data}"))
}

/// A config map whose message has this behind its name.
fn protobuf(rest: Vec<u8>) -> Request {
    let name = field(1, &field(1, b"n"));
    let kind = field(1, &[field(1, b"v1"), field(2, b"ConfigMap")].concat());
    let message = [kind, field(2, &[name, rest].concat())].concat();
    sent("application/vnd.kubernetes.protobuf", [b"k8s\0".to_vec(), message].concat())
}

fn entries(count: usize, key: impl Fn(usize) -> String) -> Vec<u8> {
    texts(count, key).iter().flat_map(|key| field(2, &field(1, key.as_bytes()))).collect()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        field.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    field.push(u8::try_from(length).unwrap_or_default());
    field.extend_from_slice(bytes);
    field
}
