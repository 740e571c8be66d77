//! Reads JSON that is known to be valid into a document, led by the schema. An error of type is
//! kept and reading goes on; only the errors of types that read themselves end it.

use {
    super::{strings::unquote, walk::json_type},
    crate::codec::{
        base64::{self, BASE64_STANDARD, Engine},
        quantity,
        schema::{Field, Kind, Schema, Struct},
        time,
    },
    serde_json::{Map, Value},
    std::{borrow::Cow, collections::HashSet},
};

/// What a document was read into.
pub(super) struct Outcome {
    /// The members that the schema knows.
    pub(super) object: Map<String, Value>,
    /// Unknown and duplicate fields, when they were asked for.
    pub(super) strict_errors: Vec<String>,
}

/// Reads a JSON object, or `null`, that is known to be valid.
pub(super) fn read(
    data: &[u8],
    structure: &'static Struct,
    strict: bool,
) -> Result<Outcome, String> {
    let mut reader = Reader {
        data,
        position: 0,
        strict,
        path: Vec::with_capacity(8),
        saved: None,
        strict_errors: Vec::new(),
    };
    let mut object = Map::new();
    if reader.peek() == b'{' {
        reader.structure(structure, &mut object)?;
    }
    match reader.saved {
        Some(error) => Err(error),
        None => Ok(Outcome { object, strict_errors: reader.strict_errors }),
    }
}

/// A reader on its way through a document.
pub(super) struct Reader<'a> {
    pub(super) data: &'a [u8],
    pub(super) position: usize,
    pub(super) strict: bool,
    /// Where it is.
    pub(super) path: Vec<Step<'a>>,
    /// The first error of type.
    pub(super) saved: Option<String>,
    pub(super) strict_errors: Vec<String>,
}

/// One step of the way from the root.
pub(super) enum Step<'a> {
    Field(&'static Struct, &'static Field),
    Key(Cow<'a, str>),
    Index(usize),
}

#[derive(Clone, Copy)]
struct Shape {
    kind: &'static Kind,
    go_type: &'static str,
    pointer: bool,
}

impl Shape {
    fn element(self) -> Option<Self> {
        let kind = self.kind.element()?;
        Some(Self { kind, go_type: element_type(self.go_type), pointer: false })
    }
}

