//! The structs of the Kubernetes API as Go declares them: member names and order, what is left
//! out when empty, protobuf numbers, Go types, and how fields are owned.
//!
//! `kubernetes.txt` and `kinds.txt` are written from the Go types; this reads them once.

pub mod kinds;
mod parse;

use {
    serde_json::{Map, Value},
    std::{cmp::Ordering, sync::OnceLock},
};

/// The most members of a struct.
pub const MOST_MEMBERS: usize = 128;

/// All structs.
#[derive(Debug)]
pub struct Schema {
    structs: Vec<Struct>,
    roots: Vec<Root>,
}

#[derive(Debug)]
struct Root {
    api_version: &'static str,
    kind: &'static str,
    structure: usize,
}

/// A Go struct.
#[derive(Debug)]
pub struct Struct {
    /// Its import path and name.
    pub id: &'static str,
    /// Its type as Go prints it, e.g. `v1.TokenRequest`.
    pub go_type: &'static str,
    /// How its members are owned when nothing nearer says so.
    pub merge: Merge,
    /// Its members in the order of declaration, which is their order in JSON.
    pub fields: Vec<Field>,
    /// Structs embedded in it that are messages of their own in protobuf.
    pub embedded: Vec<Embedded>,
    wire: Vec<(u32, Wire)>,
    /// The places of the members that JSON has, in the order of their names.
    by_name: Vec<usize>,
}

/// A struct that is embedded in another: its members stand among the other's in JSON, and in a
/// message of their own in protobuf.
#[derive(Debug)]
pub struct Embedded {
    /// Its name in Go.
    pub go_name: &'static str,
    /// Its number in protobuf.
    pub number: u32,
    /// What it is.
    pub structure: StructId,
}

/// What stands at one number of a message.
#[derive(Debug, Clone, Copy)]
pub enum Wire {
    /// A member, by its index.
    Field(usize),
    /// An embedded struct, by its index.
    Embedded(usize),
}

/// A member of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name in Go.
    pub go_name: &'static str,
    /// Its name in JSON; empty when it is not in JSON.
    pub name: &'static str,
    /// Left out when empty: a zero scalar, an empty list or map, a nil pointer.
    pub omit_empty: bool,
    /// Left out when it is the zero value, structs and times included.
    pub omit_zero: bool,
    /// Its number in protobuf; 0 when it is not there.
    pub number: u32,
    /// Whether it is a pointer in Go, so that absent and zero differ.
    pub pointer: bool,
    /// What it holds.
    pub kind: Kind,
    /// Its type as Go prints it, without a leading `*`.
    pub go_type: &'static str,
    /// Go names of the embedded structs that hold it, outermost first, joined by dots.
    pub within: &'static str,
    /// How strategic merge patches treat it: `merge`, `replace`, `retainKeys`, with commas; empty
    /// for nothing of its own.
    pub strategy: &'static str,
    /// The member by which those merge the elements of the list; empty for none.
    pub merge_key: &'static str,
    /// How it is owned.
    pub merge: Merge,
    /// Its default as JSON text; empty for none. The server fills it in for keys of lists only.
    pub default: &'static str,
}

/// What a member, an element of a list or a value of a map holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A number of 32 bits.
    Int32,
    /// A number of 64 bits.
    Int64,
    /// Bytes: base64 text in a document.
    Bytes,
    /// Anything.
    Any,
    /// A time of whole seconds: RFC 3339 text in a document.
    Time,
    /// A time of microseconds: RFC 3339 text in a document.
    MicroTime,
    /// A quantity, in its canonical text.
    Quantity,
    /// A number or text.
    IntOrString,
    /// JSON that is kept as it is: its text, in a string.
    Raw,
    /// A struct.
    Struct(StructId),
    /// A list.
    List(Box<Kind>),
    /// A map from strings.
    Map(Box<Kind>),
    /// A list that is a message with one repeated field in protobuf.
    Items(Box<Kind>),
}

/// A struct's place in the [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StructId(usize);

/// How a value is owned by field managers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// A scalar, owned whole.
    Leaf,
    /// A list, map or struct, owned whole.
    Atomic,
    /// A struct or map, owned member by member.
    Granular,
    /// A list whose elements are owned by value.
    Set,
    /// A list whose elements are owned by these members of theirs.
    Map(Vec<&'static str>),
    /// Not known: a scalar is a leaf, all else atomic.
    Untyped,
}

