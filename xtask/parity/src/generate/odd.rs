//! Twists: what makes a good request odd or broken.

use {
    super::{Setting, texts},
    crate::{
        random::Random,
        request::{Body, Request},
    },
    serde_json::{Value, json},
};

/// Twists a request, once or twice.
pub(super) fn twist(random: &mut Random, setting: &Setting, request: &mut Request) {
    for _ in 0..=random.below(2) {
        match random.below(11) {
            8 => wire(random, request),
            10 => twice(random, request),
            0 => query(random, request),
            1 => accept(random, request),
            2 => content_type(random, request),
            3 => credentials(random, setting, request),
            4 => header(random, request),
            5 => texts::replace(random, request),
            6 => member(random, request),
            7 => kind(random, request),
            _ => protobuf(random, request),
        }
    }
}

fn query(random: &mut Random, request: &mut Request) {
    let parameter = random.text(&[
        "dryRun=All",
        "dryRun=x",
        "dryRun=",
        "dryRun=All&dryRun=y",
        "fieldValidation=Strict",
        "fieldValidation=Ignore",
        "fieldValidation=Warn",
        "fieldValidation=strict",
        "fieldValidation=",
        "fieldManager=me",
        "fieldManager=a%01b",
        "fieldManager=%22%C3%A9%22",
        "fieldManager=&fieldManager=x",
        "pretty=true",
        "pretty=1",
        "pretty=x",
        "pretty=",
        "pretty=false",
        "timeout=abc",
        "timeout=5",
        "timeout=10s",
        "timeout=0",
        "timeout=-1s",
        "timeout=",
        "unknown=x",
        "watch=0",
        "%zz=1",
        "a;b=c",
        "fieldValidation=Strict&dryRun=x&fieldManager=%01",
        "timeout=1h%zz",
        "timeout=1x",
        "=",
        "&&",
        "timeoutSeconds=5",
    ]);
    // To keep an object is to let the two servers part.
    if parameter.contains("dryRun=All")
        && !request.path.contains("token")
        && !request.path.contains("review")
    {
        return;
    }
    request.query.push(parameter);
    if random.chance(6) {
        request.query.push(format!("fieldManager={}", "x".repeat(129)));
    }
}

// Ways to send the same that HTTP allows, or does not.
fn wire(random: &mut Random, request: &mut Request) {
    let (name, value) = match random.below(11) {
        0 => ("Connection", "close"),
        1 => ("Expect", "100-continue"),
        2 => ("Expect", "other"),
        3 => ("X-Name", "x"),
        4 => ("X-Empty", ""),
        5 => ("Cookie", "a=b"),
        6 => ("Connection", "Upgrade"),
        7 => ("Upgrade", "websocket"),
        8 => ("Content-Length", "5"),
        9 => ("X-Bytes", "\u{e9}"),
        _ => ("Pragma", "no-cache"),
    };
    // A length of its own would be said twice beside that of a body.
    if name == "Content-Length" && !matches!(request.body, Body::None) {
        return;
    }
    if name == "Content-Length" {
        request.body = Body::Text("{\"a\":".to_owned());
        return;
    }
    request.headers.push((name.to_owned(), value.to_owned()));
}

fn set(request: &mut Request, name: &str, value: &str) {
    *request = request.clone().header(name, value);
}

fn accept(random: &mut Random, request: &mut Request) {
    let value = random.text(&[
        "application/json",
        "*/*",
        "",
        "text/html",
        "application/*",
        "text/*",
        "application/json;q=0",
        "application/JSON",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1",
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        "application/json;as=Other;g=meta.k8s.io;v=v1",
        "application/json;as=Table",
        "application/json;v=v1",
        "application/json;v=v1,application/json",
        "application/json;pretty=1",
        "application/json; pretty=0",
        "application/json;charset=utf-8",
        "application/json;stream=watch",
        "text/html,application/json;q=0.5",
        "application/json;q=0.1,application/vnd.kubernetes.protobuf;q=0.9",
        "application/vnd.kubernetes.protobuf",
        "application/vnd.kubernetes.protobuf,application/json",
        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "*/*;q=0.5,application/json;as=Table",
        "application/cbor",
        "application/json,",
        ",application/json",
        ";",
        "application/json;;",
        "application/json;q=x",
        "text/plain, */*",
        "*",
        "application/json;as=PartialObjectMetadata",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io",
    ]);
    set(request, "Accept", &value);
}

fn content_type(random: &mut Random, request: &mut Request) {
    let value = random.text(&[
        "",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/x-www-form-urlencoded",
        "text/yaml",
        "*/*",
        "application/json;foo",
        "application/json-patch+json",
        "text/plain",
        "application/vnd.kubernetes.protobuf",
        "application/vnd.kubernetes.protobuf;x=y",
        "json",
        "application/json,text/html",
        "application/cbor",
        "multipart/form-data",
    ]);
    set(request, "Content-Type", &value);
    if random.chance(10) {
        request.headers.retain(|(name, _)| name != "Content-Type");
    }
}

/// Sends a header twice.
fn twice(random: &mut Random, request: &mut Request) {
    let (name, value) = match random.below(6) {
        0 => ("Accept", "application/yaml"),
        1 => ("Accept", "application/json"),
        2 => ("Content-Type", "application/yaml"),
        3 => ("User-Agent", "Mozilla/5.0"),
        4 => ("Impersonate-User", "second"),
        _ => ("X-Forwarded-For", "1.2.3.4"),
    };
    request.headers.push((name.to_owned(), value.to_owned()));
}

