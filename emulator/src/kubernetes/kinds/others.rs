//! The resources that no token depends on. Those that the schema knows are kept as they are sent:
//! nothing is filled in, and nothing but their metadata is looked at. Of the others there never are
//! any objects: they can be listed, watched and asked for by name, and that is all.

use {
    crate::{
        codec::schema::Schema,
        kubernetes::{discovery::DOCUMENTS, kinds::Resource, metadata::object_at},
        world::objects::Kind,
    },
    serde_json::Value,
    std::sync::LazyLock,
};

static OTHERS: LazyLock<Vec<Resource>> = LazyLock::new(|| {
    let mut others: Vec<_> = DOCUMENTS.values().flat_map(in_version).collect();
    for (number, other) in (0..).zip(&mut others) {
        if Schema::get().root(other.api_version, other.name).is_some() {
            other.kind = Kind::Other(number);
        }
    }
    others
});

/// The versions whose kinds count the changes of what they specify.
const COUNTED: [&str; 4] = ["apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1"];

/// The resource of that plural name in a version of a group, if it is one of these.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    let is_it = |resource: &&Resource| {
        let own = resource.api_version.rsplit_once('/').map_or(resource.api_version, |it| it.1);
        resource.group == group && own == version && resource.plural == plural
    };
    OTHERS.iter().find(is_it)
}

/// The resource of a kind in the store, if it is one of these.
pub fn of(kind: Kind) -> Option<&'static Resource> {
    let Kind::Other(number) = kind else { return None };
    OTHERS.get(usize::from(number))
}

/// Those of which there may be objects.
pub fn kept() -> impl Iterator<Item = &'static Resource> {
    OTHERS.iter().filter(|resource| resource.kind != Kind::Vacant)
}

/// Fills in what a new object of these has.
pub fn prepare(resource: &Resource, object: &mut Value) {
    if resource.has_status {
        object["status"] = Value::Object(serde_json::Map::new());
    }
    if COUNTED.contains(&resource.api_version) {
        object_at(object, "metadata").insert("generation".to_owned(), 1.into());
    }
}

fn in_version(document: &'static Value) -> impl Iterator<Item = Resource> {
    let version = text(document, "groupVersion");
    let resources = document["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    resources.iter().filter_map(move |resource| other(version, resource, resources))
}

// What cannot be watched is made up when it is asked for, or never kept.
fn other(
    api_version: &'static str,
    resource: &'static Value,
    all: &'static [Value],
) -> Option<Resource> {
    let watched = resource["verbs"].as_array()?.iter().any(|verb| verb == "watch");
    let kind = text(resource, "kind");
    let known = super::RESOURCES.iter().any(|it| it.api_version == api_version && it.name == kind);
    let status = format!("{}/status", text(resource, "name"));
    (watched && !known).then(|| Resource {
        kind: Kind::Vacant,
        group: api_version.split_once('/').map_or("", |(group, _)| group),
        api_version,
        plural: text(resource, "name"),
        name: kind,
        namespaced: resource["namespaced"] == true,
        has_status: all.iter().any(|it| it["name"] == status.as_str()),
    })
}

fn text(value: &'static Value, member: &str) -> &'static str {
    value[member].as_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("", "v1", "services", Some(("Service", true, true)))]
    #[case("apps", "v1", "deployments", Some(("Deployment", true, true)))]
    #[case("coordination.k8s.io", "v1", "leases", Some(("Lease", true, true)))]
    #[case("scheduling.k8s.io", "v1", "priorityclasses", Some(("PriorityClass", false, true)))]
    #[case("autoscaling", "v2", "horizontalpodautoscalers", Some(("HorizontalPodAutoscaler", true, false)))]
    #[case("apiextensions.k8s.io", "v1", "customresourcedefinitions", Some(("CustomResourceDefinition", false, false)))]
    #[case("apps", "v2", "deployments", None)]
    #[case("", "v1", "bindings", None)]
    #[case("", "v1", "pods", None)]
    #[case("", "v1", "componentstatuses", None)]
    #[case("authentication.k8s.io", "v1", "tokenreviews", None)]
    fn what_discovery_lists_is_found_in_its_version(
        #[case] group: &str,
        #[case] version: &str,
        #[case] plural: &str,
        #[case] expected: Option<(&str, bool, bool)>,
    ) {
        let found = find(group, version, plural);
        let found = found.map(|it| (it.name, it.namespaced, it.kind != Kind::Vacant));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_number_leads_back_to_its_kind() {
        assert!(kept().count() > 20);
        assert!(kept().all(|resource| of(resource.kind) == Some(resource)));
    }
}
