//! No bytes of a client may cause a panic: bodies that are valid but for a few random changes.

use {
    super::{
        FieldValidation, Target, duration,
        fields::{Write, managed},
        json, negotiate, protobuf, yaml,
    },
    serde_json::Value,
};

/// A small generator; the tests are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*, by Vigna.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit.max(1)
    }

    fn mutated(&mut self, body: &[u8]) -> Vec<u8> {
        let mut bytes = body.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, u8::try_from(self.below(256)).unwrap()),
                2 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                3 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ => {
                    let odd = b"{}[]\",:\\'&*!|>-?#%@`~<\n\t 0e";
                    bytes.insert(at, odd[self.below(odd.len())]);
                }
            }
        }
        bytes
    }
}

const POD: &str = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","labels":{"a":"b"},
"creationTimestamp":"2026-01-02T03:04:05.5+01:00","finalizers":["x","y"],"managedFields":[{"manager":
"m","operation":"Update","fieldsV1":{"f:a":{".":{}}}}],"ownerReferences":[{"uid":"u"}]},"spec":{
"containers":[{"name":"c","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"1.5","memory":
"1Gi"}},"livenessProbe":{"httpGet":{"port":"http"}}}],"volumes":[{"name":"v","secret":{"defaultMode":
420}}],"activeDeadlineSeconds":-1},"status":{"startTime":null}}"#;

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: &m\n  labels: {a: 'b', c: \"d\\u00e9\"}\n\
data:\n  a: aGk=\n  <<: {b: !!str YQ==}\nstringData:\n- *m\n? x\n: |+2\n   y\n\n  z\n...\n";

fn check(target: &Target, object: &Value) {
    json::encode(target.structure, object, true);
    let _ = yaml::encode(target.structure, object);
    protobuf::encode(target.structure, object);
    let write = Write {
        structure: target.structure,
        api_version: target.api_version,
        before: None,
        after: object,
        manager: "",
        subresource: "",
        reset: &[],
        time: "",
    };
    managed(&write);
    managed(&Write { before: Some(object), ..write });
}

#[test]
fn changed_bodies_cause_no_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let pod = Target::new("v1", "Pod").unwrap();
    let secret = Target::new("v1", "Secret").unwrap();
    let whole = json::decode(POD.as_bytes(), &pod, FieldValidation::Warn).unwrap().object;
    let message = protobuf::encode(pod.structure, &whole);
    for _ in 0..2_000 {
        let body = random.mutated(POD.as_bytes());
        let validation = FieldValidation::Strict;
        let decoded =
            [json::decode(&body, &pod, validation), yaml::decode(&body, &pod, validation)];
        decoded.iter().flatten().for_each(|decoded| check(&pod, &decoded.object));
        if let Ok(decoded) = protobuf::decode(&random.mutated(&message), &pod) {
            check(&pod, &decoded.object);
        }
        let body = random.mutated(SECRET.as_bytes());
        if let Ok(decoded) = yaml::decode(&body, &secret, FieldValidation::Warn) {
            check(&secret, &decoded.object);
        }
    }
}

#[test]
fn changed_headers_cause_no_panic() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let header = b"application/json;as=Table;g=meta.k8s.io;v=v1;q=0.5, */*; a=\"b\\\"c\"";
    let query = b"pretty=%31&fieldManager=a+b%c3%a9&dryRun=All&timeout=1h2.5m&fieldValidation=";
    for _ in 0..2_000 {
        let header = String::from_utf8_lossy(&random.mutated(header)).into_owned();
        negotiate::accept(&header, true);
        negotiate::content_type(&header);
        negotiate::is_routable(&header, &["application/json"]);
        let query = String::from_utf8_lossy(&random.mutated(query)).into_owned();
        negotiate::is_pretty(&query, &header);
        let query = negotiate::Query::parse(&query);
        let _ = negotiate::write_options(&query);
        let _ = duration::parse(query.get("timeout"));
        negotiate::field_manager(query.get("fieldManager"), &header);
    }
}

#[test]
fn deep_nesting_causes_no_panic() {
    let target = Target::new("authentication.k8s.io/v1", "TokenRequest").unwrap();
    for open in ["[", "{\"a\":", "- ", "? ", "{a: ", "[? ", "&a [", "!!str ["] {
        let body = open.repeat(60_000 / open.len());
        let _ = json::decode(body.as_bytes(), &target, FieldValidation::Warn);
        let _ = yaml::decode(body.as_bytes(), &target, FieldValidation::Warn);
    }
    let body = format!("{{\"a\":{}1{}}}", "[".repeat(9_000), "]".repeat(9_000));
    assert!(json::decode(body.as_bytes(), &target, FieldValidation::Warn).is_ok());
}
