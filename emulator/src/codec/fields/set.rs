//! Sets of the paths of fields, as trees, and their text in `fieldsV1`.

use {
    crate::codec::{json::write_string, quote::quote},
    serde_json::{Map, Value},
    std::{borrow::Cow, cmp::Ordering},
};

/// A set of paths: whether the path that leads here is in it, and what is below.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Set<'a> {
    pub(super) member: bool,
    /// In the order of their elements.
    pub(super) children: Vec<(Element<'a>, Set<'a>)>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Element<'a> {
    /// A member of a struct or map.
    Field(Cow<'a, str>),
    /// The element of a list with these members.
    Key(Vec<(Cow<'a, str>, Cow<'a, Value>)>),
    /// The element of a list with this value.
    Value(Cow<'a, Value>),
    /// The element of a list at this place.
    Index(i64),
}

impl Element<'_> {
    /// The order in which paths are written.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(one), Self::Field(other)) => one.cmp(other),
            (Self::Key(one), Self::Key(other)) => compare_keys(one, other),
            (Self::Value(one), Self::Value(other)) => compare_values(one, other),
            (Self::Index(one), Self::Index(other)) => one.cmp(other),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// The element on its own.
    pub(super) fn into_owned(self) -> Element<'static> {
        match self {
            Self::Field(name) => Element::Field(Cow::Owned(name.into_owned())),
            Self::Key(members) => Element::Key(
                members
                    .into_iter()
                    .map(|(name, value)| {
                        (Cow::Owned(name.into_owned()), Cow::Owned(value.into_owned()))
                    })
                    .collect(),
            ),
            Self::Value(value) => Element::Value(Cow::Owned(value.into_owned())),
            Self::Index(index) => Element::Index(index),
        }
    }

    /// The element as a path in an error shows it.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Field(name) => format!(".{name}"),
            Self::Key(members) => {
                let members =
                    members.iter().map(|(name, value)| format!("{name}={}", shown(value)));
                format!("[{}]", members.collect::<Vec<_>>().join(","))
            }
            Self::Value(value) => format!("[={}]", shown(value)),
            Self::Index(index) => format!("[{index}]"),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(members) => {
                let members = members.iter().map(|(name, value)| {
                    format!("{}:{}", json_text(&Value::String(name.to_string())), json_text(value))
                });
                format!("k:{{{}}}", members.collect::<Vec<_>>().join(","))
            }
            Self::Value(value) => format!("v:{}", json_text(value)),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    fn parse(text: &str) -> Option<Element<'static>> {
        let (kind, rest) = text.split_at_checked(2)?;
        match kind {
            "f:" => Some(Element::Field(Cow::Owned(rest.to_owned()))),
            "v:" => Some(Element::Value(Cow::Owned(serde_json::from_str(rest).ok()?))),
            "i:" => Some(Element::Index(rest.parse().ok()?)),
            "k:" => {
                let members: Map<String, Value> = serde_json::from_str(rest).ok()?;
                let members = members.into_iter();
                let owned = members.map(|(name, value)| (Cow::Owned(name), Cow::Owned(value)));
                Some(Element::Key(owned.collect()))
            }
            _ => None,
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        value => value.to_string(),
    }
}

type KeyMember<'a> = (Cow<'a, str>, Cow<'a, Value>);

fn compare_keys(one: &[KeyMember<'_>], other: &[KeyMember<'_>]) -> Ordering {
    for ((name, value), (other_name, other_value)) in one.iter().zip(other) {
        let order = name.cmp(other_name).then_with(|| compare_values(value, other_value));
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

fn compare_values(one: &Value, other: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        _ => 3,
    };
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_i64().cmp(&other.as_i64()),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}

fn json_text(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let mut out = Vec::with_capacity(text.len() + 2);
            write_string(&mut out, text);
            String::from_utf8(out).unwrap_or_default()
        }
        value => value.to_string(),
    }
}

