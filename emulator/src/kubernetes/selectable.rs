//! The fields that objects can be selected by, and what they are in an object.
//!
//! Source: kubernetes `conversion.go` of each version below `pkg/apis/`.

use {
    crate::{codec::quote::quote, kubernetes::metadata, world::objects::Object},
    serde_json::Value,
    std::borrow::Cow,
};

const NAME: &str = "metadata.name";
const NAMESPACE: &str = "metadata.namespace";

/// Fields by group and resource. Of any other its name and namespace can be selected by.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "",
        "pods",
        &[
            NAME,
            NAMESPACE,
            "spec.nodeName",
            "spec.host",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    ("", "nodes", &[NAME, "spec.unschedulable"]),
    ("", "namespaces", &[NAME, "status.phase"]),
    ("", "secrets", &[NAME, NAMESPACE, "type"]),
    ("", "services", &[NAME, NAMESPACE, "spec.clusterIP", "spec.type"]),
    ("", "replicationcontrollers", &[NAME, NAMESPACE, "status.replicas"]),
    (
        "",
        "events",
        &[
            NAME,
            NAMESPACE,
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    (
        "events.k8s.io",
        "events",
        &[
            NAME,
            NAMESPACE,
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
    ),
    ("batch", "jobs", &[NAME, NAMESPACE, "status.successful"]),
    ("certificates.k8s.io", "certificatesigningrequests", &[NAME, "spec.signerName"]),
    (
        "resource.k8s.io",
        "resourceslices",
        &[NAME, "spec.nodeName", "spec.driver", "spec.pool.name"],
    ),
];

/// Why the objects of a resource cannot be selected by a field, if they cannot.
pub fn refusal(group: &str, plural: &str, field: &str) -> Option<String> {
    let own = FIELDS.iter().find(|row| (row.0, row.1) == (group, plural));
    let known = own.map_or(&[NAME, NAMESPACE][..], |row| row.2);
    if known.contains(&field) {
        return None;
    }
    Some(match (plural, own) {
        ("jobs", _) => format!("field label {} not supported for Job", quote(field)),
        ("resourceslices", _) => {
            format!("field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: {field}")
        }
        (_, Some(_)) => format!("field label not supported: {field}"),
        (_, None) => format!(
            "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            quote(field)
        ),
    })
}

/// What a field is in an object; empty where it has none.
pub fn value<'a>(object: &'a Object, field: &str) -> Cow<'a, str> {
    match field {
        NAME => return metadata::text(&object.document, "name").into(),
        NAMESPACE => return metadata::text(&object.document, "namespace").into(),
        _ => {}
    }
    let at = |field: &str| text(object.document.pointer(&format!("/{}", field.replace('.', "/"))));
    let found = match field {
        "spec.host" => at("spec.nodeName"),
        "status.successful" => at("status.succeeded"),
        "source" => at("source.component").or_else(|| at("reportingComponent")),
        field => at(field),
    };
    found.unwrap_or(Cow::Borrowed(match field {
        "spec.hostNetwork" | "spec.unschedulable" => "false",
        "status.successful" | "status.replicas" => "0",
        _ => "",
    }))
}

fn text(value: Option<&Value>) -> Option<Cow<'_, str>> {
    match value? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.into()),
        Value::Bool(true) => Some("true".into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::world::objects::Kind, rstest::rstest, serde_json::json};

    #[rstest]
    #[case("", "events", "involvedObject.uid", None)]
    #[case("", "events", "a", Some("field label not supported: a"))]
    #[case("batch", "jobs", "a", Some("field label \"a\" not supported for Job"))]
    #[case(
        "apps",
        "deployments",
        "a",
        Some(
            "\"a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        )
    )]
    fn a_field_is_selected_by_or_refused(
        #[case] group: &str,
        #[case] plural: &str,
        #[case] field: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(refusal(group, plural, field).as_deref(), expected);
    }

    #[rstest]
    #[case("source", "kubelet")]
    #[case("status.succeeded", "2")]
    #[case("status.successful", "2")]
    #[case("spec.host", "one")]
    #[case("spec.hostNetwork", "false")]
    #[case("reason", "")]
    fn a_field_is_found_where_it_is(#[case] field: &str, #[case] expected: &str) {
        let document = json!({
            "source": { "component": "" },
            "reportingComponent": "kubelet",
            "status": { "succeeded": 2 },
            "spec": { "nodeName": "one" },
        });
        let object = crate::kubernetes::objects::from_document(Kind::Pod, document, 1);
        assert_eq!(value(&object, field), expected);
    }
}
