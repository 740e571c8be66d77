//! Reads a YAML body: its first document becomes JSON text, and that is read as JSON is.

use {
    super::{
        compose::{Content, Document, NodeId, compose},
        reader::Error,
        resolve::{Scalar, resolve},
        value::{Value, json},
    },
    crate::codec::{
        json::{StrictError, decode_text},
        target::{DecodeError, Decoded, FieldValidation, Target},
    },
    std::collections::HashMap,
};

/// Reads a YAML body.
pub fn decode(
    body: &[u8],
    target: &Target,
    validation: FieldValidation,
) -> Result<Decoded, DecodeError> {
    let unreadable = |Error(error)| target.unreadable(error, body);
    let Read { value, duplicates } = read(body).map_err(unreadable)?;
    let json = json(&value).map_err(unreadable)?;
    let duplicates = match validation {
        FieldValidation::Ignore => Vec::new(),
        _ => strict_error(duplicates),
    };
    decode_text(&json, body, target, validation, duplicates)
}

/// The first document of a stream as JSON text, and the keys in it that were there already, a text
/// each.
pub fn to_json(body: &[u8]) -> Result<(Vec<u8>, Vec<String>), String> {
    let Read { value, duplicates } = read(body).map_err(|Error(error)| error)?;
    Ok((json(&value).map_err(|Error(error)| error)?, duplicates))
}

/// What a stream holds.
pub(super) struct Read {
    /// Its first document.
    pub(super) value: Value,
    /// Keys that were there already, a text each.
    pub(super) duplicates: Vec<String>,
}

fn strict_error(duplicates: Vec<String>) -> Vec<StrictError> {
    if duplicates.is_empty() {
        return Vec::new();
    }
    let error = format!("yaml: unmarshal errors:\n  {}", duplicates.join("\n  "));
    vec![StrictError { error, warnings: duplicates }]
}

/// Reads the first document of a stream.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Error> {
    let Some(document) = compose(bytes)? else {
        return Ok(Read { value: Value::Null, duplicates: Vec::new() });
    };
    let mut builder = Builder {
        document: &document,
        open_aliases: Vec::new(),
        duplicates: Vec::new(),
        steps: 0,
        alias_steps: 0,
    };
    let value = builder.value(document.root)?;
    Ok(Read { value, duplicates: builder.duplicates })
}

struct Builder<'a> {
    document: &'a Document,
    open_aliases: Vec<NodeId>,
    duplicates: Vec<String>,
    steps: usize,
    alias_steps: usize,
}

/// The members of a mapping that is being built.
#[derive(Default)]
struct Members {
    entries: Vec<(Value, Value)>,
    places: HashMap<String, usize>,
}

impl Members {
    /// Puts a member in its place; false when the place was taken.
    fn insert(&mut self, key: Value, value: Value) -> bool {
        let next = self.entries.len();
        let place = match key.identity() {
            Some(identity) => *self.places.entry(identity).or_insert(next),
            None => next,
        };
        match self.entries.get_mut(place) {
            Some(entry) => {
                entry.1 = value;
                false
            }
            None => {
                self.entries.push((key, value));
                true
            }
        }
    }
}

