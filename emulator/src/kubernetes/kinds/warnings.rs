//! What is said of an object that is taken all the same.
//!
//! Source: kubernetes `pkg/registry/core/{node,pod}/strategy.go`.

use {
    crate::{
        codec::quote::quote,
        kubernetes::{
            kinds::{cidr, validate::elements},
            metadata,
            objects::write::Part,
        },
        world::objects::Kind,
    },
    serde_json::Value,
};

/// What is said of a pod whose name cannot be that of a host.
const HOST_NAME: &str = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";

/// Of an object that is new.
pub fn of_new(kind: Kind, object: &Value) -> Vec<String> {
    match kind {
        Kind::Pod if metadata::text(object, "name").contains('.') => vec![HOST_NAME.to_owned()],
        Kind::Node => node(&object["spec"]),
        _ => Vec::new(),
    }
}

/// Of an object that replaces another.
pub fn of_update(kind: Kind, part: Part, object: &Value) -> Vec<String> {
    match (kind, part) {
        (Kind::Node, Part::Whole) => node(&object["spec"]),
        _ => Vec::new(),
    }
}

fn node(spec: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    if !spec["externalID"].as_str().unwrap_or("").is_empty() {
        let text = "spec.externalID: this field is deprecated, and is unused by Kubernetes";
        warnings.push(text.to_owned());
    }
    for (index, value) in elements(&spec["podCIDRs"]).iter().enumerate() {
        let text = value.as_str().unwrap_or("");
        warnings.extend(cidr::canonical(text).map(|canonical| {
            format!(
                "spec.podCIDRs[{index}]: IPv6 CIDR value {} should be in RFC 5952 canonical format ({})",
                quote(text),
                quote(&canonical)
            )
        }));
    }
    warnings
}
