//! Nobody gives rights that he does not have, by a role or by a binding, unless he may do just that.
//!
//! Source: kubernetes `pkg/registry/rbac/*/policybased/storage.go`, `pkg/registry/rbac/validation/rule.go`,
//! component-helpers `auth/rbac/validation/policy_comparator.go`.

use {
    crate::{
        codec::quote::quote,
        kubernetes::{
            authorize,
            exchange::Exchange,
            kinds::Resource,
            metadata,
            rbac::{self, elements, has},
            route::Attributes,
            status::Failure,
        },
        world::objects::Kind,
    },
    serde_json::{Value, json},
    std::collections::BTreeSet,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// What is said of a role that would gather the rights of others.
const AGGREGATION: &str = "must have cluster-admin privileges to use the aggregationRule";

/// Refuses a role or a binding that gives more than the caller has; `old` is what it was.
pub fn check(
    exchange: &Exchange<'_>,
    resource: &Resource,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Failure> {
    let is_role = matches!(resource.kind, Kind::Role | Kind::ClusterRole);
    let is_binding = matches!(resource.kind, Kind::RoleBinding | Kind::ClusterRoleBinding);
    let is_passed = exchange.caller.is_in("system:masters")
        || is_role && may(exchange, "escalate", exchange.attributes.resource, None)
        || old.is_some_and(|old| is_same_to_clients(old, new));
    if !is_role && !is_binding || is_passed {
        return Ok(());
    }
    let refuse = |why: String| {
        let name = metadata::text(new, "name");
        Failure::not_admitted(resource, name, &why, Vec::new())
    };
    if is_role {
        covered(exchange, elements(&new["rules"])).map_err(refuse)?;
        let gathers = new["aggregationRule"].is_object()
            || old.is_some_and(|old| old["aggregationRule"].is_object());
        let all = [
            json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}),
            json!({"verbs": ["*"], "nonResourceURLs": ["*"]}),
        ];
        return match gathers.then(|| covered(exchange, &all)) {
            Some(Err(_)) => Err(refuse(AGGREGATION.to_owned())),
            _ => Ok(()),
        };
    }
    match bound(exchange, &new["roleRef"])? {
        None => Ok(()),
        Some(rules) => covered(exchange, &rules).map_err(refuse),
    }
}

// Only what the garbage collector writes may differ.
fn is_same_to_clients(old: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        for member in ["ownerReferences", "finalizers", "managedFields", "selfLink"] {
            metadata::object_at(&mut object, "metadata").remove(member);
        }
        object
    };
    bare(old) == bare(new)
}

fn may(exchange: &Exchange<'_>, verb: &str, resource: &str, name: Option<&str>) -> bool {
    let Attributes { namespace, .. } = exchange.attributes;
    let attributes = Attributes {
        verb: verb.into(),
        is_resource: true,
        group: GROUP,
        namespace,
        resource,
        subresource: "",
        name: name.unwrap_or(exchange.attributes.name.as_ref()).into(),
    };
    authorize::decide(exchange.world, &exchange.caller, &attributes, "").0
}

/// The rules of the role that a binding names, or nothing where the caller may bind any.
fn bound(exchange: &Exchange<'_>, reference: &Value) -> Result<Option<Vec<Value>>, Failure> {
    let text = |member: &str| reference[member].as_str().unwrap_or("");
    let (kind, called, resource, namespace) = match text("kind") {
        "ClusterRole" => (Kind::ClusterRole, "clusterrole", "clusterroles", ""),
        "Role" => (Kind::Role, "role", "roles", exchange.attributes.namespace),
        other => {
            let message = format!("unsupported role reference kind: {}", quote(other));
            return Err(Failure::unplanned(message));
        }
    };
    let name = text("name");
    if may(exchange, "bind", resource, Some(name)) {
        return Ok(None);
    }
    let role = exchange.world.objects.get(kind, namespace, name);
    let role = role.ok_or_else(|| Failure::not_found_as(called, GROUP, name))?;
    Ok(Some(elements(&role.document["rules"]).to_vec()))
}

fn covered(exchange: &Exchange<'_>, rules: &[Value]) -> Result<(), String> {
    let caller = &exchange.caller;
    let (own, missing) = rbac::rules(exchange.world, caller, exchange.attributes.namespace);
    let lacking = rules.iter().flat_map(single_rules);
    let lacking: Vec<Value> =
        lacking.filter(|rule| !own.iter().any(|own| covers(own, rule))).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let groups: Vec<String> = caller.groups.iter().map(|group| quote(group)).collect();
    let lines: BTreeSet<String> = compact(lacking).iter().map(shown).collect();
    let lines: Vec<String> = lines.into_iter().collect();
    let mut why = format!(
        "user {} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        quote(&caller.username),
        groups.join(" "),
        lines.join("\n")
    );
    if !missing.is_empty() {
        why.push_str(&format!("; resolution errors: [{}]", rbac::aggregate(&missing)));
    }
    Err(why)
}

