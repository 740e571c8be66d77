//! What `$name` stands for in a case: the objects and tokens given, and what steps captured.

use {serde_json::Value, std::collections::BTreeMap};

/// The names of one run of one case.
#[derive(Debug, Clone, Default)]
pub struct Vars(BTreeMap<String, Value>);

/// A `$name` that nothing has defined.
#[derive(Debug, PartialEq, Eq)]
pub struct Undefined(pub String);

impl Vars {
    /// Defines or redefines a name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The name of what is called so at the server.
    pub fn name_of(&self, value: &str) -> Option<&str> {
        self.0.iter().find(|(_, it)| *it == value).map(|(name, _)| name.as_str())
    }

    /// Replaces every `$name` in a text; `$$` is a dollar sign, and so is one before anything but a
    /// letter.
    pub fn text(&self, text: &str) -> Result<String, Undefined> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            if !rest.starts_with(|it: char| it.is_ascii_alphabetic()) {
                out.push('$');
                continue;
            }
            let (name, value) = self.longest(rest)?;
            match value {
                Value::String(text) => out.push_str(text),
                other => out.push_str(&other.to_string()),
            }
            rest = &rest[name..];
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Replaces in every string of a value, keys included; a string that is one name becomes what
    /// it stands for, of whatever type.
    pub fn value(&self, value: &Value) -> Result<Value, Undefined> {
        Ok(match value {
            Value::String(text) => self.string(text)?,
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|it| self.value(it)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(key, it)| Ok((self.text(key)?, self.value(it)?)))
                    .collect::<Result<_, _>>()?,
            ),
            other => other.clone(),
        })
    }

    fn string(&self, text: &str) -> Result<Value, Undefined> {
        let whole = text.strip_prefix('$').and_then(|name| self.get(name));
        match whole {
            Some(value) => Ok(value.clone()),
            None => Ok(Value::String(self.text(text)?)),
        }
    }

    /// The longest defined name that `text` starts with: `pod.uid` before `pod`.
    fn longest(&self, text: &str) -> Result<(usize, &Value), Undefined> {
        let end = text
            .find(|it: char| !(it.is_ascii_alphanumeric() || it == '.' || it == '_'))
            .unwrap_or(text.len());
        let mut name = &text[..end];
        loop {
            if let Some(value) = self.get(name) {
                return Ok((name.len(), value));
            }
            match name.rfind('.') {
                Some(dot) => name = &name[..dot],
                None => return Err(Undefined(text[..end].to_owned())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn vars() -> Vars {
        let mut vars = Vars::default();
        vars.set("sa", "builder");
        vars.set("sa.uid", "u1");
        vars.set("seconds", 600);
        vars
    }

    #[test]
    fn the_longest_name_wins_and_a_full_stop_may_follow() {
        assert_eq!(vars().text("/$sa/$sa.uid of $sa.").unwrap(), "/builder/u1 of builder.");
        assert_eq!(vars().text("$sa.path").unwrap(), "builder.path");
    }

    #[test]
    fn a_value_keeps_its_type() {
        let value = vars().value(&json!({"a": ["$seconds"], "b": "in $seconds"})).unwrap();
        assert_eq!(value, json!({"a": [600], "b": "in 600"}));
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        assert_eq!(vars().text("$nobody"), Err(Undefined("nobody".to_owned())));
        assert_eq!(vars().text("$$nobody ^a$").unwrap(), "$nobody ^a$");
    }
}