impl<'a> Set<'a> {
    /// The set of only the path that leads here.
    pub(super) fn of_self() -> Self {
        Self { member: true, children: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// What is below an element.
    pub(super) fn below(&self, element: &Element<'_>) -> Option<&Self> {
        let at = self.children.binary_search_by(|(known, _)| known.compare(element)).ok()?;
        Some(&self.children[at].1)
    }

    /// The paths of all that is in the set, those of one level before those below them.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.add_paths("", &mut paths);
        paths
    }

    fn add_paths(&self, prefix: &str, paths: &mut Vec<String>) {
        let members = self.children.iter().filter(|(_, below)| below.member);
        paths.extend(members.map(|(element, _)| format!("{prefix}{}", element.path())));
        for (element, below) in &self.children {
            below.add_paths(&format!("{prefix}{}", element.path()), paths);
        }
    }

    /// Adds what is below an element. Call [`Self::sort`] when all is added.
    pub(super) fn push(&mut self, element: &Element<'a>, below: Self) {
        if !below.is_empty() {
            self.children.push((element.clone(), below));
        }
    }

    pub(super) fn sort(&mut self) {
        self.children.sort_by(|(one, _), (other, _)| one.compare(other));
    }

    /// What is in this and not in the other.
    pub(super) fn difference(mut self, other: &Set<'_>) -> Self {
        self.subtract(other);
        self
    }

    fn subtract(&mut self, other: &Set<'_>) {
        self.member &= !other.member;
        if other.children.is_empty() {
            return;
        }
        self.children.retain_mut(|(element, below)| {
            let found = other.children.binary_search_by(|(known, _)| known.compare(element));
            if let Ok(at) = found {
                below.subtract(&other.children[at].1);
            }
            !below.is_empty()
        });
    }

    /// What is in any of them. Two at a time, so that none is gone through for each of the others.
    pub(super) fn union_of(mut sets: Vec<Self>) -> Self {
        while sets.len() > 1 {
            let mut pairs = std::mem::take(&mut sets).into_iter();
            while let Some(one) = pairs.next() {
                sets.push(one.union(pairs.next().unwrap_or_default()));
            }
        }
        sets.pop().unwrap_or_default()
    }

    /// What is in both.
    pub(super) fn intersection(&self, other: &Set<'_>) -> Self {
        let both = |(element, one): &(Element<'a>, Self)| {
            let both = one.intersection(other.below(element)?);
            (!both.is_empty()).then(|| (element.clone(), both))
        };
        let children = self.children.iter().filter_map(both).collect();
        Self { member: self.member && other.member, children }
    }

    /// What is in either.
    pub(super) fn union(self, other: Self) -> Self {
        let mut zipped = Self { member: self.member || other.member, children: Vec::new() };
        let mut ones = self.children.into_iter().peekable();
        let mut others = other.children.into_iter().peekable();
        loop {
            let order = match (ones.peek(), others.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((one, _)), Some((other, _))) => one.compare(other),
            };
            let one = if order.is_le() { ones.next() } else { None };
            let other = if order.is_ge() { others.next() } else { None };
            let (element, below) = match (one, other) {
                (Some((element, one)), Some((_, other))) => (element, one.union(other)),
                (Some(one), None) => one,
                (None, Some(other)) => other,
                (None, None) => break,
            };
            if !below.is_empty() {
                zipped.children.push((element, below));
            }
        }
        zipped
    }

    /// Takes what a path of dots leads to, and all that is below it, away.
    pub(super) fn remove(&mut self, path: &str) {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let is = |element: &Element<'_>| matches!(element, Element::Field(field) if field == name);
        self.children.retain_mut(|(element, below)| {
            if is(element) && !rest.is_empty() {
                below.remove(rest);
                return !below.is_empty();
            }
            !is(element)
        });
    }

    /// The text of a set, as `fieldsV1` has it.
    pub(super) fn to_text(&self) -> String {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out, false);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Writes it, with whether the path that leads here is in it.
    pub(super) fn write(&self, out: &mut Vec<u8>, with_self: bool) {
        out.push(b'{');
        let mut first = true;
        if with_self && self.member && !self.children.is_empty() {
            out.extend_from_slice(b"\".\":{}");
            first = false;
        }
        for (element, below) in &self.children {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            match element {
                Element::Field(name) => write_name(out, "f:", name),
                element => write_name(out, "", &element.text()),
            }
            out.push(b':');
            below.write(out, true);
        }
        out.push(b'}');
    }
}

// What HTML would mind is left to whoever writes the whole document.
pub(super) fn write_name(out: &mut Vec<u8>, prefix: &str, name: &str) {
    out.push(b'"');
    out.extend_from_slice(prefix.as_bytes());
    if name.bytes().all(|byte| byte >= 0x20 && !matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
        return;
    }
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The set that a `fieldsV1` text means; `None` when it means none.
pub(super) fn parse(text: &str) -> Option<Set<'static>> {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return None };
    let mut set = below(&members);
    set.member = false;
    Some(set)
}

fn below(members: &Map<String, Value>) -> Set<'static> {
    let mut set = Set { member: members.is_empty(), children: Vec::new() };
    for (name, value) in members {
        if name == "." {
            set.member = true;
        } else if let (Some(element), Value::Object(members)) = (Element::parse(name), value) {
            set.children.push((element, below(members)));
        }
    }
    set.sort();
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Set<'static> {
        parse(text).unwrap()
    }

    #[test]
    fn a_text_is_read_and_written_again_in_order() {
        let text = r#"{"f:a":{".":{},"f:b":{}},"f:l":{"k:{\"p\":80}":{},"k:{\"p\":443}":{".":{},"f:n":{}},"v:\"x\"":{}}}"#;
        assert_eq!(set(text).to_text(), text);
        let mixed = r#"{"f:l":{"v:\"x\"":{},"k:{\"p\":443}":{},"k:{\"p\":80}":{}},"f:a":{}}"#;
        assert_eq!(
            set(mixed).to_text(),
            r#"{"f:a":{},"f:l":{"k:{\"p\":80}":{},"k:{\"p\":443}":{},"v:\"x\"":{}}}"#
        );
    }

    #[test]
    fn sets_are_sets() {
        let one = set(r#"{"f:a":{".":{},"f:b":{}},"f:c":{}}"#);
        let other = set(r#"{"f:a":{},"f:d":{}}"#);
        let text = |set: Set<'_>| set.to_text();
        assert_eq!(
            text(one.clone().union(other.clone())),
            r#"{"f:a":{".":{},"f:b":{}},"f:c":{},"f:d":{}}"#
        );
        assert_eq!(text(one.clone().difference(&other)), r#"{"f:a":{"f:b":{}},"f:c":{}}"#);
        assert_eq!(text(one.intersection(&other)), r#"{"f:a":{}}"#);
    }
}
