//! What a role and a binding have to be like.
//!
//! Source: kubernetes `pkg/apis/rbac/validation/validation.go`.

use {
    crate::{
        kubernetes::{names, status::FieldError},
        world::objects::Kind,
    },
    serde_json::Value,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// What is wrong with a role or a binding, besides its metadata.
pub fn check(kind: Kind, object: &Value) -> Vec<FieldError> {
    match kind {
        Kind::Role | Kind::ClusterRole => role(object, kind == Kind::Role),
        Kind::RoleBinding | Kind::ClusterRoleBinding => binding(object, kind == Kind::RoleBinding),
        _ => Vec::new(),
    }
}

fn role(role: &Value, namespaced: bool) -> Vec<FieldError> {
    let rules = || elements(&role["rules"]).iter().enumerate();
    let mut errors: Vec<_> =
        rules().flat_map(|(index, rule)| rule_errors(index, rule, namespaced)).collect();
    let selectors = &role["aggregationRule"]["clusterRoleSelectors"];
    if role["aggregationRule"].is_object() && elements(selectors).is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        errors.push(FieldError::required("aggregationRule.clusterRoleSelectors", detail));
    }
    // What is declared beside the types is checked last.
    let verbless = rules().filter(|(_, rule)| elements(&rule["verbs"]).is_empty());
    errors.extend(
        verbless.map(|(index, _)| FieldError::required(&format!("rules[{index}].verbs"), "")),
    );
    errors
}

fn rule_errors(index: usize, rule: &Value, namespaced: bool) -> Vec<FieldError> {
    let field = |member: &str| format!("rules[{index}].{member}");
    let is_empty = |member: &str| elements(&rule[member]).is_empty();
    let mut errors = Vec::new();
    if !is_empty("nonResourceURLs") {
        let urls = &rule["nonResourceURLs"];
        let mut refuse = |detail: &str| {
            errors.push(FieldError::invalid(&field("nonResourceURLs"), urls, detail));
        };
        if namespaced {
            refuse("namespaced rules cannot apply to non-resource URLs");
        }
        if !["apiGroups", "resources", "resourceNames"].into_iter().all(is_empty) {
            refuse("rules cannot apply to both regular resources and non-resource URLs");
        }
        return errors;
    }
    for (member, detail) in [
        ("apiGroups", "resource rules must supply at least one api group"),
        ("resources", "resource rules must supply at least one resource"),
    ] {
        if is_empty(member) {
            errors.push(FieldError::required(&field(member), detail));
        }
    }
    errors
}

fn binding(binding: &Value, namespaced: bool) -> Vec<FieldError> {
    let reference = |member: &str| binding["roleRef"][member].as_str().unwrap_or("");
    let mut errors = Vec::new();
    if reference("apiGroup") != GROUP {
        errors.push(unsupported("roleRef.apiGroup", reference("apiGroup"), &[GROUP]));
    }
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !kinds.contains(&reference("kind")) {
        errors.push(unsupported("roleRef.kind", reference("kind"), kinds));
    }
    match reference("name") {
        "" => {}
        name => {
            let faults = names::name_faults(Kind::Role, name);
            errors.extend(
                faults
                    .into_iter()
                    .map(|fault| FieldError::invalid("roleRef.name", &name.into(), fault)),
            );
        }
    }
    let subjects = || elements(&binding["subjects"]).iter().enumerate();
    errors
        .extend(subjects().flat_map(|(index, subject)| subject_errors(index, subject, namespaced)));
    let nameless = subjects().filter(|(_, it)| it["name"].as_str().unwrap_or("").is_empty());
    errors.extend(
        nameless.map(|(index, _)| FieldError::required(&format!("subjects[{index}].name"), "")),
    );
    if reference("name").is_empty() {
        errors.push(FieldError::required("roleRef.name", ""));
    }
    errors
}

fn subject_errors(index: usize, subject: &Value, namespaced: bool) -> Vec<FieldError> {
    let field = |member: &str| format!("subjects[{index}].{member}");
    let text = |member: &str| subject[member].as_str().unwrap_or("");
    let mut errors = Vec::new();
    match text("kind") {
        "ServiceAccount" => {
            if !text("name").is_empty() {
                let faults = names::name_faults(Kind::ServiceAccount, text("name"));
                errors.extend(
                    faults
                        .into_iter()
                        .map(|fault| FieldError::invalid(&field("name"), &subject["name"], fault)),
                );
            }
            if !text("apiGroup").is_empty() {
                errors.push(unsupported(&field("apiGroup"), text("apiGroup"), &[""]));
            }
            if !namespaced && text("namespace").is_empty() {
                errors.push(FieldError::required(&field("namespace"), ""));
            }
        }
        "User" | "Group" => {
            if text("apiGroup") != GROUP {
                errors.push(unsupported(&field("apiGroup"), text("apiGroup"), &[GROUP]));
            }
        }
        other => {
            errors.push(unsupported(&field("kind"), other, &["ServiceAccount", "User", "Group"]));
        }
    }
    errors
}

fn unsupported(field: &str, value: &str, supported: &[&str]) -> FieldError {
    let supported: Vec<_> = supported.iter().map(|it| Value::from(*it).to_string()).collect();
    FieldError::unsupported(field, value, &supported.join(", "))
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
