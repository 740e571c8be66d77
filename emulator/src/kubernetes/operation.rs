//! Operations by name, as the journal lists them: `kubernetes.tokenrequest.create`.

use {
    super::{
        access_review::Subject,
        route::{Document, Endpoint, Review},
    },
    std::borrow::Cow,
};

/// The name of what a request does at an endpoint. The verb is the one that authorization sees.
pub(super) fn name(endpoint: &Endpoint<'_>, verb: &str) -> Cow<'static, str> {
    // The two that tests of tokens ask for most need no allocation.
    match (endpoint, verb) {
        (Endpoint::Token { .. }, "create") => return "kubernetes.tokenrequest.create".into(),
        (Endpoint::Review(Review::Token), "create") => {
            return "kubernetes.tokenreview.create".into();
        }
        _ => {}
    }
    format!("kubernetes.{}.{verb}", noun(endpoint)).into()
}

fn noun(endpoint: &Endpoint<'_>) -> Cow<'static, str> {
    match endpoint {
        Endpoint::Token { .. } => "tokenrequest".into(),
        Endpoint::Binding(..) => "binding".into(),
        Endpoint::Eviction(..) => "eviction".into(),
        Endpoint::Review(review) => reviewed(*review).into(),
        Endpoint::Collection(resource, _)
        | Endpoint::Object(resource, ..)
        | Endpoint::Watch { resource, .. } => resource.name.to_ascii_lowercase().into(),
        Endpoint::Status(resource, ..) => {
            format!("{}.status", resource.name.to_ascii_lowercase()).into()
        }
        Endpoint::Finalize(_) => "namespace.finalize".into(),
        Endpoint::Component(_) => "componentstatus".into(),
        Endpoint::Document(document) => described(*document).into(),
    }
}

fn reviewed(review: Review<'_>) -> &'static str {
    match review {
        Review::Token => "tokenreview",
        Review::SelfSubject => "selfsubjectreview",
        Review::Rules => "selfsubjectrulesreview",
        Review::Access(Subject::Caller) => "selfsubjectaccessreview",
        Review::Access(Subject::Anybody) => "subjectaccessreview",
        Review::Access(Subject::AnybodyIn(_)) => "localsubjectaccessreview",
    }
}

fn described(document: Document) -> &'static str {
    match document {
        Document::Version => "version",
        Document::Health(_) | Document::Check => "health",
        Document::OpenIdConfiguration => "openidconfiguration",
        Document::Jwks => "jwks",
        Document::OpenApiV2 | Document::OpenApiV3 => "openapi",
        Document::Discovery(_) => "discovery",
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::kubernetes::{path::Path, route::Route},
        rstest::rstest,
    };

    #[rstest]
    #[case("/api/v1/namespaces/n/serviceaccounts/a/token", "create", "tokenrequest.create")]
    #[case("/apis/authentication.k8s.io/v1/tokenreviews", "create", "tokenreview.create")]
    #[case("/openid/v1/jwks", "get", "jwks.get")]
    #[case("/api/v1/namespaces/n/serviceaccounts", "list", "serviceaccount.list")]
    #[case("/api/v1/namespaces/n/pods/p/status", "patch", "pod.status.patch")]
    #[case("/api/v1/namespaces/n/finalize", "update", "namespace.finalize.update")]
    fn an_operation_has_a_name(#[case] path: &str, #[case] verb: &str, #[case] expected: &str) {
        let Route::Found(endpoint) = Path::new(path).route() else { panic!("{path} is served") };
        assert_eq!(name(&endpoint, verb), format!("kubernetes.{expected}"));
    }
}
