//! What is wrong with a document, and where: in the words of Go's decoder.

use {
    super::value::{Reader, Step},
    crate::codec::quote::quote,
    std::fmt::Write as _,
};

// No more unknown and duplicate fields are told than this.
const MAX_STRICT_ERRORS: usize = 100;

impl Reader<'_> {
    pub(super) fn type_error(&mut self, found: &str, go_type: &str) {
        if self.saved.is_none() {
            self.saved = Some(self.type_message(found, go_type));
        }
    }

    pub(super) fn save(&mut self, error: String) {
        self.saved.get_or_insert(error);
    }

    pub(super) fn type_message(&self, found: &str, go_type: &str) -> String {
        let go_type = go_type.split_once('=').map_or(go_type, |(name, _)| name).replace('_', " ");
        let mut place = String::new();
        let mut innermost = "";
        for step in &self.path {
            let Step::Field(structure, field) = step else { continue };
            innermost = structure.name();
            for name in field.within.split('.').chain([field.name]).filter(|name| !name.is_empty())
            {
                place.push('.');
                place.push_str(name);
            }
        }
        if place.is_empty() {
            return format!("json: cannot unmarshal {found} into Go value of type {go_type}");
        }
        format!(
            "json: cannot unmarshal {found} into Go struct field {innermost}{place} of type {go_type}"
        )
    }

    pub(super) fn strict_error(&mut self, what: &str, name: &str) {
        if !self.strict || self.strict_errors.len() >= MAX_STRICT_ERRORS {
            return;
        }
        let mut path = String::new();
        for step in &self.path {
            let key = match step {
                Step::Field(_, field) => field.name,
                Step::Key(key) => key,
                Step::Index(index) => {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "[{index}]");
                    continue;
                }
            };
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(key);
        }
        if !self.path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        let error = format!("{what} {}", quote(&path));
        if !self.strict_errors.contains(&error) {
            self.strict_errors.push(error);
        }
    }
}
