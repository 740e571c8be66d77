//! Operations: one keeps its name, its target and its beginning, and once it is done it stays as it is.

use {
    super::{differ, write::Write},
    crate::{expect::Mismatch, level::Level},
    serde_json::Value,
    std::collections::BTreeMap,
};

/// Those that were told of, by their names.
#[derive(Debug, Default)]
pub(super) struct Operations(BTreeMap<String, Operation>);

#[derive(Debug, Default)]
struct Operation {
    shown: Option<Value>,
    /// What it was begun for, until it is done.
    write: Option<Write>,
    /// Whether it can be found; one that had nothing to do need not be.
    polled: bool,
}

impl Operations {
    /// Notes what one was begun for.
    pub(super) fn begin(&mut self, write: Write, body: &Value, found: &mut Vec<Mismatch>) {
        let Some(name) = body["name"].as_str() else { return };
        if self.0.contains_key(name) {
            let expected = "an operation of its own";
            found.push(Mismatch::new(Level::Should, "body name", expected, name));
        }
        let operation = Operation { write: Some(write), ..Operation::default() };
        self.0.insert(name.to_owned(), operation);
    }

    /// Judges one as it is shown. What it was begun for is returned when it is done.
    pub(super) fn look(
        &mut self,
        what: &str,
        value: &Value,
        found: &mut Vec<Mismatch>,
    ) -> Option<Write> {
        let operation = self.0.entry(value["name"].as_str()?.to_owned()).or_default();
        if let Some(before) = &operation.shown {
            let (old, new) = (&before["metadata"], &value["metadata"]);
            for name in ["target", "verb", "createTime"] {
                differ(&format!("{what} metadata {name}"), &old[name], &new[name], false, found);
            }
            if old["requestedCancellation"] == true {
                let what = format!("{what} metadata requestedCancellation");
                differ(&what, &true.into(), &new["requestedCancellation"], false, found);
            }
            // One that was done and came to nothing was wrong then.
            let came_to = before.get("response").or(before.get("error"));
            if before["done"] == true && came_to.is_some() {
                differ(what, before, value, false, found);
            }
        }
        operation.shown = Some(value.clone());
        if value["done"] == true { operation.write.take() } else { None }
    }

    /// It was found by its name.
    pub(super) fn polled(&mut self, value: &Value) {
        if let Some(it) = value["name"].as_str().and_then(|it| self.0.get_mut(it)) {
            it.polled = true;
        }
    }

    /// It was deleted.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Those that a list has to have.
    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, it)| it.polled).map(|(name, _)| name.as_str()).collect()
    }
}
