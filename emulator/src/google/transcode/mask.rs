//! `fields=`: which parts of an answer are wanted. `a,b/c,d(e,f)` and `d.e` all are; `*` is every
//! field.

use {
    super::bind::find_field,
    prost_reflect::{
        DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
    },
    std::collections::HashMap,
};

/// How deep a mask may go.
const DEPTH: usize = 20;

/// A tree of names; without branches it stands for all that is below.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    children: Vec<(String, Mask)>,
    /// The place of each of them.
    places: HashMap<String, usize>,
    /// Whether a path ends here, so that all below is wanted, whatever else is said of it.
    whole: bool,
}

/// Why a mask is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A path leads nowhere.
    UnknownPath(String),
    /// It cannot be read from this byte on.
    Syntax(usize),
}

impl Mask {
    /// Reads a mask for answers of that type.
    pub(crate) fn parse(text: &str, message: &MessageDescriptor) -> Result<Self, Fault> {
        let mut mask = Self::default();
        let mut rest = text;
        let read = mask.read(&mut rest, 0);
        if read.is_none() || !rest.is_empty() {
            return Err(Fault::Syntax(text.len() - rest.len()));
        }
        mask.check(message, "")?;
        Ok(mask)
    }

    /// What is wanted of a field: `None` for nothing.
    pub(crate) fn of(&self, field: &FieldDescriptor) -> Option<&Self> {
        self.find(&[field.json_name(), field.name(), "*"])
    }

    /// What is wanted of a map's entry.
    pub(crate) fn of_key(&self, key: &str) -> Option<&Self> {
        self.find(&[key, "*"])
    }

    /// Leaves of a message what is wanted.
    pub(crate) fn prune(&self, message: &mut DynamicMessage) {
        if self.is_leaf() {
            return;
        }
        let fields: Vec<_> = message.descriptor().fields().collect();
        for field in fields {
            match self.of(&field) {
                None => message.clear_field(&field),
                Some(mask) if message.has_field(&field) && !mask.is_leaf() => {
                    mask.prune_value(message.get_field_mut(&field));
                }
                Some(_) => {}
            }
        }
    }

    fn prune_value(&self, value: &mut Value) {
        match value {
            // What an Any holds is bytes here, which stay whole.
            Value::Message(message) if message.descriptor().full_name() == ANY => {}
            Value::Message(message) => self.prune(message),
            Value::List(list) => list.iter_mut().for_each(|value| self.prune_value(value)),
            Value::Map(map) => {
                map.retain(|key, _| key.as_str().is_none_or(|key| self.of_key(key).is_some()))
            }
            _ => {}
        }
    }

    fn find(&self, names: &[&str]) -> Option<&Self> {
        if self.is_leaf() {
            return Some(self);
        }
        // What is named goes before what is any.
        let place = names.iter().find_map(|wanted| self.places.get(*wanted))?;
        Some(&self.children[*place].1)
    }

    fn is_leaf(&self) -> bool {
        self.whole || self.children.is_empty()
    }

    /// Reads paths up to what cannot go on; `None` where there has to be one and is none.
    fn read(&mut self, rest: &mut &str, depth: usize) -> Option<()> {
        loop {
            self.read_path(rest, depth)?;
            match rest.strip_prefix(',') {
                Some(after) => *rest = after,
                None => return Some(()),
            }
        }
    }

    fn read_path(&mut self, rest: &mut &str, depth: usize) -> Option<()> {
        let end = rest.find(['/', '.', '(', ')', ',']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        if name.is_empty() || depth > DEPTH {
            return None;
        }
        *rest = &rest[end..];
        let child = self.child(name);
        if let Some(after) = rest.strip_prefix(['/', '.']) {
            *rest = after;
            child.read_path(rest, depth + 1)
        } else if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            child.read(rest, depth + 1)?;
            *rest = rest.strip_prefix(')')?;
            Some(())
        } else {
            child.whole = true;
            Some(())
        }
    }