impl Builder<'_> {
    fn value(&mut self, id: NodeId) -> Result<Value, Error> {
        self.count()?;
        let node = &self.document.nodes[id];
        match &node.content {
            Content::Scalar { text, implicit } => {
                if node.tag.is_empty() && !implicit {
                    return Ok(Value::Text(text.clone()));
                }
                Ok(scalar(resolve(&node.tag, text)?))
            }
            Content::Sequence(elements) => {
                let elements = elements.iter().map(|element| self.value(*element));
                elements.collect::<Result<_, _>>().map(Value::Sequence)
            }
            Content::Mapping(_) => {
                let mut members = Members::default();
                self.members(id, &mut members)?;
                Ok(Value::Mapping(members.entries))
            }
            Content::Alias { name, target } => {
                self.open_alias(id, name)?;
                let value = self.value(*target)?;
                self.open_aliases.pop();
                Ok(value)
            }
        }
    }

    fn open_alias(&mut self, id: NodeId, name: &str) -> Result<(), Error> {
        if self.open_aliases.contains(&id) {
            return Err(Error(format!("yaml: anchor '{name}' value contains itself")));
        }
        self.open_aliases.push(id);
        Ok(())
    }

    // Documents that are mostly aliases may unfold to something huge.
    fn count(&mut self) -> Result<(), Error> {
        self.steps += 1;
        if !self.open_aliases.is_empty() {
            self.alias_steps += 1;
        }
        let few = self.alias_steps <= 100 || self.steps <= 1000;
        #[expect(clippy::cast_precision_loss, reason = "a share is enough")]
        let share = self.alias_steps as f64 / self.steps as f64;
        if !few && share > allowed_share(self.steps) {
            return Err(Error("yaml: document contains excessive aliasing".to_owned()));
        }
        Ok(())
    }

    fn members(&mut self, id: NodeId, members: &mut Members) -> Result<(), Error> {
        let Content::Mapping(pairs) = &self.document.nodes[id].content else { return Ok(()) };
        for (key, value) in pairs {
            if self.is_merge(*key) {
                self.merge(*value, members)?;
                continue;
            }
            let key = self.value(*key)?;
            if matches!(key, Value::Mapping(_) | Value::Sequence(_)) {
                return Err(Error(format!("yaml: invalid map key: {}", key.go_text())));
            }
            let line = self.document.nodes[*value].line + 1;
            let value = self.value(*value)?;
            let name = key.go_text();
            if !members.insert(key, value) {
                self.duplicates.push(format!("line {line}: key {name} already set in map"));
            }
        }
        Ok(())
    }

    fn is_merge(&self, id: NodeId) -> bool {
        let node = &self.document.nodes[id];
        let Content::Scalar { text, implicit } = &node.content else { return false };
        text == "<<" && (*implicit || node.tag == "tag:yaml.org,2002:merge")
    }

    fn merge(&mut self, id: NodeId, members: &mut Members) -> Result<(), Error> {
        let document = self.document;
        match &document.nodes[id].content {
            Content::Sequence(elements) => {
                // Earlier ones win, so they come last.
                elements.iter().rev().try_for_each(|element| self.merge_one(*element, members))
            }
            _ => self.merge_one(id, members),
        }
    }

    fn merge_one(&mut self, id: NodeId, members: &mut Members) -> Result<(), Error> {
        let document = self.document;
        self.count()?;
        match &document.nodes[id].content {
            Content::Mapping(_) => self.members(id, members),
            Content::Alias { name, target } => {
                if !matches!(document.nodes[*target].content, Content::Mapping(_)) {
                    return Err(no_map());
                }
                self.open_alias(id, name)?;
                self.count()?;
                self.members(*target, members)?;
                self.open_aliases.pop();
                Ok(())
            }
            _ => Err(no_map()),
        }
    }
}

fn no_map() -> Error {
    Error("yaml: map merge requires map or sequence of maps as the value".to_owned())
}

fn allowed_share(steps: usize) -> f64 {
    const LOW: usize = 400_000;
    const HIGH: usize = 4_000_000;
    #[expect(clippy::cast_precision_loss, reason = "a share is enough")]
    match steps {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((steps - LOW) as f64 / (HIGH - LOW) as f64),
    }
}

fn scalar(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(number) => Value::Int(number),
        Scalar::Uint(number) => Value::Uint(number),
        Scalar::Float(number) => Value::Float(number),
        Scalar::Binary(bytes) => Value::Text(crate::codec::target::lossy(&bytes)),
        Scalar::Timestamp(text)
        | Scalar::Merge(text)
        | Scalar::Text(text)
        | Scalar::Tagged(text) => Value::Text(text),
    }
}
