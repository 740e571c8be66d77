//! What is owned of an object that nobody had before: all that is in it. Its text is written as the
//! object is gone through, for there is nothing to compare it with.
//!
//! [`super::compare`] comes to the same for an object that was empty before.

use {
    super::{
        compare::{compare, equal, has_any, is_filled},
        managers::STRIPPED_METADATA,
        set::write_name,
        shape::{EMPTY, Form, Shape, Untrackable, element_shape, shape, view_of},
    },
    crate::codec::schema::{Kind, Merge, Struct},
    serde_json::{Map, Value},
};

/// The `fieldsV1` text of a new object, without what nobody owns and without the members of
/// `reset`; `None` when that leaves nothing.
pub(super) fn owned(
    structure: &'static Struct,
    object: &Value,
    reset: &[&str],
) -> Result<Option<String>, Untrackable> {
    let mut text = Text { out: Vec::with_capacity(256) };
    let whole = Place::Object { reset };
    let empty = Map::new();
    let object = object.as_object().unwrap_or(&empty);
    text.members(structure, object, Some(&EMPTY.object), &whole)?;
    Ok(text.finish())
}

/// Where in an object it is, as far as that matters.
enum Place<'a> {
    Object { reset: &'a [&'a str] },
    Metadata { reset: &'a [&'a str] },
    Below,
}

impl<'a> Place<'a> {
    fn below(&self, name: &str) -> Place<'a> {
        match *self {
            Self::Object { reset } if name == "metadata" => Self::Metadata { reset },
            _ => Self::Below,
        }
    }

    /// Whether nobody owns a member.
    fn drops(&self, name: &str) -> bool {
        match *self {
            Self::Object { reset } => {
                matches!(name, "apiVersion" | "kind") || reset.contains(&name)
            }
            Self::Metadata { reset } => {
                let is_reset = |path: &&str| path.strip_prefix("metadata.") == Some(name);
                STRIPPED_METADATA.contains(&name) || reset.iter().any(is_reset)
            }
            Self::Below => false,
        }
    }
}

/// How a path says that it is owned itself, before what is below it.
const ITSELF: &[u8] = b"{\".\":{}";

struct Text {
    out: Vec<u8>,
}

impl Text {
    fn finish(self) -> Option<String> {
        let text = String::from_utf8(self.out).unwrap_or_default();
        (text != "{}").then_some(text)
    }

    /// Writes what is owned of a value: whether there is anything.
    fn value(
        &mut self,
        shape: Shape,
        before: Option<&Value>,
        value: &Value,
        place: &Place<'_>,
    ) -> Result<bool, Untrackable> {
        if before.is_some_and(|before| std::ptr::eq(before, value)) {
            return Ok(false);
        }
        match (shape, value) {
            (Shape::Struct(structure, Merge::Granular), Value::Object(members))
                if is_filled(Form::Stored, structure, before)
                    || is_filled(Form::Stored, structure, Some(value)) =>
            {
                self.members(structure, members, before, place)
            }
            (Shape::Map(element, Merge::Granular), Value::Object(members))
                if !members.is_empty() =>
            {
                self.entries(element, members, before)
            }
            (Shape::List(_, Merge::Set | Merge::Map(_)), _) if has_any(Some(value)) => {
                let changes = compare(Form::Stored, shape, before, Some(value))?;
                changes.written.write(&mut self.out, true);
                Ok(!changes.written.is_empty())
            }
            _ => {
                self.out.extend_from_slice(b"{}");
                Ok(!before.is_some_and(|before| equal(Form::Stored, shape, before, value)))
            }
        }
    }

    fn members(
        &mut self,
        structure: &'static Struct,
        members: &Map<String, Value>,
        before: Option<&Value>,
        place: &Place<'_>,
    ) -> Result<bool, Untrackable> {
        // Nobody owns the metadata as such.
        let itself = before.is_none() && !matches!(place, Place::Metadata { .. });
        let before = before.and_then(Value::as_object);
        let start = self.open(itself);
        for (_, field, value) in structure.members(members) {
            let Some(value) = view_of(field, value) else { continue };
            // What is there before is empty, or not there at all.
            let before = before.and_then(|_| view_of(field, None));
            let shape = shape(&field.kind, &field.merge);
            let end = self.out.len();
            let below = place.below(field.name);
            self.child(start, field.name, |text| text.value(shape, before, value, &below))?;
            // It has been gone through, for what cannot be followed in it counts.
            if place.drops(field.name) {
                self.out.truncate(end);
            }
        }
        Ok(self.close(start, itself))
    }

    fn entries(
        &mut self,
        element: &'static Kind,
        members: &Map<String, Value>,
        before: Option<&Value>,
    ) -> Result<bool, Untrackable> {
        let start = self.open(before.is_none());
        for (name, value) in members {
            let write =
                |text: &mut Self| text.value(element_shape(element), None, value, &Place::Below);
            self.child(start, name, write)?;
        }
        Ok(self.close(start, before.is_none()))
    }

    /// Begins what is below a path; `itself` tells whether the path is owned, too.
    fn open(&mut self, itself: bool) -> usize {
        let start = self.out.len();
        self.out.extend_from_slice(if itself { ITSELF } else { b"{" });
        start
    }

    /// Writes a member of what was opened at `start`, unless there is nothing to write of it.
    fn child(
        &mut self,
        start: usize,
        name: &str,
        write: impl FnOnce(&mut Self) -> Result<bool, Untrackable>,
    ) -> Result<(), Untrackable> {
        let end = self.out.len();
        if end > start + 1 {
            self.out.push(b',');
        }
        write_name(&mut self.out, "f:", name);
        self.out.push(b':');
        if !write(self)? {
            self.out.truncate(end);
        }
        Ok(())
    }

    /// Ends what was opened at `start`: whether there is anything.
    fn close(&mut self, start: usize, itself: bool) -> bool {
        if itself && self.out.len() == start + ITSELF.len() {
            // With nothing below it a path needs no word of its own.
            self.out.truncate(start + 1);
        }
        let some = itself || self.out.len() > start + 1;
        self.out.push(b'}');
        some
    }
}