impl Schema {
    /// The schema; read on the first call.
    pub fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| parse::schema(include_str!("kubernetes.txt")))
    }

    /// The struct of a kind that a request may name, e.g. `authentication.k8s.io/v1` and
    /// `TokenRequest`.
    pub fn root(&self, api_version: &str, kind: &str) -> Option<&Struct> {
        self.roots
            .iter()
            .find(|root| root.kind == kind && root.api_version == api_version)
            .map(|root| &self.structs[root.structure])
    }

    /// The struct with that import path and name.
    pub fn by_id(&self, id: &str) -> Option<&Struct> {
        self.structs.iter().find(|structure| structure.id == id)
    }

    /// The struct that a [`Kind::Struct`] means.
    pub fn structure(&self, id: StructId) -> &Struct {
        &self.structs[id.0]
    }
}

impl Struct {
    /// Its name in Go, without the package.
    pub fn name(&self) -> &'static str {
        self.go_type.rsplit('.').next().unwrap_or(self.go_type)
    }

    /// The member of that name in JSON. Names are told apart by case.
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| !name.is_empty() && field.name == name)
    }

    /// The members that JSON has, by their places and in the order of their names, and what a
    /// document has of each. Both are in that order, so that nothing is looked up.
    pub fn members<'s, 'd>(
        &'s self,
        document: &'d Map<String, Value>,
    ) -> impl Iterator<Item = (usize, &'s Field, Option<&'d Value>)> {
        let mut rest = document.iter();
        let mut next = rest.next();
        self.by_name.iter().map(move |&at| {
            let field = &self.fields[at];
            loop {
                match next.map(|(name, value)| (name.as_str().cmp(field.name), value)) {
                    Some((Ordering::Less, _)) => next = rest.next(),
                    Some((Ordering::Equal, value)) => break (at, field, Some(value)),
                    _ => break (at, field, None),
                }
            }
        })
    }

    /// What stands at which number in protobuf, in the order of the numbers.
    pub fn wire(&self) -> &[(u32, Wire)] {
        &self.wire
    }
}

impl Field {
    /// Whether JSON leaves the member out when this is its value.
    pub fn is_omitted(&self, value: Option<&Value>) -> bool {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return self.omit_zero || (self.omit_empty && !self.is_always_printed());
        };
        if !self.omit_empty || self.pointer {
            return false;
        }
        match (&self.kind, value) {
            (Kind::String | Kind::Bytes, Value::String(text)) => text.is_empty(),
            (Kind::Bool, Value::Bool(value)) => !value,
            (Kind::Int32 | Kind::Int64, Value::Number(number)) => number.as_i64() == Some(0),
            (Kind::List(_) | Kind::Items(_), Value::Array(elements)) => elements.is_empty(),
            (Kind::Map(_), Value::Object(members)) => members.is_empty(),
            _ => false,
        }
    }

    // Structs, and types that are structs in Go, are never empty.
    fn is_always_printed(&self) -> bool {
        let structure = matches!(
            self.kind,
            Kind::Struct(_)
                | Kind::Time
                | Kind::MicroTime
                | Kind::Quantity
                | Kind::IntOrString
                | Kind::Raw
        );
        structure && !self.pointer
    }
}

impl Kind {
    /// What an element of a list, or a value of a map, holds.
    pub fn element(&self) -> Option<&Kind> {
        match self {
            Self::List(element) | Self::Map(element) | Self::Items(element) => Some(element),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_of_go() {
        let schema = Schema::get();
        let token_request = schema.root("authentication.k8s.io/v1", "TokenRequest").unwrap();
        let names: Vec<_> = token_request.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, ["kind", "apiVersion", "metadata", "spec", "status"]);
        assert!(schema.root("v1", "TokenRequest").is_none());
    }

    #[test]
    fn members_are_found_without_being_looked_up() {
        let schema = Schema::get();
        let metadata = schema.by_id("k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta").unwrap();
        let document = serde_json::json!({"Name": 0, "name": 1, "uid": 2, "unknown": 3, "a": 4});
        let document = document.as_object().unwrap();
        let found: Vec<_> = metadata.members(document).collect();
        assert!(found.is_sorted_by_key(|(_, field, _)| field.name));
        assert_eq!(found.len(), metadata.fields.iter().filter(|it| !it.name.is_empty()).count());
        for (at, field, value) in found {
            assert!(std::ptr::eq(field, &metadata.fields[at]));
            assert_eq!(value, document.get(field.name), "{}", field.name);
        }
    }

    #[test]
    fn every_struct_that_is_named_is_there() {
        let schema = Schema::get();
        for structure in &schema.structs {
            for embedded in &structure.embedded {
                assert_eq!(schema.structure(embedded.structure).name(), embedded.go_name);
            }
            assert!(structure.fields.len() <= MOST_MEMBERS, "{}", structure.id);
        }
    }
}
