//! Who may do what, and how a refusal is told.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.

use crate::{
    codec::quote::quote,
    kubernetes::{
        kinds,
        rbac::{self, Verdict},
        route::Attributes,
        status::{Details, Failure},
    },
    world::{World, callers::Caller, settings::AuthorizationMode},
};

/// Lets a request pass, or says who may not do what.
pub fn authorize(
    world: &World,
    caller: &Caller,
    attributes: &Attributes<'_>,
    path: &str,
) -> Result<(), Failure> {
    match decide(world, caller, attributes, path) {
        (true, _) => Ok(()),
        (false, reason) => Err(forbidden(caller, attributes, path, &reason)),
    }
}

/// Whether somebody may do something, and why, as far as there is something to say.
pub fn decide(
    world: &World,
    caller: &Caller,
    attributes: &Attributes<'_>,
    path: &str,
) -> (bool, String) {
    let everything = world.settings.authorization_mode == AuthorizationMode::AlwaysAllow
        || caller.is_in("system:masters");
    if everything {
        return (true, String::new());
    }
    match rbac::decide(world, caller, attributes, path) {
        Verdict::Allowed(reason) => (true, reason),
        Verdict::NoOpinion(reason) => (false, reason),
    }
}

/// 403: somebody may not do something, and why.
pub fn forbidden(
    caller: &Caller,
    attributes: &Attributes<'_>,
    path: &str,
    reason: &str,
) -> Failure {
    let colon = if reason.is_empty() { "" } else { ": " };
    let shown = |text: &str| quote(&html(text));
    let (user, verb) = (shown(&caller.username), html(&attributes.verb));
    if !attributes.is_resource {
        let path = shown(path);
        let message = format!("forbidden: User {user} cannot {verb} path {path}{colon}{reason}");
        return Failure::forbidden(message, Details::default());
    }
    let Attributes { group, namespace, resource, subresource, .. } = *attributes;
    let name = attributes.name.as_ref();
    let what = kinds::qualified(resource, group);
    let what = match (resource, name) {
        ("", _) => String::new(),
        (_, "") => format!("{what} is "),
        _ => format!("{what} {} is ", quote(name)),
    };
    let slash = if subresource.is_empty() { "" } else { "/" };
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {}", shown(namespace))
    };
    let resource_text = shown(&format!("{resource}{slash}{subresource}"));
    let message = format!(
        "{what}forbidden: User {user} cannot {verb} resource {resource_text} in API group {} {place}{colon}{reason}",
        shown(group)
    );
    let details = Details {
        name: name.to_owned(),
        group: group.to_owned(),
        kind: resource.to_owned(),
        ..Details::default()
    };
    Failure::forbidden(message, details)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_user_verb_and_place() {
        let attributes = Attributes {
            verb: "create".into(),
            is_resource: true,
            namespace: "ns",
            resource: "serviceaccounts",
            subresource: "token",
            name: "sa".into(),
            ..Attributes::default()
        };
        let failure = forbidden(&Caller::anonymous(), &attributes, "", "");
        assert_eq!(
            failure.message,
            "serviceaccounts \"sa\" is forbidden: User \"system:anonymous\" cannot create resource \
             \"serviceaccounts/token\" in API group \"\" in the namespace \"ns\""
        );
    }
}
