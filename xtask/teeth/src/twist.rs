//! What can be wrong with one value: it is not there, is another, or is of another type.

use {
    crate::akin,
    serde_json::{Value, json},
    std::fmt,
};

/// One way to alter a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Twist {
    /// It is not there.
    Gone,
    /// It is another that looks as good.
    Another,
    /// It is of the same kind, such as only the same words and the same API have.
    Akin,
    /// It does not look as it should.
    Mangled,
    /// It is of another type.
    Retyped,
    /// A list begins with its end.
    Reversed,
    /// A list lacks its last element.
    Shortened,
    /// A list has an element too many.
    Longer,
}

const ALL: &[Twist] = &[
    Twist::Gone,
    Twist::Another,
    Twist::Akin,
    Twist::Mangled,
    Twist::Retyped,
    Twist::Reversed,
    Twist::Shortened,
    Twist::Longer,
];

/// Of a longer list only the ends are looked into.
const LONG: usize = 4;

impl Twist {
    /// Every place of a value, with every way to alter it.
    pub(crate) fn all(value: &Value) -> Vec<(Vec<String>, Self)> {
        let mut places = Vec::new();
        walk(value, &mut Vec::new(), &mut places);
        let mut found = Vec::new();
        for path in places {
            for twist in ALL {
                let mut altered = value.clone();
                if twist.alter(&mut altered, &path).is_some() && altered != *value {
                    found.push((path.clone(), *twist));
                }
            }
        }
        found
    }

    /// Alters the value at a path.
    pub(crate) fn alter(self, value: &mut Value, path: &[String]) -> Option<()> {
        let (last, parents) = path.split_last()?;
        let mut at = value;
        for name in parents {
            at = step(at, name)?;
        }
        if self == Self::Gone {
            return at.as_object_mut()?.remove(last).map(|_| ());
        }
        let place = step(at, last)?;
        *place = self.of(place)?;
        Some(())
    }

    fn of(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Another, Value::String(text)) => another(text).map(Value::from),
            (Self::Another, Value::Number(number)) => number.as_i64().map(|it| json!(it + 1)),
            (Self::Another, Value::Bool(it)) => Some(json!(!it)),
            (Self::Another, Value::Null) => Some(json!("x")),
            (Self::Akin, Value::String(text)) => akin::to(text).map(Value::from),
            (Self::Mangled, Value::String(text)) => Some(format!("{text}x").into()),
            (Self::Mangled, Value::Number(number)) => number.as_i64().map(|it| json!(it * 1000)),
            (Self::Retyped, value) => Some(retyped(value)),
            (Self::Reversed, Value::Array(it)) => Some(it.iter().rev().cloned().collect()),
            (Self::Shortened, Value::Array(it)) => {
                it.split_last().map(|(_, rest)| rest.iter().cloned().collect())
            }
            (Self::Longer, Value::Array(it)) => {
                let more = it.last().cloned().and_then(|it| Self::Mangled.of(&it));
                let more = more.or_else(|| it.last().cloned()).unwrap_or_else(|| "more".into());
                Some(it.iter().cloned().chain([more]).collect())
            }
            _ => None,
        }
    }
}

fn walk(value: &Value, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    if !path.is_empty() {
        places.push(path.clone());
    }
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, it)| (name.clone(), it)).collect(),
        Value::Array(elements) => {
            let ends = |at: &usize| elements.len() <= LONG || *at == 0 || at + 1 == elements.len();
            let all = elements.iter().enumerate().filter(|(at, _)| ends(at));
            all.map(|(at, it)| (at.to_string(), it)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in inner {
        path.push(name);
        walk(value, path, places);
        path.pop();
    }
}

fn step<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(members) => members.get_mut(name),
        Value::Array(elements) => elements.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Another text of the same look.
fn another(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if text.len() == 36 && bytes.get(8) == Some(&b'-') {
        let first = if text.starts_with('0') { '1' } else { '0' };
        return Some(format!("{first}{}", &text[1..]));
    }
    if text.len() == 20 && text.ends_with('Z') && bytes.get(10) == Some(&b'T') {
        // An hour cannot be taken for what passed between two looks at a clock.
        let hour: u32 = text[11..13].parse().ok()?;
        return Some(format!("{}{:02}{}", &text[..11], (hour + 1) % 24, &text[13..]));
    }
    None
}

fn retyped(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(7),
        Value::Number(it) => json!(it.to_string()),
        Value::Bool(it) => json!(it.to_string()),
        Value::Array(it) => it.first().cloned().unwrap_or_else(|| json!("")),
        Value::Object(_) => json!([]),
        Value::Null => json!({}),
    }
}

impl fmt::Display for Twist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => "is gone",
            Self::Another => "is another",
            Self::Akin => "is one akin",
            Self::Mangled => "is mangled",
            Self::Retyped => "is of another type",
            Self::Reversed => "is reversed",
            Self::Shortened => "is shortened",
            Self::Longer => "is longer",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Value, twist: Twist, expected: Value) {
        let (mut outer, path) = (json!({"it": value}), ["it".to_owned()]);
        assert_eq!(twist.alter(&mut outer, &path), Some(()));
        assert_eq!(outer, expected);
    }

    #[test]
    fn each_twist_alters_one_value() {
        check(json!("a"), Twist::Gone, json!({}));
        check(json!("a"), Twist::Mangled, json!({"it": "ax"}));
        check(json!(1), Twist::Another, json!({"it": 2}));
        check(json!(1), Twist::Retyped, json!({"it": "1"}));
        check(json!([1, 2]), Twist::Reversed, json!({"it": [2, 1]}));
        check(json!([1, 2]), Twist::Shortened, json!({"it": [1]}));
        check(json!(["a"]), Twist::Longer, json!({"it": ["a", "ax"]}));
        let time = json!({"it": "2026-01-02T04:04:05Z"});
        check(json!("2026-01-02T03:04:05Z"), Twist::Another, time);
    }

    #[test]
    fn every_place_is_altered() {
        let places: Vec<String> =
            Twist::all(&json!({"a": [{"b": 1}]})).iter().map(|(it, _)| it.join(".")).collect();
        for place in ["a", "a.0", "a.0.b"] {
            assert!(places.contains(&place.to_owned()), "{places:?}");
        }
    }
}
