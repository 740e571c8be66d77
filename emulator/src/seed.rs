//! What exists from the start: Kubernetes objects, AttachedClusters, Google projects.
//!
//! A seed is YAML of one document or several. A document is a Kubernetes object, an
//! AttachedCluster, a list of those, or `projects:` with the projects that exist.

use {
    crate::{google, kubernetes, world::World, yaml},
    serde_json::Value,
};

/// A seed that has been read, but not looked into.
#[derive(Clone, Default, PartialEq)]
pub struct Seed {
    /// The Kubernetes objects, in their order.
    pub kubernetes: Vec<Value>,
    /// The AttachedClusters, in their order.
    pub google: Vec<Value>,
    /// The Google projects that exist; `None` when every project does.
    pub projects: Option<Vec<String>>,
}

impl Seed {
    /// Reads a seed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let documents =
            serde_saphyr::from_multiple::<Value>(text).map_err(|error| yaml::told(&error))?;
        let mut seed = Self::default();
        documents.into_iter().try_for_each(|document| seed.add(document))?;
        Ok(seed)
    }

    /// Brings a world to its first state: the objects that every emulator has, then the seed's.
    pub fn plant(&self, world: &World) -> Result<(), String> {
        world.plant(|| {
            kubernetes::seed_defaults(world);
            self.kubernetes
                .iter()
                .try_for_each(|object| kubernetes::seed(world, object.clone()))?;
            self.google.iter().try_for_each(|cluster| google::seed(world, cluster.clone()))
        })
    }

    fn add(&mut self, document: Value) -> Result<(), String> {
        match document {
            Value::Null => Ok(()),
            Value::Array(documents) => documents.into_iter().try_for_each(|each| self.add(each)),
            Value::Object(_) if document.get("projects").is_some_and(Value::is_array) => {
                self.add_projects(&document)
            }
            Value::Object(_) if is_cluster(&document) => {
                self.google.push(document);
                Ok(())
            }
            Value::Object(_) if is_list(&document) => self.add(document["items"].clone()),
            Value::Object(_)
                if document["apiVersion"].is_string() && document["kind"].is_string() =>
            {
                self.kubernetes.push(document);
                Ok(())
            }
            _ => Err("a document is neither a Kubernetes object (apiVersion and kind), nor an \
                      AttachedCluster (name: projects/*/locations/*/attachedClusters/*), nor a \
                      list of those, nor projects: [...]"
                .to_owned()),
        }
    }

    fn add_projects(&mut self, document: &Value) -> Result<(), String> {
        let keys = document.as_object().map_or(0, serde_json::Map::len);
        let projects = document["projects"].as_array().map_or(&[][..], Vec::as_slice);
        let names = projects.iter().map(project).collect::<Option<Vec<_>>>();
        let (1, Some(names)) = (keys, names) else {
            return Err("projects: is a list of names or numbers, alone in its document".to_owned());
        };
        self.projects.get_or_insert_default().extend(names);
        Ok(())
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The objects may be Secrets.
        formatter
            .debug_struct("Seed")
            .field("kubernetes", &self.kubernetes.len())
            .field("google", &self.google.len())
            .field("projects", &self.projects)
            .finish()
    }
}

fn project(value: &Value) -> Option<String> {
    match value {
        Value::String(name) if !name.is_empty() => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_cluster(document: &Value) -> bool {
    document["kind"] == "AttachedCluster"
        || document["name"].as_str().is_some_and(|name| name.contains("/attachedClusters/"))
}

fn is_list(document: &Value) -> bool {
    document["items"].is_array()
        && document["kind"].as_str().is_some_and(|kind| kind.ends_with("List"))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    const SEED: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
- {apiVersion: v1, kind: Namespace, metadata: {name: b}}
- name: projects/p/locations/us-west1/attachedClusters/c
  oidcConfig: {issuerUrl: 'https://issuer'}
---
{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: c}}]}
---
projects: [p, 123456]
---
";

    #[test]
    fn a_seed_is_sorted_by_whose_it_is() {
        let seed = Seed::parse(SEED).unwrap();
        let names: Vec<_> =
            seed.kubernetes.iter().map(|object| object["metadata"]["name"].clone()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(seed.google.len(), 1);
        assert_eq!(seed.projects.unwrap(), ["p", "123456"]);
    }

    #[test]
    fn every_project_exists_unless_some_are_listed() {
        assert_eq!(Seed::parse("").unwrap().projects, None);
    }

    #[rstest]
    #[case("kind: Secret\ndata:\n  token: hush\n x: [", "line 4, column")]
    #[case("data: {hush: a, hush: b}", "line 1, column 17: a key is given twice")]
    #[case("token: hush", "neither a Kubernetes object")]
    fn an_error_tells_where_but_not_what(#[case] text: &str, #[case] expected: &str) {
        let error = Seed::parse(text).unwrap_err();
        assert!(error.contains(expected) && !error.contains("hush"), "{error}");
    }

    #[test]
    fn its_debug_form_shows_no_object() {
        let text = "{apiVersion: v1, kind: Secret, stringData: {token: hush}}";
        assert!(!format!("{:?}", Seed::parse(text).unwrap()).contains("hush"));
    }

    #[rstest]
    #[case("word")]
    #[case("{kind: Namespace}")]
    #[case("{projects: [p], more: x}")]
    #[case("{projects: [[p]]}")]
    #[case("a: [")]
    fn what_is_no_seed_is_refused(#[case] text: &str) {
        assert!(Seed::parse(text).is_err());
    }
}