    fn child(&mut self, name: &str) -> &mut Self {
        let place = *self.places.entry(name.to_owned()).or_insert(self.children.len());
        if place == self.children.len() {
            self.children.push((name.to_owned(), Self::default()));
        }
        &mut self.children[place].1
    }

    fn check(&self, message: &MessageDescriptor, at: &str) -> Result<(), Fault> {
        for (name, child) in self.children.iter().filter(|(name, _)| name != "*") {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            let Some(field) = find_field(message, name) else {
                return Err(Fault::UnknownPath(path));
            };
            match field.kind() {
                _ if child.children.is_empty() || field.is_map() => {}
                // What an Any holds is not known before the answer is.
                Kind::Message(inner) if inner.full_name() == ANY => {}
                Kind::Message(inner) => child.check(&inner, &path)?,
                _ => return Err(Fault::UnknownPath(child.first_below(&path))),
            }
        }
        Ok(())
    }

    /// The first path below a field that has nothing below it.
    fn first_below(&self, path: &str) -> String {
        self.children.first().map_or_else(|| path.to_owned(), |(name, _)| format!("{path}.{name}"))
    }
}

const ANY: &str = "google.protobuf.Any";

#[cfg(test)]
mod tests {
    use {super::*, crate::google::clusters::SERVICE, rstest::rstest};

    fn parse(text: &str) -> Result<Mask, Fault> {
        let list = "google.cloud.gkemulticloud.v1.ListAttachedClustersResponse";
        Mask::parse(text, &SERVICE.schema().message(list).descriptor())
    }

    #[rstest]
    #[case("attachedClusters")]
    #[case("attached_clusters/name,nextPageToken")]
    #[case("attachedClusters(name,fleet/project,oidcConfig(issuerUrl))")]
    #[case("attachedClusters.fleet.project")]
    #[case("attachedClusters( name , state )")]
    #[case("*")]
    #[case("*/name")]
    #[case("attachedClusters/annotations/a")]
    fn a_mask_names_fields(#[case] text: &str) {
        assert!(parse(text).is_ok(), "{:?}", parse(text));
    }

    #[rstest]
    #[case("bogus", Fault::UnknownPath("bogus".into()))]
    #[case("attachedClusters/bogus", Fault::UnknownPath("attachedClusters.bogus".into()))]
    #[case("nextPageToken/x", Fault::UnknownPath("nextPageToken.x".into()))]
    #[case("AttachedClusters", Fault::UnknownPath("AttachedClusters".into()))]
    #[case(",", Fault::Syntax(0))]
    #[case("nextPageToken,", Fault::Syntax(14))]
    #[case("attachedClusters(name", Fault::Syntax(21))]
    #[case("attachedClusters()", Fault::Syntax(17))]
    #[case("attachedClusters)", Fault::Syntax(16))]
    #[case("attachedClusters//name", Fault::Syntax(17))]
    #[case("attachedClusters(name)/x", Fault::Syntax(22))]
    fn what_is_no_mask_says_why(#[case] text: &str, #[case] fault: Fault) {
        assert_eq!(parse(text), Err(fault));
    }

    #[test]
    fn a_field_that_is_wanted_whole_stays_whole() {
        for text in
            ["attachedClusters,attachedClusters/name", "attachedClusters/name,attachedClusters"]
        {
            let mask = parse(text).unwrap();
            assert!(mask.children[0].1.is_leaf(), "{text}");
        }
    }

    #[test]
    fn a_message_is_pruned() {
        let mut message = SERVICE.schema().message("google.cloud.gkemulticloud.v1.AttachedCluster");
        for (field, text) in [("name", "n"), ("description", "d")] {
            message.set_field_by_name(field, Value::String(text.to_owned()));
        }
        Mask::parse("name,fleet/project", &message.descriptor()).unwrap().prune(&mut message);
        let left: Vec<_> = message.fields().map(|(field, _)| field.name().to_owned()).collect();
        assert_eq!(left, ["name"]);
    }
}
