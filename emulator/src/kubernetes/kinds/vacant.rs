//! The resources that discovery lists and of which there never are any objects: they can be listed,
//! watched and asked for by name, and that is all.

use {
    crate::{
        kubernetes::{discovery::DOCUMENTS, kinds::Resource},
        world::objects::Kind,
    },
    serde_json::Value,
    std::sync::LazyLock,
};

static VACANT: LazyLock<Vec<Resource>> =
    LazyLock::new(|| DOCUMENTS.values().flat_map(in_version).collect());

/// The resource of that plural name in a version of a group, if it is one of these.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    let is_it = |resource: &&Resource| {
        let own = resource.api_version.rsplit_once('/').map_or(resource.api_version, |it| it.1);
        resource.group == group && own == version && resource.plural == plural
    };
    VACANT.iter().find(is_it)
}

fn in_version(document: &'static Value) -> impl Iterator<Item = Resource> {
    let version = text(document, "groupVersion");
    let resources = document["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    resources.iter().filter_map(move |resource| vacant(version, resource))
}

// What cannot be watched is made up when it is asked for, or never kept.
fn vacant(api_version: &'static str, resource: &'static Value) -> Option<Resource> {
    let watched = resource["verbs"].as_array()?.iter().any(|verb| verb == "watch");
    watched.then(|| Resource {
        kind: Kind::Vacant,
        group: api_version.split_once('/').map_or("", |(group, _)| group),
        api_version,
        plural: text(resource, "name"),
        name: text(resource, "kind"),
        namespaced: resource["namespaced"] == true,
    })
}

fn text(value: &'static Value, member: &str) -> &'static str {
    value[member].as_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discovery_lists_is_found_in_its_version() {
        for (group, version, plural, expected) in [
            ("", "v1", "services", Some(("Service", true))),
            ("apps", "v1", "deployments", Some(("Deployment", true))),
            (
                "apiextensions.k8s.io",
                "v1",
                "customresourcedefinitions",
                Some(("CustomResourceDefinition", false)),
            ),
            (
                "autoscaling",
                "v2",
                "horizontalpodautoscalers",
                Some(("HorizontalPodAutoscaler", true)),
            ),
            ("apps", "v2", "deployments", None),
            ("", "v1", "bindings", None),
            ("", "v1", "componentstatuses", None),
            ("authentication.k8s.io", "v1", "tokenreviews", None),
        ] {
            let found = find(group, version, plural).map(|it| (it.name, it.namespaced));
            assert_eq!(found, expected, "{plural}");
        }
    }
}
