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
            rbac::{self, elements},
            route::Attributes,
            status::Failure,
        },
        world::objects::Kind,
    },
    serde_json::{Value, json},
    std::collections::{BTreeSet, HashMap, HashSet},
};

/// How many single rules a refusal shows at most.
const MOST_LACKING: usize = 10_000;

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
    let own = Own::new(&own);
    let is_lacking = |rule: &Value| !own.cover(rule);
    // Taken apart, a rule grows by the product of its members: one that is held whole stays whole.
    let apart = rules.iter().filter(|rule| is_lacking(rule)).flat_map(single_rules);
    let lacking: Vec<Value> = apart.filter(is_lacking).take(MOST_LACKING).collect();
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

/// The rules of one verb, one resource and one name that a rule is made of, one at a time.
fn single_rules(rule: &Value) -> impl Iterator<Item = Value> {
    let verbs = elements(&rule["verbs"]);
    let names = elements(&rule["resourceNames"]);
    let resources = move |group| {
        let of = move |resource| {
            verbs.iter().map(
                move |verb| json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]}),
            )
        };
        elements(&rule["resources"]).iter().flat_map(of)
    };
    let whole = elements(&rule["apiGroups"]).iter().flat_map(resources).flat_map(move |one| {
        let unnamed = names.is_empty().then(|| one.clone());
        let named = names.iter().map(move |name| {
            let mut one = one.clone();
            one["resourceNames"] = json!([name]);
            one
        });
        unnamed.into_iter().chain(named)
    });
    let urls = elements(&rule["nonResourceURLs"]).iter().flat_map(move |url| {
        verbs.iter().map(move |verb| json!({"nonResourceURLs": [url], "verbs": [verb]}))
    });
    whole.chain(urls)
}

/// The rules that a caller has, by what they are about: there may be as many as a client likes.
struct Own<'a> {
    rules: Vec<Held<'a>>,
    by_resource: HashMap<&'a str, Vec<usize>>,
}

/// One of them.
struct Held<'a> {
    verbs: HashSet<&'a str>,
    groups: HashSet<&'a str>,
    resources: HashSet<&'a str>,
    names: HashSet<&'a str>,
    urls: HashSet<&'a str>,
    /// What paths begin with.
    prefixes: Vec<&'a str>,
}

fn texts<'a>(rule: &'a Value, member: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    elements(&rule[member]).iter().filter_map(Value::as_str)
}

/// The resource by which any resource has this subresource.
fn any_with(resource: &str) -> Option<String> {
    resource.split_once('/').map(|(_, sub)| format!("*/{sub}"))
}

impl<'a> Own<'a> {
    fn new(rules: &'a [Value]) -> Self {
        let mut by_resource: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, rule) in rules.iter().enumerate() {
            texts(rule, "resources").for_each(|it| by_resource.entry(it).or_default().push(place));
        }
        Self { rules: rules.iter().map(Held::new).collect(), by_resource }
    }

    /// Whether one of them gives all that a rule gives.
    fn cover(&self, rule: &Value) -> bool {
        let Some(resource) = texts(rule, "resources").next() else {
            return self.rules.iter().any(|own| own.covers(rule));
        };
        let sub = any_with(resource);
        let names = [Some(resource), Some("*"), sub.as_deref()].into_iter().flatten();
        let mut places = names.filter_map(|name| self.by_resource.get(name)).flatten();
        places.any(|place| self.rules[*place].covers(rule))
    }
}

impl<'a> Held<'a> {
    fn new(rule: &'a Value) -> Self {
        let set = |member: &str| texts(rule, member).collect::<HashSet<_>>();
        let patterns = texts(rule, "nonResourceURLs").filter(|path| path.ends_with('*'));
        Self {
            verbs: set("verbs"),
            groups: set("apiGroups"),
            resources: set("resources"),
            names: set("resourceNames"),
            urls: set("nonResourceURLs"),
            prefixes: patterns.map(|path| path.trim_end_matches('*')).collect(),
        }
    }

    fn covers(&self, rule: &Value) -> bool {
        let held = |set: &HashSet<&str>, wanted: &str| set.contains("*") || set.contains(wanted);
        let is_resource = |wanted: &str| {
            let sub = any_with(wanted);
            held(&self.resources, wanted) || sub.is_some_and(|sub| self.resources.contains(&*sub))
        };
        let is_path = |wanted: &str| {
            self.urls.contains(wanted) || self.prefixes.iter().any(|it| wanted.starts_with(it))
        };
        let mut named = texts(rule, "resourceNames").peekable();
        let names = self.names.is_empty()
            || named.peek().is_some() && named.all(|name| self.names.contains(name));
        names
            && texts(rule, "verbs").all(|verb| held(&self.verbs, verb))
            && texts(rule, "apiGroups").all(|group| held(&self.groups, group))
            && texts(rule, "resources").all(is_resource)
            && texts(rule, "nonResourceURLs").all(is_path)
    }
}

/// The verbs of one resource in one rule.
fn compact(rules: Vec<Value>) -> Vec<Value> {
    let mut compacted: Vec<Value> = Vec::new();
    let mut places = HashMap::new();
    for rule in rules {
        let identity = ["apiGroups", "resources", "resourceNames"].map(|name| rule[name].clone());
        let place = if rule["nonResourceURLs"].is_null() {
            *places.entry(identity).or_insert(compacted.len())
        } else {
            compacted.len()
        };
        match compacted.get_mut(place) {
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

    fn covers(own: &Value, rule: &Value) -> bool {
        Own::new(std::slice::from_ref(own)).cover(rule)
    }

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
        let rule = rule(&[""], &["pods", "nodes"], &[], &["get", "list"]);
        let lacking = single_rules(&rule).collect();
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
