//! Who may do what: the bootstrap roles of kube-apiserver.
//!
//! Source: kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`.

use crate::{
    kubernetes::{
        kinds,
        route::Attributes,
        status::{Details, Failure},
    },
    world::{World, callers::Caller, settings::AuthorizationMode},
};

/// A rule of a bootstrap role.
enum Rule {
    /// GET on these paths; a `*` at the end stands for any rest.
    Paths(&'static [&'static str]),
    /// `create` on these resources of a group.
    Create(&'static str, &'static [&'static str]),
}

/// The bootstrap roles that are bound to groups, each with its group.
const BOOTSTRAP: [(&str, Rule); 7] = [
    ("system:unauthenticated", PUBLIC_INFO),
    ("system:authenticated", PUBLIC_INFO),
    ("system:authenticated", DISCOVERY),
    (
        "system:authenticated",
        Rule::Create(
            "authorization.k8s.io",
            &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        ),
    ),
    ("system:authenticated", Rule::Create("authentication.k8s.io", &["selfsubjectreviews"])),
    ("system:serviceaccounts", ISSUER_DISCOVERY),
    ("system:monitoring", MONITORING),
];

/// `system:public-info-viewer`
const PUBLIC_INFO: Rule = Rule::Paths(&["/healthz", "/livez", "/readyz", "/version", "/version/"]);
/// `system:discovery`
const DISCOVERY: Rule =
    Rule::Paths(&["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]);
/// `system:service-account-issuer-discovery`
const ISSUER_DISCOVERY: Rule = Rule::Paths(&[
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/",
    "/openid/v1/jwks",
    "/openid/v1/jwks/",
]);

/// `system:monitoring`
const MONITORING: Rule = Rule::Paths(&[
    "/healthz",
    "/healthz/*",
    "/livez",
    "/livez/*",
    "/metrics",
    "/metrics/slis",
    "/readyz",
    "/readyz/*",
]);

/// Lets a request pass, or says who may not do what.
pub fn authorize(
    world: &World,
    caller: &Caller,
    attributes: &Attributes<'_>,
    path: &str,
) -> Result<(), Failure> {
    let allowed = world.settings.authorization_mode == AuthorizationMode::AlwaysAllow
        || caller.is_in("system:masters")
        || BOOTSTRAP
            .iter()
            .any(|(group, rule)| caller.is_in(group) && rule.allows(attributes, path));
    if allowed { Ok(()) } else { Err(forbidden(caller, attributes, path)) }
}

impl Rule {
    fn allows(&self, attributes: &Attributes<'_>, path: &str) -> bool {
        match self {
            Self::Paths(paths) => {
                let covers = |pattern: &&str| match pattern.strip_suffix('*') {
                    Some(start) => path.starts_with(start),
                    None => path == *pattern,
                };
                !attributes.is_resource && attributes.verb == "get" && paths.iter().any(covers)
            }
            Self::Create(group, resources) => {
                attributes.is_resource
                    && attributes.verb == "create"
                    && attributes.group == *group
                    && attributes.subresource.is_empty()
                    && resources.contains(&attributes.resource)
            }
        }
    }
}

fn forbidden(caller: &Caller, attributes: &Attributes<'_>, path: &str) -> Failure {
    let (user, verb) = (html(&caller.username), html(&attributes.verb));
    if !attributes.is_resource {
        let message = format!("forbidden: User \"{user}\" cannot {verb} path \"{}\"", html(path));
        return Failure::forbidden(message, Details::default());
    }
    let Attributes { group, namespace, resource, subresource, name, .. } = *attributes;
    let what = kinds::qualified(resource, group);
    let what = if name.is_empty() { what } else { format!("{what} \"{name}\"") };
    let slash = if subresource.is_empty() { "" } else { "/" };
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", html(namespace))
    };
    let resource_text = html(&format!("{resource}{slash}{subresource}"));
    let message = format!(
        "{what} is forbidden: User \"{user}\" cannot {verb} resource \"{resource_text}\" in API group \"{}\" {place}",
        html(group)
    );
    let details = Details {
        name: name.to_owned(),
        group: group.to_owned(),
        kind: resource.to_owned(),
        causes: Vec::new(),
    };
    Failure::forbidden(message, details)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_attributes(verb: &str) -> Attributes<'_> {
        Attributes { verb: verb.into(), ..Attributes::default() }
    }

    #[test]
    fn anonymous_sees_public_information_only() {
        for (path, verb, expected) in [
            ("/healthz", "get", true),
            ("/version/", "get", true),
            ("/healthz", "post", false),
            ("/apis", "get", false),
            ("/openid/v1/jwks", "get", false),
        ] {
            let anonymous = Caller::anonymous();
            let allowed = BOOTSTRAP.iter().any(|(group, rule)| {
                anonymous.is_in(group) && rule.allows(&path_attributes(verb), path)
            });
            assert_eq!(allowed, expected, "{verb} {path}");
        }
    }

    #[test]
    fn a_refusal_names_user_verb_and_place() {
        let attributes = Attributes {
            verb: "create".into(),
            is_resource: true,
            namespace: "ns",
            resource: "serviceaccounts",
            subresource: "token",
            name: "sa",
            ..Attributes::default()
        };
        let failure = forbidden(&Caller::anonymous(), &attributes, "");
        assert_eq!(
            failure.message,
            "serviceaccounts \"sa\" is forbidden: User \"system:anonymous\" cannot create resource \
             \"serviceaccounts/token\" in API group \"\" in the namespace \"ns\""
        );
    }
}