// The type of an element as Go prints it, from that of its list or map.
fn element_type(go_type: &'static str) -> &'static str {
    let underlying = go_type.split_once('=').map_or(go_type, |(_, underlying)| underlying);
    if let Some(element) = underlying.strip_prefix("[]") {
        return element;
    }
    match underlying.split_once(']') {
        Some((_, element)) => element,
        // A named list of strings.
        None => "string",
    }
}

// What a null element of a list or a null value of a map becomes.
fn zero(kind: &Kind) -> Value {
    match kind {
        // Nil bytes in a map come back from the store as empty ones.
        Kind::String | Kind::Bytes => Value::String(String::new()),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 | Kind::Int64 | Kind::IntOrString => Value::from(0),
        Kind::Quantity => Value::String("0".to_owned()),
        Kind::Struct(_) => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

impl<'a> Reader<'a> {
    fn value(&mut self, shape: Shape, old: Option<Value>) -> Result<Option<Value>, String> {
        if matches!(
            shape.kind,
            Kind::Time
                | Kind::MicroTime
                | Kind::Quantity
                | Kind::IntOrString
                | Kind::Raw
                | Kind::Any
        ) {
            return self.custom(shape, old);
        }
        match self.peek() {
            b'{' => self.object(shape, old),
            b'[' => self.array(shape, old),
            b'"' => {
                let text = self.string();
                Ok(self.text(shape, text).or(old))
            }
            b'n' => {
                self.position += 4;
                let nil = shape.pointer
                    || matches!(
                        shape.kind,
                        Kind::List(_) | Kind::Map(_) | Kind::Items(_) | Kind::Bytes
                    );
                Ok(if nil { None } else { old })
            }
            first @ (b't' | b'f') => {
                self.position += if first == b't' { 4 } else { 5 };
                if *shape.kind == Kind::Bool {
                    return Ok(Some(Value::Bool(first == b't')));
                }
                self.type_error("bool", shape.go_type);
                Ok(old)
            }
            _ => {
                let number = self.number();
                Ok(self.integer(shape, number).or(old))
            }
        }
    }

    fn text(&mut self, shape: Shape, text: Cow<'_, str>) -> Option<Value> {
        match shape.kind {
            Kind::String => Some(Value::String(text.into_owned())),
            Kind::Bytes => match base64::decode(text.as_bytes()) {
                Ok(bytes) => Some(Value::String(BASE64_STANDARD.encode(bytes))),
                Err(error) => {
                    self.save(error);
                    None
                }
            },
            _ => {
                self.type_error("string", shape.go_type);
                None
            }
        }
    }

    fn integer(&mut self, shape: Shape, literal: &str) -> Option<Value> {
        let number = match shape.kind {
            Kind::Int32 => literal.parse::<i32>().map(i64::from).ok(),
            Kind::Int64 => literal.parse::<i64>().ok(),
            _ => {
                self.type_error("number", shape.go_type);
                return None;
            }
        };
        if number.is_none() {
            self.type_error(&format!("number {literal}"), shape.go_type);
        }
        number.map(Value::from)
    }

    fn object(&mut self, shape: Shape, old: Option<Value>) -> Result<Option<Value>, String> {
        let mut members = match old {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        match shape.kind {
            Kind::Struct(id) => self.structure(Schema::get().structure(*id), &mut members)?,
            Kind::Map(_) => self.map(shape, &mut members)?,
            _ => {
                self.type_error("object", shape.go_type);
                self.skip();
            }
        }
        Ok(Some(Value::Object(members)))
    }

    fn structure(
        &mut self,
        structure: &'static Struct,
        members: &mut Map<String, Value>,
    ) -> Result<(), String> {
        let mut seen = 0_u128;
        self.position += 1;
        while self.token() != b'}' {
            let key = self.key();
            let Some((index, field)) = structure.field(&key) else {
                self.strict_error("unknown field", &key);
                self.skip();
                self.separator();
                continue;
            };
            if seen & 1 << index != 0 {
                self.strict_error("duplicate field", &key);
            }
            // What an earlier member of that name left is read over, not forgotten.
            let old =
                if seen == 0 && members.is_empty() { None } else { members.remove(field.name) };
            seen |= 1 << index;
            self.path.push(Step::Field(structure, field));
            let shape = Shape { kind: &field.kind, go_type: field.go_type, pointer: field.pointer };
            if let Some(value) = self.value(shape, old)? {
                members.insert(field.name.to_owned(), value);
            }
            self.path.pop();
            self.separator();
        }
        self.position += 1;
        Ok(())
    }

    fn map(&mut self, shape: Shape, members: &mut Map<String, Value>) -> Result<(), String> {
        let Some(element) = shape.element() else { return Ok(()) };
        let mut seen = (!members.is_empty()).then(HashSet::new);
        self.position += 1;
        while self.token() != b'}' {
            let key = self.key();
            let name = key.clone().into_owned();
            let duplicate = match &mut seen {
                Some(seen) => !seen.insert(name.clone()),
                None => members.contains_key(&name),
            };
            if duplicate {
                self.strict_error("duplicate field", &key);
            }
            self.path.push(Step::Key(key));
            let value = self.value(element, None)?;
            self.path.pop();
            members.insert(name, value.unwrap_or_else(|| zero(element.kind)));
            self.separator();
        }
        self.position += 1;
        Ok(())
    }

    fn array(&mut self, shape: Shape, old: Option<Value>) -> Result<Option<Value>, String> {
        let element = match shape.kind {
            Kind::List(_) | Kind::Items(_) => shape.element(),
            Kind::Bytes => return Ok(self.bytes().or(old)),
            _ => None,
        };
        let Some(element) = element else {
            self.type_error("array", shape.go_type);
            self.skip();
            return Ok(old);
        };
        let mut elements = match old {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        let mut index = 0;
        self.position += 1;
        while self.token() != b']' {
            // A second list of the same name is read over the first, element by element.
            let old = elements.get_mut(index).map(Value::take);
            self.path.push(Step::Index(index));
            let value = self.value(element, old)?.unwrap_or_else(|| zero(element.kind));
            self.path.pop();
            match elements.get_mut(index) {
                Some(place) => *place = value,
                None => elements.push(value),
            }
            index += 1;
            self.separator();
        }
        self.position += 1;
        elements.truncate(index);
        Ok(Some(Value::Array(elements)))
    }

    // Go takes a list of numbers for bytes, too.
    fn bytes(&mut self) -> Option<Value> {
        let mut bytes = Vec::new();
        self.position += 1;
        while self.token() != b']' {
            let start = self.position;
            self.skip();
            let literal = String::from_utf8_lossy(&self.data[start..self.position]).into_owned();
            match (literal.parse::<u8>(), json_type(literal.as_bytes())) {
                (Ok(byte), _) => bytes.push(byte),
                (_, "null") => bytes.push(0),
                (_, "number") => self.type_error(&format!("number {literal}"), "uint8"),
                (_, found) => self.type_error(found, "uint8"),
            }
            self.separator();
        }
        self.position += 1;
        Some(Value::String(BASE64_STANDARD.encode(bytes)))
    }

    // Types that read their own JSON. What they refuse ends the reading at once.
    fn custom(&mut self, shape: Shape, old: Option<Value>) -> Result<Option<Value>, String> {
        let start = self.position;
        self.skip();
        let raw = &self.data[start..self.position];
        if raw == b"null" && (shape.pointer || *shape.kind == Kind::Any) {
            return Ok(None);
        }
        match shape.kind {
            Kind::Time => self.time(raw),
            Kind::MicroTime if raw == b"null" => Ok(None),
            Kind::Quantity => self.quantity(raw).map(Some),
            Kind::IntOrString => self.int_or_string(raw).map(Some),
            Kind::Raw if raw == b"null" => Ok(old),
            Kind::Raw => Ok(Some(Value::String(String::from_utf8_lossy(raw).into_owned()))),
            _ => Ok(serde_json::from_slice(raw).ok()),
        }
    }

    fn time(&self, raw: &[u8]) -> Result<Option<Value>, String> {
        match json_type(raw) {
            "null" => Ok(None),
            "string" => {
                let seconds = time::parse(&unquote(&raw[1..raw.len() - 1]))?;
                Ok((seconds != time::ZERO).then(|| Value::String(time::format(seconds))))
            }
            found => Err(self.type_message(found, "string")),
        }
    }

    fn quantity(&self, raw: &[u8]) -> Result<Value, String> {
        if raw == b"null" {
            return Ok(zero(&Kind::Quantity));
        }
        let inner = if json_type(raw) == "string" { &raw[1..raw.len() - 1] } else { raw };
        let text = String::from_utf8_lossy(inner);
        quantity::canonical(text.trim()).map(Value::String).map_err(str::to_owned)
    }

    fn int_or_string(&self, raw: &[u8]) -> Result<Value, String> {
        match json_type(raw) {
            "null" => Ok(Value::from(0)),
            "string" => Ok(Value::String(unquote(&raw[1..raw.len() - 1]).into_owned())),
            "number" => {
                let literal = String::from_utf8_lossy(raw);
                let number = literal.parse::<i32>();
                number
                    .map(Value::from)
                    .map_err(|_| self.type_message(&format!("number {literal}"), "int32"))
            }
            found => Err(self.type_message(found, "int32")),
        }
    }
}
