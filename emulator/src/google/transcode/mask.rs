//! `fields=`: which parts of an answer are wanted. `a,b/c,d(e,f)` and `d.e` all are.

use {
    super::bind::find_field,
    prost_reflect::{FieldDescriptor, Kind, MessageDescriptor},
};

/// A tree of names; without branches it stands for all that is below.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    children: Vec<(String, Mask)>,
}

/// A path that leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownPath(pub(crate) String);

impl Mask {
    /// Reads a mask for answers of that type.
    pub(crate) fn parse(text: &str, message: &MessageDescriptor) -> Result<Self, UnknownPath> {
        let mut mask = Self::default();
        let mut rest = text;
        mask.read(&mut rest, 0);
        if !rest.is_empty() {
            return Err(UnknownPath(text.to_owned()));
        }
        mask.check(message, "")?;
        Ok(mask)
    }

    /// What is wanted of a field: `None` for nothing.
    pub(crate) fn of(&self, field: &FieldDescriptor) -> Option<&Self> {
        if self.children.is_empty() {
            return Some(self);
        }
        let mut children = self.children.iter();
        let names = [field.json_name(), field.name(), "*"];
        children.find(|(name, _)| names.contains(&name.as_str())).map(|(_, mask)| mask)
    }

    /// What is wanted of a map's entry.
    pub(crate) fn of_key(&self, key: &str) -> Option<&Self> {
        if self.children.is_empty() {
            return Some(self);
        }
        let mut children = self.children.iter();
        children.find(|(name, _)| name == key || name == "*").map(|(_, mask)| mask)
    }

    fn read(&mut self, rest: &mut &str, depth: usize) {
        loop {
            self.read_path(rest, depth);
            match rest.strip_prefix(',') {
                Some(after) => *rest = after,
                None => return,
            }
        }
    }

    fn read_path(&mut self, rest: &mut &str, depth: usize) {
        let end = rest.find(['/', '.', '(', ')', ',']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        *rest = &rest[end..];
        if name.is_empty() || depth > 20 {
            return;
        }
        let child = self.child(name);
        if let Some(after) = rest.strip_prefix(['/', '.']) {
            *rest = after;
            child.read_path(rest, depth + 1);
        } else if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            child.read(rest, depth + 1);
            *rest = rest.strip_prefix(')').unwrap_or(rest);
        }
    }

    fn child(&mut self, name: &str) -> &mut Self {
        let index = self.children.iter().position(|(child, _)| child == name);
        let index = index.unwrap_or_else(|| {
            self.children.push((name.to_owned(), Self::default()));
            self.children.len() - 1
        });
        &mut self.children[index].1
    }

    fn check(&self, message: &MessageDescriptor, at: &str) -> Result<(), UnknownPath> {
        for (name, child) in self.children.iter().filter(|(name, _)| name != "*") {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            let Some(field) = find_field(message, name) else { return Err(UnknownPath(path)) };
            match field.kind() {
                _ if child.children.is_empty() || field.is_map() => {}
                // What an Any holds is not known before the answer is.
                Kind::Message(inner) if inner.full_name() == "google.protobuf.Any" => {}
                Kind::Message(inner) => child.check(&inner, &path)?,
                _ => return Err(UnknownPath(path)),
            }
        }
        Ok(())
    }
}
