//! Bytes that nobody meant: the Google side answers in its own form, and goes on.

use {
    crate::google_world::{CLUSTER, Google, PARENT, exchange_body, request_with},
    http::HeaderMap,
    token_emulator::world::entropy::Entropy,
};

/// A number below a bound.
fn below(entropy: &Entropy, bound: usize) -> usize {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    usize::try_from(u32::from_le_bytes(bytes)).unwrap() % bound
}

/// The same bytes with some of them changed, left out or doubled.
fn damaged(entropy: &Entropy, bytes: &[u8]) -> Vec<u8> {
    const NOISE: &[u8] = b"{}[]:,\"'\\u0\x00\xff\xc3-e.tn";
    let mut damaged = bytes.to_vec();
    for _ in 0..=below(entropy, 4) {
        if damaged.is_empty() {
            break;
        }
        let at = below(entropy, damaged.len());
        match below(entropy, 4) {
            0 => damaged[at] = NOISE[below(entropy, NOISE.len())],
            1 => drop(damaged.remove(at)),
            2 => damaged.truncate(at),
            _ => damaged.extend_from_within(at..),
        }
        damaged.truncate(1 << 16);
    }
    damaged
}

#[test]
fn damaged_bodies_are_answered() {
    let google = Google::new();
    google.register(&[]);
    let entropy = Entropy::seeded(1);
    let headers = [("content-type", "application/json")];
    let token = exchange_body("a.b.c").to_string();
    let cluster = r#"{"oidcConfig":{"jwks":"e30="},"annotations":{"a":"\u00e9\ud83d\ude00"},"monitoringConfig":{"managedPrometheusConfig":{"enabled":true}},"authorization":{"adminUsers":[{"username":"u"}]},"x":[1,-2.5e3,null]}"#;
    for (target, body) in [
        (format!("{CLUSTER}:generateAttachedClusterAgentToken"), token.as_str()),
        (format!("{PARENT}/attachedClusters?attachedClusterId=c2"), cluster),
    ] {
        for _ in 0..3_000 {
            let body = damaged(&entropy, body.as_bytes());
            let response = google.respond(&request_with("POST", &target, &headers, &body));
            assert_eq!(response.headers["content-type"], "application/json; charset=UTF-8");
            serde_json::from_slice::<serde_json::Value>(&response.body).unwrap();
        }
    }
}

#[test]
fn damaged_targets_are_answered() {
    let google = Google::new();
    let entropy = Entropy::seeded(2);
    let target = format!(
        "{PARENT}:generateAttachedClusterInstallManifest?attachedClusterId=c&fields=manifest\
         &proxyConfig.kubernetesSecret.name=%41+&prettyPrint=0&%24alt=json"
    );
    for _ in 0..3_000 {
        let target = damaged(&entropy, target.as_bytes());
        let Ok(uri) = http::Uri::try_from(target) else { continue };
        let mut request = request_with("GET", "/", &[], b"");
        request.head.uri = uri;
        google.respond(&request);
    }
}

#[test]
fn damaged_frames_are_answered() {
    let google = Google::new();
    let entropy = Entropy::seeded(3);
    let path = "/google.cloud.gkemulticloud.v1.AttachedClusters/CreateAttachedCluster";
    let frame = b"\0\0\0\0\x20\x0a\x1dprojects/p/locations/us-west1\x12\x01\x1a";
    for encoding in ["identity", "gzip"] {
        let headers = [("content-type", "application/grpc"), ("grpc-encoding", encoding)];
        for _ in 0..2_000 {
            let body = damaged(&entropy, frame);
            let response = google.respond(&request_with("POST", path, &headers, &body));
            let trailers: HeaderMap = response.trailers.unwrap_or(response.headers);
            assert_ne!(trailers["grpc-status"], "0");
        }
    }
}
