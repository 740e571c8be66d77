//! Bodies in other encodings: YAML as people write it and as they should not, protobuf and what
//! is left of it after a byte was changed.

use crate::{
    random::Random,
    request::{Body, Request},
};

const TEXTS: &[&str] = &[
    "",
    "---\n",
    "--- {}\n",
    "# nothing\n",
    "{}",
    "null",
    "~",
    "[]",
    "- a\n- b\n",
    "x",
    "\"x\"",
    "5",
    "spec:\n  audiences:\n  - a\n  - b\n",
    "spec:\n  audiences: [a, \"b\"]\n  expirationSeconds: 600\n",
    "spec: {expirationSeconds: 0x258}\n",
    "spec: {expirationSeconds: 0o1130}\n",
    "spec: {expirationSeconds: 01130}\n",
    "spec: {expirationSeconds: 1_000}\n",
    "spec: {expirationSeconds: 6e2}\n",
    "spec: {expirationSeconds: 600.0}\n",
    "spec: {expirationSeconds: .inf}\n",
    "spec: {expirationSeconds: \"600\"}\n",
    "spec: {expirationSeconds: ~}\n",
    "spec: {expirationSeconds: yes}\n",
    "spec: {audiences: [yes, no, on, off]}\n",
    "spec: {audiences: [1, 2.5, true, null]}\n",
    "spec: {audiences: [2001-01-01]}\n",
    "spec: {audiences: !!binary aGk=}\n",
    "spec: {audiences: [!!str 5]}\n",
    "spec: {audiences: [!odd x]}\n",
    "spec: &s {audiences: [a]}\nmetadata: *s\n",
    "spec:\n  audiences: &a [x]\n  boundObjectRef: {name: *a}\n",
    "spec: *nothing\n",
    "a: &a [*a]\n",
    "spec: {<<: {audiences: [m]}}\n",
    "base: &b {expirationSeconds: 700}\nspec:\n  <<: *b\n  audiences: [q]\n",
    "spec: {}\nspec: {}\n",
    "spec:\n  audiences: [a]\n  audiences: [b]\n",
    "kind: TokenRequest\nkind: TokenRequest\n",
    "metadata: {name: a}\n---\nmetadata: {name: b}\n",
    "metadata: {name: a}\n...\n",
    "spec: {}\n---\n",
    "spec:\n\taudiences: [a]\n",
    "spec: \taudiences\n",
    "spec: [a\n",
    "spec: {a: b\n",
    "spec: \"unclosed\n",
    "spec: 'it''s'\n",
    "spec: |\n  text\n",
    "spec:\n  token: |\n    line\n    next\n",
    "spec:\n  token: >-\n    folded\n    text\n",
    "spec: a: b\n",
    "spec:\n a: 1\n  b: 2\n",
    "  spec: 1\n a: 2\n",
    ": x\n",
    "? a\n: b\n",
    "? [a]\n: b\n",
    "{a: 1, a: 2}\n",
    "1: x\n",
    "true: x\n",
    "null: x\n",
    "1.5: x\n",
    "%YAML 1.1\n---\nspec: {}\n",
    "%YAML 2.0\n---\nspec: {}\n",
    "%TAG ! x\n---\nspec: {}\n",
    "\u{feff}spec: {}\n",
    "spec: @x\n",
    "spec: `x\n",
    "spec: %x\n",
    "spec: \"\\q\"\n",
    "spec: \"\\x41\\u00e9\\N\"\n",
    "spec:\r\n  audiences: [a]\r\n",
    "spec: {audiences: [\"\u{e9}\u{1f600}\"]}\n",
    "unknown: 1\nspec: {more: {deep: [1]}}\n",
    "apiVersion: authentication.k8s.io/v1\nkind: TokenRequest\nspec: {audiences: [y]}\n",
    "apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: {token: x}\n",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: y, labels: {a: 1}}\n",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: y\n  labels: {a: \"1\"}\n",
    "metadata: {name: yes}\n",
    "metadata: {name: 5}\n",
    "metadata: {creationTimestamp: 2001-12-14t21:59:43.10-05:00}\n",
    "metadata:\n- name: x\n",
    "metadata: {labels: {a: b, a: c}}\n",
    "spec: {user: x, groups: [a], extra: {k: [v]}}\n",
    "!!map {spec: {}}\n",
    "!<tag:yaml.org,2002:map> {spec: {}}\n",
];

/// Writes the body of a request in another encoding, or puts another in its place.
pub(super) fn change(random: &mut Random, request: &mut Request) {
    let Body::Json(document) = request.body.clone() else { return };
    let review = request.path.contains("review") || request.path.ends_with("/token");
    let known = review || request.path.ends_with("/serviceaccounts");
    let text = document.to_string();
    match random.below(10) {
        0..3 => {
            request.body = Body::Yaml(document);
            yaml(random, request);
        }
        3..6 => {
            request.body = Body::Text(random.text(TEXTS));
            yaml(random, request);
        }
        6 => {
            let bytes: &[u8] = random.bytes(&[
                b"spec: \xff\n",
                b"\xff\xfes\0p\0e\0c\0:\0 \x001\0",
                b"\x80",
                b"spec: {audiences: [\"\xc3\"]}\n",
                b"a: \x00\n",
                b"a: \x07\n",
                b"\xef\xbb\xbfspec: {}",
                b"a: \xed\xa0\x80\n",
            ]);
            request.body = Body::Bytes(bytes.to_vec());
            yaml(random, request);
        }
        // What is left of a token that was broken would be compared by chance; so would be the
        // name that is made of a broken prefix.
        _ if known && !["{{token", "{{uid", "generateName"].iter().any(|it| text.contains(it)) => {
            let byte =
                random.text(&["\0", "\u{7f}", "\u{1}", "\u{8}", "\u{a}", "\u{12}", "\u{20}"]);
            let byte = if random.chance(30) { 0xff } else { byte.as_bytes()[0] };
            request.body = match random.below(3) {
                0 => Body::Protobuf(document),
                _ => Body::Mangled(document, random.below(101), byte),
            };
            set(request, "Content-Type", "application/vnd.kubernetes.protobuf");
            if random.chance(60) {
                let accept = "application/vnd.kubernetes.protobuf,application/json";
                set(request, "Accept", accept);
            }
        }
        _ => {}
    }
}

fn yaml(random: &mut Random, request: &mut Request) {
    let content = random.pick(&[
        "application/yaml",
        "application/yaml",
        "application/yaml",
        "application/yaml; charset=utf-8",
        "application/json",
    ]);
    set(request, "Content-Type", content);
    if random.chance(35) {
        set(request, "Accept", random.pick(&["application/yaml", "application/yaml, */*"]));
    }
    if random.chance(30) {
        let validation = random.pick(&["Strict", "Warn", "Ignore"]);
        request.query.push(format!("fieldValidation={validation}"));
    }
}

fn set(request: &mut Request, name: &str, value: &str) {
    *request = request.clone().header(name, value);
}
