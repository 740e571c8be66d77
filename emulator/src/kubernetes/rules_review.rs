//! `POST …/selfsubjectrulesreviews`: all that the caller may do in a namespace.
//!
//! Source: kubernetes `pkg/registry/authorization/selfsubjectrulesreview/rest.go`.

use {
    crate::kubernetes::{
        admission, body,
        exchange::{Exchange, Outcome, Reply},
        metadata, rbac,
        status::Failure,
    },
    serde_json::{Value, json},
};

const API_VERSION: &str = "authorization.k8s.io/v1";
const KIND: &str = "SelfSubjectRulesReview";

/// Answers with the rules of the roles that are bound to the caller.
pub fn create(exchange: &Exchange<'_>) -> Outcome {
    let output = body::accept(exchange)?;
    let (mut review, _) = body::read_created(exchange, API_VERSION, KIND)?;
    metadata::match_namespace(&mut review, "")?;
    metadata::dedup_owners(exchange, &mut review);
    let name = metadata::shown_name(&review);
    admission::deny_as(exchange, "selfsubjectrulesreviews", "authorization.k8s.io", name)?;
    let namespace = review["spec"]["namespace"].as_str().unwrap_or("");
    if namespace.is_empty() {
        return Err(Failure::bad_request("no namespace on request"));
    }
    let (rules, missing) = rbac::rules(exchange.world, &exchange.caller, namespace);
    let mut status = json!({
        "resourceRules": shaped(&rules, "resources", &["apiGroups", "resources", "resourceNames"]),
        "nonResourceRules": shaped(&rules, "nonResourceURLs", &["nonResourceURLs"]),
        "incomplete": false,
    });
    if !missing.is_empty() {
        status["evaluationError"] = rbac::aggregate(&missing).into();
    }
    let object = json!({
        "kind": KIND, "apiVersion": API_VERSION, "metadata": {}, "spec": {}, "status": status,
    });
    Ok(Reply::Object { status: 201, object, output })
}

/// The rules that have something in a member, with the verbs and these members of each.
fn shaped(rules: &[Value], with: &str, members: &[&str]) -> Vec<Value> {
    let has = |rule: &&Value| rule[with].as_array().is_some_and(|items| !items.is_empty());
    let shape = |rule: &Value| {
        let members = members.iter().filter(|member| !rule[**member].is_null());
        let mut shaped = json!({ "verbs": rule["verbs"] });
        members.for_each(|member| shaped[*member] = rule[*member].clone());
        shaped
    };
    rules.iter().filter(has).map(shape).collect()
}
