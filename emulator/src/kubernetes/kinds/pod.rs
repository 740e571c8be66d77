//! Pods, as far as tokens and the clients that ask for them need them: what decoding fills in, and
//! what is refused.
//!
//! Source: kubernetes `pkg/apis/core/v1/defaults.go`, `pkg/apis/core/validation/validation.go`.

use {
    crate::{
        kubernetes::{
            kinds::validate::elements,
            names,
            status::{FieldError, go_json},
        },
        world::objects::Kind,
    },
    serde_json::{Value, json},
    std::collections::HashSet,
};

/// The longest lifetime of a token, in seconds.
const LONGEST: i64 = 1 << 32;

/// What is wrong with a pod.
pub fn check(object: &Value) -> Vec<FieldError> {
    let spec = &object["spec"];
    let mut errors = volumes(&spec["volumes"]);
    let mut names = HashSet::new();
    let volumes: HashSet<&str> =
        elements(&spec["volumes"]).iter().filter_map(|volume| volume["name"].as_str()).collect();
    if elements(&spec["containers"]).is_empty() {
        errors.push(FieldError::required("spec.containers", ""));
    }
    for list in ["containers", "initContainers"] {
        for (index, value) in elements(&spec[list]).iter().enumerate() {
            let path = format!("spec.{list}[{index}]");
            errors.extend(container(&path, value, &volumes));
            let name = value["name"].as_str().unwrap_or("");
            if !name.is_empty() && !names.insert(name.to_owned()) {
                errors.push(FieldError::duplicate(
                    &format!("{path}.name"),
                    &go_json(&name.into()),
                    "",
                ));
            }
        }
    }
    errors.extend(choices(spec));
    if spec["activeDeadlineSeconds"]
        .as_i64()
        .is_some_and(|it| !(1..=i64::from(i32::MAX)).contains(&it))
    {
        let detail = "must be between 1 and 2147483647, inclusive";
        let field = "spec.activeDeadlineSeconds";
        errors.push(FieldError::invalid(field, &spec["activeDeadlineSeconds"], detail));
    }
    errors.extend(named("spec.hostname", &spec["hostname"], Kind::Namespace));
    errors.extend(named("spec.nodeName", &spec["nodeName"], Kind::Node));
    errors
}