fn credentials(random: &mut Random, setting: &Setting, request: &mut Request) {
    let token = setting.token(random);
    let value = match random.below(12) {
        0 => "Bearer".to_owned(),
        1 => "Bearer  admin-token".to_owned(),
        2 => "bearer admin-token".to_owned(),
        3 => "Basic YTpi".to_owned(),
        4 => "admin-token".to_owned(),
        5 => "Bearer admin-token more".to_owned(),
        6 => "Bearer nobody-token".to_owned(),
        7 => "Bearer wrong".to_owned(),
        8 => "Bearer\tadmin-token".to_owned(),
        _ => format!("Bearer {token}"),
    };
    set(request, "Authorization", &value);
    if random.chance(12) {
        request.headers.retain(|(name, _)| name != "Authorization");
    }
    if random.chance(15) {
        request.headers.push(("Authorization".to_owned(), "Bearer admin-token".to_owned()));
    }
}

fn header(random: &mut Random, request: &mut Request) {
    let (name, value) = match random.below(16) {
        0 => ("User-Agent", "curl/8.5.0".to_owned()),
        1 => ("User-Agent", "Mozilla/5.0 (X11)".to_owned()),
        2 => ("User-Agent", "kubectl/v1.33 (linux/amd64)".to_owned()),
        3 => ("User-Agent", "\u{e9}".to_owned()),
        4 => ("Audit-ID", "mine".to_owned()),
        5 => ("Audit-ID", "x".repeat(80)),
        6 => (
            "Impersonate-User",
            random.text(&[
                "nobody",
                "admin",
                "system:serviceaccount:{{ns}}:a",
                "system:anonymous",
                "",
            ]),
        ),
        7 => ("Impersonate-Group", "system:masters".to_owned()),
        8 => ("Origin", "https://example.com".to_owned()),
        9 => ("X-Remote-User", "admin".to_owned()),
        10 => ("Accept-Encoding", "gzip".to_owned()),
        11 => ("User-Agent", "/".to_owned()),
        12 => ("Content-Encoding", "gzip".to_owned()),
        13 => ("If-None-Match", "*".to_owned()),
        14 => ("Impersonate-Uid", "u".to_owned()),
        _ => ("X-Forwarded-For", "1.2.3.4".to_owned()),
    };
    if name == "Impersonate-Group" && random.chance(70) {
        set(request, "Impersonate-User", "someone");
        if random.chance(40) {
            set(request, "Impersonate-Extra-Some.Key", "v");
        }
    }
    set(request, name, &value);
}

pub(super) fn writes(request: &Request) -> bool {
    matches!(request.body, Body::Json(_))
}

fn member(random: &mut Random, request: &mut Request) {
    let Body::Json(Value::Object(members)) = &mut request.body else { return };
    let value = match random.below(7) {
        0 => json!(5),
        1 => json!("x"),
        2 => json!([]),
        3 => json!({}),
        4 => json!(true),
        5 => json!(null),
        _ => json!({ "a": [{ "b": 1 }], "c": null }),
    };
    let place = random.text(&["", "spec", "metadata", "spec", "status"]);
    let name = random.text(&[
        "unknown",
        "foo.bar",
        "a b",
        "Spec",
        "audiences",
        "token",
        "name",
        "labels",
        "user",
        "\u{e9}",
        "kind",
        "boundObjectRef",
        "expirationSeconds",
        "rules",
        "data",
        "secrets",
    ]);
    if place.is_empty() {
        members.insert(name, value);
    } else if let Some(inner) = members.entry(place).or_insert_with(|| json!({})).as_object_mut() {
        inner.insert(name, value);
    }
}

fn kind(random: &mut Random, request: &mut Request) {
    let Body::Json(body @ Value::Object(_)) = &mut request.body else { return };
    match random.below(5) {
        0 => {
            body["kind"] = random
                .text(&[
                    "Pod",
                    "TokenRequest",
                    "TokenReview",
                    "Nonsense",
                    "",
                    "ServiceAccount",
                    "Status",
                ])
                .into()
        }
        1 => {
            body["apiVersion"] = random
                .text(&[
                    "v1",
                    "v2",
                    "authentication.k8s.io/v1",
                    "authentication.k8s.io/v1beta1",
                    "",
                    "a/b/c",
                    "/",
                    "apps/v1",
                    "rbac.authorization.k8s.io/v1",
                ])
                .into()
        }
        _ => {
            body["kind"] =
                random.text(&["Pod", "TokenReview", "TokenRequest", "Secret", "Foo"]).into();
            body["apiVersion"] = random
                .text(&[
                    "v1",
                    "authentication.k8s.io/v1",
                    "authentication.k8s.io/v1beta1",
                    "foo/v1",
                ])
                .into();
        }
    }
}

fn protobuf(random: &mut Random, request: &mut Request) {
    let Body::Json(body) = &request.body else { return };
    // Objects with fields of their own are not written as protobuf here.
    if !request.path.ends_with("/token") && !request.path.contains("review") {
        return;
    }
    request.body = match random.below(9) {
        0 => Body::Bytes(Vec::new()),
        1 => Body::Bytes(b"k8s\0".to_vec()),
        2 => Body::Bytes(b"{}".to_vec()),
        3 => Body::Bytes(b"k8s\0\x0a\x05ab".to_vec()),
        4 => Body::Bytes(b"k8s\0\x12\x02\xff\xff".to_vec()),
        5 => Body::Bytes(b"k8s\0\x12\x04\x12\x02\x20\x05".to_vec()),
        _ => Body::Protobuf(body.clone()),
    };
    set(request, "Content-Type", "application/vnd.kubernetes.protobuf");
    if random.chance(60) {
        set(request, "Accept", "application/vnd.kubernetes.protobuf,application/json");
    }
}
