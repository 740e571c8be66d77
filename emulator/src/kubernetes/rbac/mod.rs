//! Roles: whether one that is bound to a caller allows what is asked.
//!
//! Source: kubernetes `plugin/pkg/auth/authorizer/rbac/rbac.go`,
//! `pkg/apis/rbac/v1/evaluation_helpers.go`, `pkg/registry/rbac/validation/rule.go`.

pub mod bootstrap;
pub mod escalation;
pub mod validate;

use {
    crate::{
        codec::{distinct::Distinct, quote::quote},
        kubernetes::route::Attributes,
        world::{
            World,
            callers::Caller,
            objects::{Kind, Object},
        },
    },
    serde_json::Value,
};

/// What roles come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A role allows it; which, and by what.
    Allowed(String),
    /// None does; what went wrong on the way, or nothing.
    NoOpinion(String),
}

/// Looks through the roles that are bound to a caller: the cluster's first, then the namespace's.
pub fn decide(world: &World, caller: &Caller, attributes: &Attributes<'_>, path: &str) -> Verdict {
    let mut missing = Distinct::default();
    let cluster = world.objects.list(Kind::ClusterRoleBinding, None).items;
    let namespaced = match attributes.namespace {
        "" => Vec::new(),
        namespace => world.objects.list(Kind::RoleBinding, Some(namespace)).items,
    };
    for binding in cluster.iter().chain(&namespaced) {
        let Some(subject) = subject(binding, caller) else { continue };
        match role(world, binding) {
            Ok(role) if allows(&role, attributes, path) => {
                return Verdict::Allowed(reason(binding, &role, &subject));
            }
            Ok(_) => {}
            Err(error) => {
                missing.push(error);
            }
        }
    }
    Verdict::NoOpinion(match missing.into_vec().as_slice() {
        [] => String::new(),
        missing => format!("rbac: RBAC: {}", aggregate(missing)),
    })
}

/// Several errors as one text.
pub fn aggregate(errors: &[String]) -> String {
    match errors {
        [one] => one.clone(),
        all => format!("[{}]", all.join(", ")),
    }
}

/// The rules of all roles that are bound to a caller, and the roles that are missing.
pub fn rules(world: &World, caller: &Caller, namespace: &str) -> (Vec<Value>, Vec<String>) {
    let (mut rules, mut missing) = (Vec::new(), Distinct::default());
    let cluster = world.objects.list(Kind::ClusterRoleBinding, None).items;
    let namespaced = world.objects.list(Kind::RoleBinding, Some(namespace)).items;
    for binding in cluster.iter().chain(&namespaced) {
        if subject(binding, caller).is_none() {
            continue;
        }
        match role(world, binding) {
            Ok(role) => rules.extend_from_slice(elements(&role.document["rules"])),
            Err(error) => {
                missing.push(error);
            }
        }
    }
    (rules, missing.into_vec())
}

/// The subject of a binding that the caller is, as reasons name it.
fn subject(binding: &Object, caller: &Caller) -> Option<String> {
    let text = |subject: &Value, member: &str| subject[member].as_str().unwrap_or("").to_owned();
    elements(&binding.document["subjects"]).iter().find_map(|subject| {
        let (kind, name) = (text(subject, "kind"), text(subject, "name"));
        match kind.as_str() {
            "User" => (name == caller.username).then(|| format!("User {}", quote(&name))),
            "Group" => caller.is_in(&name).then(|| format!("Group {}", quote(&name))),
            "ServiceAccount" => {
                let namespace = match text(subject, "namespace") {
                    none if none.is_empty() => binding.namespace.clone(),
                    namespace => namespace,
                };
                let username = format!("system:serviceaccount:{namespace}:{name}");
                let named = format!("ServiceAccount {}", quote(&format!("{name}/{namespace}")));
                (username == caller.username).then_some(named)
            }
            _ => None,
        }
    })
}

fn role(world: &World, binding: &Object) -> Result<std::sync::Arc<Object>, String> {
    let reference = &binding.document["roleRef"];
    let name = reference["name"].as_str().unwrap_or("");
    let (kind, namespace, resource) = match reference["kind"].as_str() {
        Some("Role") => (Kind::Role, binding.namespace.as_str(), "role"),
        _ => (Kind::ClusterRole, "", "clusterrole"),
    };
    let missing = || format!("{resource}.rbac.authorization.k8s.io {} not found", quote(name));
    world.objects.get(kind, namespace, name).ok_or_else(missing)
}

fn reason(binding: &Object, role: &Object, subject: &str) -> String {
    let (kind, name) = match binding.kind {
        Kind::RoleBinding => ("RoleBinding", format!("{}/{}", binding.name, binding.namespace)),
        _ => ("ClusterRoleBinding", binding.name.clone()),
    };
    let role_kind = if role.kind == Kind::Role { "Role" } else { "ClusterRole" };
    let (name, role) = (quote(&name), quote(&role.name));
    format!("RBAC: allowed by {kind} {name} of {role_kind} {role} to {subject}")
}

fn allows(role: &Object, attributes: &Attributes<'_>, path: &str) -> bool {
    elements(&role.document["rules"]).iter().any(|rule| {
        let verb = has(&rule["verbs"], |verb| verb == "*" || verb == attributes.verb);
        verb && if attributes.is_resource {
            allows_resource(rule, attributes)
        } else {
            has(&rule["nonResourceURLs"], |pattern| match pattern.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == pattern,
            })
        }
    })
}

fn allows_resource(rule: &Value, attributes: &Attributes<'_>) -> bool {
    let Attributes { group, resource, subresource, .. } = *attributes;
    let name = attributes.name.as_ref();
    let is_resource = |pattern: &str| match pattern.split_once('/') {
        None => pattern == "*" || (pattern == resource && subresource.is_empty()),
        Some(("*", of)) => !subresource.is_empty() && of == subresource,
        Some((whole, of)) => whole == resource && !subresource.is_empty() && of == subresource,
    };
    has(&rule["apiGroups"], |pattern| pattern == "*" || pattern == group)
        && has(&rule["resources"], is_resource)
        && (elements(&rule["resourceNames"]).is_empty()
            || has(&rule["resourceNames"], |named| named == name))
}

fn has(list: &Value, test: impl Fn(&str) -> bool) -> bool {
    elements(list).iter().filter_map(Value::as_str).any(test)
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use {super::*, serde_json::json};

    fn token_of(name: &'static str) -> Attributes<'static> {
        Attributes {
            verb: "create".into(),
            is_resource: true,
            namespace: "n",
            resource: "serviceaccounts",
            subresource: "token",
            name: name.into(),
            ..Attributes::default()
        }
    }

    #[test]
    fn a_rule_names_resource_and_subresource() {
        for (resources, names, allowed) in [
            (json!(["serviceaccounts/token"]), json!([]), true),
            (json!(["serviceaccounts"]), json!([]), false),
            (json!(["*"]), json!([]), true),
            (json!(["*/token"]), json!(["a"]), true),
            (json!(["serviceaccounts/token"]), json!(["b"]), false),
            (json!(["pods/token"]), json!([]), false),
        ] {
            let rule = json!({"apiGroups": [""], "resources": resources, "resourceNames": names});
            assert_eq!(allows_resource(&rule, &token_of("a")), allowed, "{rule}");
        }
    }
}