fn choices(spec: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (member, allowed) in [
        ("restartPolicy", ["Always", "OnFailure", "Never"].as_slice()),
        ("dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]),
    ] {
        errors.extend(choice(&format!("spec.{member}"), &spec[member], allowed));
    }
    errors
}

fn choice(field: &str, value: &Value, allowed: &[&str]) -> Option<FieldError> {
    let value = value.as_str().filter(|value| !allowed.contains(value))?;
    let supported: Vec<_> = allowed.iter().map(|it| Value::from(*it).to_string()).collect();
    Some(FieldError::unsupported(field, value, &supported.join(", ")))
}

// A namespace's name is a label, and a node's a subdomain, as those of others are.
fn named(field: &str, name: &Value, like: Kind) -> Vec<FieldError> {
    let text = name.as_str().unwrap_or("");
    if text.is_empty() {
        return Vec::new();
    }
    let faults = names::name_faults(like, text);
    faults.into_iter().map(|fault| FieldError::invalid(field, name, fault)).collect()
}

fn container(path: &str, container: &Value, volumes: &HashSet<&str>) -> Vec<FieldError> {
    let text = |member: &str| container[member].as_str().unwrap_or("");
    let field = |member: &str| format!("{path}.{member}");
    let mut errors = Vec::new();
    if text("name").is_empty() {
        errors.push(FieldError::required(&field("name"), ""));
    }
    errors.extend(named(&field("name"), &container["name"], Kind::Namespace));
    if text("image").is_empty() {
        errors.push(FieldError::required(&field("image"), ""));
    } else if text("image").trim() != text("image") {
        let detail = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid(&field("image"), &container["image"], detail));
    }
    for (index, port) in elements(&container["ports"]).iter().enumerate() {
        errors.extend(check_port(&format!("{path}.ports[{index}]"), port));
    }
    for (index, variable) in elements(&container["env"]).iter().enumerate() {
        errors.extend(check_variable(&format!("{path}.env[{index}].name"), &variable["name"]));
    }
    for (index, mount) in elements(&container["volumeMounts"]).iter().enumerate() {
        let name = mount["name"].as_str().unwrap_or("");
        if !volumes.contains(name) {
            let field = format!("{path}.volumeMounts[{index}].name");
            let text = format!("Not found: {}", mount["name"]);
            errors.push(FieldError { reason: "FieldValueNotFound", field, text });
        }
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    errors.extend(choice(&field("imagePullPolicy"), &container["imagePullPolicy"], &policies));
    errors
}

fn check_port(path: &str, port: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let field = format!("{path}.containerPort");
    match port["containerPort"].as_i64().unwrap_or(0) {
        0 => errors.push(FieldError::required(&field, "")),
        1..=65535 => {}
        _ => {
            let detail = "must be between 1 and 65535, inclusive";
            errors.push(FieldError::invalid(&field, &port["containerPort"], detail));
        }
    }
    errors.extend(choice(&format!("{path}.protocol"), &port["protocol"], &["SCTP", "TCP", "UDP"]));
    errors
}

fn check_variable(field: &str, name: &Value) -> Option<FieldError> {
    let text = name.as_str().unwrap_or("");
    if text.is_empty() {
        return Some(FieldError::required(field, ""));
    }
    let valid = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    let detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    (!valid).then(|| FieldError::invalid(field, name, detail))
}

fn volumes(volumes: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = HashSet::new();
    for (index, volume) in elements(volumes).iter().enumerate() {
        let path = format!("spec.volumes[{index}]");
        for (source, value) in elements(&volume["projected"]["sources"]).iter().enumerate() {
            errors.extend(token(&path, source, &value["serviceAccountToken"]));
        }
        let name = volume["name"].as_str().unwrap_or("");
        let field = format!("{path}.name");
        if name.is_empty() {
            errors.push(FieldError::required(&field, ""));
        } else if !names.insert(name) {
            errors.push(FieldError::duplicate(&field, &go_json(&name.into()), ""));
        } else {
            errors.extend(named(&field, &volume["name"], Kind::Namespace));
        }
    }
    errors
}

fn token(path: &str, source: usize, token: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !token.is_object() {
        return errors;
    }
    let field = format!("{path}.projected.sources[{source}].serviceAccountToken.expirationSeconds");
    let lasts = &token["expirationSeconds"];
    let detail = match lasts.as_i64().unwrap_or(3600) {
        ..600 => Some("may not specify a duration less than 10 minutes"),
        600..=LONGEST => None,
        _ => Some("may not specify a duration larger than 2^32 seconds"),
    };
    errors.extend(detail.map(|detail| FieldError::invalid(&field, lasts, detail)));
    let file = token["path"].as_str().unwrap_or("");
    let field = format!("{path}.projected.path");
    if file.is_empty() {
        errors.push(FieldError::required(&field, ""));
    } else if file.starts_with('/') {
        errors.push(FieldError::invalid(&field, &token["path"], "must be a relative path"));
    } else if file.split('/').any(|part| part == "..") {
        errors.push(FieldError::invalid(&field, &token["path"], "must not contain '..'"));
    }
    errors
}

/// How much a pod can count on.
/// Source: kubernetes `pkg/apis/core/helper/qos/qos.go`.
pub fn quality(pod: &Value) -> &'static str {
    let lists = ["containers", "initContainers"].map(|list| elements(&pod["spec"][list]));
    let given = |container: &Value, what: &str, name: &str| {
        container["resources"][what][name].as_str().filter(|text| *text != "0").map(str::to_owned)
    };
    let (mut any, mut whole) = (false, true);
    for container in lists.into_iter().flatten() {
        for name in ["cpu", "memory"] {
            let (request, limit) =
                (given(container, "requests", name), given(container, "limits", name));
            any |= request.is_some() || limit.is_some();
            whole &= limit.is_some() && request == limit;
        }
    }
    match (any, whole) {
        (false, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
}

/// Fills in what a probe leaves open.
pub fn default_probe(probe: &mut Value) {
    let Some(members) = probe.as_object_mut() else { return };
    for (member, value) in [
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ] {
        if members.get(member).and_then(Value::as_i64).unwrap_or(0) == 0 {
            members.insert(member.to_owned(), value.into());
        }
    }
    let Some(http) = members.get_mut("httpGet").and_then(Value::as_object_mut) else { return };
    for (member, value) in [("path", "/"), ("scheme", "HTTP")] {
        if http.get(member).and_then(Value::as_str).unwrap_or("").is_empty() {
            http.insert(member.to_owned(), value.into());
        }
    }
}

/// Sets the list of a pod's addresses by the one that is told alone.
pub fn default_addresses(pod: &mut Value) {
    let Some(address) = pod["status"]["podIP"].as_str().filter(|it| !it.is_empty()) else { return };
    if pod["status"]["podIPs"][0]["ip"] != address {
        pod["status"]["podIPs"] = json!([{ "ip": address }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_counts_on_what_its_containers_ask_for() {
        let pod = |resources: Value| json!({"spec": {"containers": [{"resources": resources}]}});
        let all = json!({"cpu": "1", "memory": "1Gi"});
        for (resources, expected) in [
            (json!({}), "BestEffort"),
            (json!({"requests": {"cpu": "1"}}), "Burstable"),
            (json!({"requests": all, "limits": all}), "Guaranteed"),
        ] {
            assert_eq!(quality(&pod(resources)), expected);
        }
    }

    #[test]
    fn a_probe_is_filled_in() {
        let mut probe = json!({"httpGet": {"port": 80}, "periodSeconds": 3});
        default_probe(&mut probe);
        assert_eq!(
            probe,
            json!({
                "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                "timeoutSeconds": 1, "periodSeconds": 3, "successThreshold": 1, "failureThreshold": 3,
            })
        );
    }
}
