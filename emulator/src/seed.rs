//! What exists from the start: Kubernetes objects, AttachedClusters, Google projects.
//!
//! A seed is YAML of one document or several. A document is a Kubernetes object, an
//! AttachedCluster, a list of those, or `projects:` with the projects that exist.

use {
    crate::{google, kubernetes, world::World, yaml},
    serde_json::Value,
    serde_saphyr::Spanned,
    std::collections::HashMap,
};

/// What each document of a seed may be.
const FORMS: &str = "neither a Kubernetes object (apiVersion and kind), nor an AttachedCluster \
                     (name: projects/*/locations/*/attachedClusters/*), nor a list of those, nor \
                     projects: [...]";

/// A seed that has been read, but not looked into.
#[derive(Clone, Default, PartialEq)]
pub struct Seed {
    /// The Kubernetes objects, in their order.
    kubernetes: Vec<Document>,
    /// The AttachedClusters, in their order.
    google: Vec<Document>,
    /// The Google projects that exist; `None` when every project does.
    pub projects: Option<Vec<String>>,
}

/// One object, and how an error names it.
#[derive(Clone, PartialEq)]
struct Document {
    place: String,
    title: String,
    object: Value,
}

impl Seed {
    /// Reads a seed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let documents = serde_saphyr::from_multiple::<Spanned<Value>>(text)
            .map_err(|error| yaml::told(&error))?;
        let mut seed = Self::default();
        for (index, document) in documents.into_iter().enumerate() {
            let place = format!("document {} (line {})", index + 1, document.referenced.line());
            seed.add(&place, document.value)?;
        }
        seed.check_unique()?;
        Ok(seed)
    }

    /// Brings a world to its first state: the objects that every emulator has, then the seed's,
    /// service accounts first: a token Secret is removed where its account is not there.
    pub fn plant(&self, world: &World) -> Result<(), String> {
        let is_account = |document: &&Document| document.object["kind"] == "ServiceAccount";
        let accounts = self.kubernetes.iter().filter(is_account);
        let others = self.kubernetes.iter().filter(|document| !is_account(document));
        world.plant(|| {
            kubernetes::seed_defaults(world);
            for document in accounts.chain(others) {
                kubernetes::seed(world, &document.object)
                    .map_err(|error| document.wrong(&error))?;
            }
            for document in &self.google {
                google::seed(world, document.object.clone())
                    .map_err(|error| document.wrong(&error))?;
            }
            Ok(())
        })
    }

    fn add(&mut self, place: &str, document: Value) -> Result<(), String> {
        match document {
            Value::Null => Ok(()),
            Value::Array(items) => self.add_items(place, items),
            Value::Object(_) if !document["projects"].is_null() && document["kind"].is_null() => {
                self.add_projects(&document).map_err(|error| format!("{place}: {error}"))
            }
            Value::Object(_) if is_list(&document) => self.add_items(place, items(document)),
            Value::Object(_) if is_cluster(&document) => {
                let document = Document::new(place, cluster_title(&document), document);
                self.google.push(document);
                Ok(())
            }
            Value::Object(_)
                if document["apiVersion"].is_string() && document["kind"].is_string() =>
            {
                let document = Document::new(place, object_title(&document), document);
                self.kubernetes.push(document);
                Ok(())
            }
            _ => Err(format!("{place}: it is {FORMS}")),
        }
    }

    fn add_items(&mut self, place: &str, items: Vec<Value>) -> Result<(), String> {
        let mut items = items.into_iter().zip(1..);
        items.try_for_each(|(item, number)| self.add(&format!("{place}, item {number}"), item))
    }

    fn add_projects(&mut self, document: &Value) -> Result<(), String> {
        let keys = document.as_object().map_or(0, serde_json::Map::len);
        let projects = document["projects"].as_array();
        let names = projects.and_then(|projects| projects.iter().map(project).collect());
        let (1, Some(names)) = (keys, names) else {
            return Err("projects: is a list of names or numbers, alone in its document".to_owned());
        };
        let names: Vec<String> = names;
        self.projects.get_or_insert_default().extend(names);
        Ok(())
    }

    /// Of two objects of one name, one would replace the other.
    fn check_unique(&self) -> Result<(), String> {
        let mut places = HashMap::new();
        let is_named = |document: &&Document| document.object["metadata"]["name"].is_string();
        for document in self.kubernetes.iter().filter(is_named).chain(&self.google) {
            let version = document.object["apiVersion"].as_str();
            if let Some(place) = places.insert((version, &document.title), &document.place) {
                return Err(document.wrong(&format!("it is in {place} already")));
            }
        }
        Ok(())
    }
}

impl Document {
    fn new(place: &str, title: String, object: Value) -> Self {
        Self { place: place.to_owned(), title, object }
    }

    fn wrong(&self, error: &str) -> String {
        format!("{}, {}: {error}", self.place, self.title)
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
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

fn is_cluster(document: &Value) -> bool {
    document["kind"] == "AttachedCluster"
        || document["name"].as_str().is_some_and(|name| name.contains("/attachedClusters/"))
}

fn cluster_title(cluster: &Value) -> String {
    format!("AttachedCluster {}", cluster["name"].as_str().unwrap_or_default())
        .trim_end()
        .to_owned()
}

fn object_title(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let (kind, name, namespace) =
        (text(&object["kind"]), text(&metadata["name"]), text(&metadata["namespace"]));
    match namespace.as_str() {
        "" | "default" => format!("{kind} {name}").trim_end().to_owned(),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}

fn is_list(document: &Value) -> bool {
    document["items"].is_array()
        && document["kind"].as_str().is_some_and(|kind| kind.ends_with("List"))
}

/// What is in a list. The API leaves out of which kind the items of a list of one kind are.
fn items(mut list: Value) -> Vec<Value> {
    let kind = list["kind"].as_str().and_then(|kind| kind.strip_suffix("List")).map(str::to_owned);
    let api_version = list["apiVersion"].take();
    let Value::Array(mut items) = list["items"].take() else { return Vec::new() };
    let Some(kind) = kind.filter(|kind| !kind.is_empty()) else { return items };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.entry("apiVersion").or_insert_with(|| api_version.clone());
        item.entry("kind").or_insert_with(|| kind.clone().into());
    }
    items
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
            seed.kubernetes.iter().map(|it| it.object["metadata"]["name"].clone()).collect();
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