/// The rules of one verb, one resource and one name that a rule is made of.
fn single_rules(rule: &Value) -> Vec<Value> {
    let mut single = Vec::new();
    let verbs = elements(&rule["verbs"]);
    for group in elements(&rule["apiGroups"]) {
        for resource in elements(&rule["resources"]) {
            for verb in verbs {
                let one = json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]});
                let names = elements(&rule["resourceNames"]);
                if names.is_empty() {
                    single.push(one.clone());
                }
                single.extend(names.iter().map(|name| {
                    let mut one = one.clone();
                    one["resourceNames"] = json!([name]);
                    one
                }));
            }
        }
    }
    for url in elements(&rule["nonResourceURLs"]) {
        single.extend(verbs.iter().map(|verb| json!({"nonResourceURLs": [url], "verbs": [verb]})));
    }
    single
}

fn covers(own: &Value, rule: &Value) -> bool {
    let all = |member: &str, test: &dyn Fn(&str) -> bool| {
        elements(&rule[member]).iter().filter_map(Value::as_str).all(test)
    };
    let held = |member: &str, wanted: &str| has(&own[member], |held| held == "*" || held == wanted);
    let is_resource = |wanted: &str| {
        let sub = wanted.split_once('/').map(|(_, sub)| format!("*/{sub}"));
        held("resources", wanted) || sub.is_some_and(|sub| has(&own["resources"], |it| it == sub))
    };
    let is_path = |wanted: &str| {
        has(&own["nonResourceURLs"], |path| {
            path == wanted || path.ends_with('*') && wanted.starts_with(path.trim_end_matches('*'))
        })
    };
    let any_name = elements(&own["resourceNames"]).is_empty();
    let is_named = |wanted: &str| has(&own["resourceNames"], |held| held == wanted);
    let names =
        any_name || !elements(&rule["resourceNames"]).is_empty() && all("resourceNames", &is_named);
    all("verbs", &|verb| held("verbs", verb))
        && all("apiGroups", &|group| held("apiGroups", group))
        && all("resources", &is_resource)
        && names
        && all("nonResourceURLs", &is_path)
}

/// The verbs of one resource in one rule.
fn compact(rules: Vec<Value>) -> Vec<Value> {
    let mut compacted: Vec<Value> = Vec::new();
    for rule in rules {
        let is_like = |other: &&mut Value| {
            let same = |member: &str| other[member] == rule[member];
            rule["nonResourceURLs"].is_null()
                && ["apiGroups", "resources", "resourceNames"].into_iter().all(same)
        };
        match compacted.iter_mut().find(is_like) {
            Some(other) => {
                let verbs = other["verbs"].as_array_mut();
                verbs.into_iter().for_each(|all| all.extend_from_slice(elements(&rule["verbs"])));
            }
            None => compacted.push(rule),
        }
    }
    compacted
}

// As Go prints it.
fn shown(rule: &Value) -> String {
    let members = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("ResourceNames", "resourceNames"),
        ("Verbs", "verbs"),
    ];
    let parts = members.into_iter().filter_map(|(shown, member)| {
        let items = elements(&rule[member]).iter().filter_map(Value::as_str).map(quote);
        let items: Vec<String> = items.collect();
        (!items.is_empty()).then(|| format!("{shown}:[{}]", items.join(" ")))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(groups: &[&str], resources: &[&str], names: &[&str], verbs: &[&str]) -> Value {
        json!({"apiGroups": groups, "resources": resources, "resourceNames": names, "verbs": verbs})
    }

    #[test]
    fn a_rule_covers_what_it_names() {
        let wanted = rule(&[""], &["pods/log"], &["a"], &["get"]);
        for (own, expected) in [
            (rule(&["*"], &["*"], &[], &["*"]), true),
            (rule(&[""], &["*/log"], &[], &["get"]), true),
            (rule(&[""], &["pods/log"], &["a", "b"], &["get", "list"]), true),
            (rule(&[""], &["pods"], &[], &["get"]), false),
            (rule(&[""], &["pods/log"], &["b"], &["get"]), false),
            (rule(&["apps"], &["pods/log"], &[], &["get"]), false),
            (json!({"nonResourceURLs": ["*"], "verbs": ["*"]}), false),
        ] {
            assert_eq!(covers(&own, &wanted), expected, "{own}");
        }
        let unnamed = rule(&[""], &["pods"], &[], &["get"]);
        assert!(!covers(&rule(&[""], &["pods"], &["a"], &["get"]), &unnamed));
        let path = json!({"nonResourceURLs": ["/healthz/ping"], "verbs": ["get"]});
        assert!(covers(&json!({"nonResourceURLs": ["/healthz*"], "verbs": ["get"]}), &path));
        assert!(!covers(&json!({"nonResourceURLs": ["/livez"], "verbs": ["get"]}), &path));
    }

    #[test]
    fn what_is_lacking_is_told_by_resource() {
        let lacking = single_rules(&rule(&[""], &["pods", "nodes"], &[], &["get", "list"]));
        let lines: Vec<String> = compact(lacking).iter().map(shown).collect();
        assert_eq!(
            lines,
            [
                r#"{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}"#,
                r#"{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}"#,
            ]
        );
    }
}
