//! Which API owns a request. The Host header has no say in it.

use crate::{api::Request, google};

/// The APIs that share the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// Kubernetes: all that is not one of the others.
    Kubernetes,
    /// GKE Multi-Cloud: gRPC, or a first path segment of `v` and a digit.
    Google,
    /// What only a double can do: `/_emulator`.
    Control,
}

impl Api {
    /// The API that a request belongs to.
    pub(super) fn of(request: &Request) -> Self {
        if google::is_grpc(&request.headers) {
            return Self::Google;
        }
        let mut path = request.path().bytes();
        match (path.next(), path.next(), path.next()) {
            (Some(b'/'), Some(b'v'), Some(digit)) if digit.is_ascii_digit() => Self::Google,
            (Some(b'/'), Some(b'_'), _) if is_control(request.path()) => Self::Control,
            _ => Self::Kubernetes,
        }
    }
}

fn is_control(path: &str) -> bool {
    path.strip_prefix("/_emulator").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        http::{HeaderMap, HeaderValue, Method, Uri, Version, header::CONTENT_TYPE},
        rstest::rstest,
    };

    #[rstest]
    #[case("/v1/projects/p/locations/l/attachedClusters", "", Api::Google)]
    #[case("/v1", "", Api::Google)]
    #[case("/v2beta/x", "application/json", Api::Google)]
    #[case("/a.Service/Method", "application/grpc", Api::Google)]
    #[case("/a.Service/Method", "application/grpc+proto", Api::Google)]
    #[case("/version", "", Api::Kubernetes)]
    #[case("/v", "", Api::Kubernetes)]
    #[case("/", "", Api::Kubernetes)]
    #[case("*", "", Api::Kubernetes)]
    #[case("/api/v1/namespaces", "", Api::Kubernetes)]
    #[case("/_emulator", "", Api::Control)]
    #[case("/_emulator/v1/clock", "", Api::Control)]
    #[case("/_emulators", "", Api::Kubernetes)]
    fn a_request_belongs_to_one_api(
        #[case] path: &str,
        #[case] content_type: &'static str,
        #[case] api: Api,
    ) {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        let request = Request {
            method: Method::GET,
            uri: path.parse::<Uri>().unwrap(),
            version: Version::HTTP_11,
            headers,
            body: bytes::Bytes::new(),
            truncated: false,
            broken: false,
            secure: false,
            local_address: "".into(),
        };
        assert_eq!(Api::of(&request), api);
    }
}
