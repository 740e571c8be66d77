//! A JSON object becomes a message. All that does not fit is collected, in the body's order.
//! Source: proto-converter, `ProtoStreamObjectWriter`.

use {
    super::{
        json::Json,
        scalar::{Scalar, is_scalar_message, type_name},
        violation::Violation,
    },
    prost_reflect::{
        DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
    },
    std::collections::HashMap,
};

/// Fills a message from a JSON value. `at` is the message's own path in the request.
pub(crate) fn bind(json: Json, message: &mut DynamicMessage, at: &str) -> Vec<Violation> {
    let mut binder = Binder { violations: Vec::new() };
    match json {
        Json::Object(members) => binder.message(members, message, at),
        _ => binder.violations.push(Violation::unknown_name(
            "",
            "",
            "Root element must be a message.",
        )),
    }
    binder.violations
}

/// The field that a member or a parameter names: by its JSON name, or as the proto spells it.
pub(crate) fn find_field(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
}

struct Binder {
    violations: Vec<Violation>,
}

impl Binder {
    fn message(&mut self, members: Vec<(String, Json)>, message: &mut DynamicMessage, at: &str) {
        let descriptor = message.descriptor();
        for (name, value) in members {
            match find_field(&descriptor, &name) {
                Some(field) => self.field(&field, &name, value, message, at),
                None => self.unknown(&name, at, "Cannot find field."),
            }
        }
    }

    fn field(
        &mut self,
        field: &FieldDescriptor,
        name: &str,
        value: Json,
        message: &mut DynamicMessage,
        at: &str,
    ) {
        let path =
            if at.is_empty() { field.name().to_owned() } else { format!("{at}.{}", field.name()) };
        if value == Json::Null {
            return;
        }
        if field.is_map() {
            self.map(field, name, value, message, &path);
        } else if field.is_list() {
            self.list(field, name, value, message, at, &path);
        } else if let Json::List(_) = value {
            self.unknown(name, at, "Proto field is not repeating, cannot start list.");
        } else {
            self.single(field, name, value, message, at, &path);
        }
    }

    fn single(
        &mut self,
        field: &FieldDescriptor,
        name: &str,
        value: Json,
        message: &mut DynamicMessage,
        at: &str,
        path: &str,
    ) {
        // A message that is named twice is merged, as its two encodings would be.
        if let (Kind::Message(kind), Json::Object(_)) = (field.kind(), &value)
            && !is_scalar_message(&kind)
        {
            let Value::Message(inner) = message.get_field_mut(field) else { return };
            let Json::Object(members) = value else { return };
            self.message(members, inner, path);
        } else if let Some(value) = self.element(field, name, value, at, path) {
            message.set_field(field, value);
        }
    }

    fn list(
        &mut self,
        field: &FieldDescriptor,
        name: &str,
        value: Json,
        message: &mut DynamicMessage,
        at: &str,
        path: &str,
    ) {
        let elements = match value {
            Json::List(elements) => elements,
            element => vec![element],
        };
        for (index, element) in elements.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            if let Some(element) = self.element(field, name, element, at, &path)
                && let Value::List(list) = message.get_field_mut(field)
            {
                list.push(element);
            }
        }
    }

    fn map(
        &mut self,
        field: &FieldDescriptor,
        name: &str,
        value: Json,
        message: &mut DynamicMessage,
        path: &str,
    ) {
        let Kind::Message(entry) = field.kind() else { return };
        let members = match value {
            Json::Object(members) => members,
            Json::List(_) => {
                let reason = format!("Cannot bind a list to map for field '{name}'.");
                return self.invalid(path, "Map", &reason);
            }
            scalar => return self.not_a_message(&scalar, &entry, path),
        };
        let value_field = entry.map_entry_value_field();
        let mut entries = HashMap::new();
        for (index, (key, value)) in members.into_iter().enumerate() {
            let path = format!("{path}[{index}].value");
            if let Some(value) = self.element(&value_field, &key, value, &path, &path) {
                entries.insert(MapKey::String(key), value);
            }
        }
        if let Value::Map(map) = message.get_field_mut(field) {
            map.extend(entries);
        }
    }

    /// One value of a field: `at` is the path of the message around it, `path` its own.
    fn element(
        &mut self,
        field: &FieldDescriptor,
        name: &str,
        value: Json,
        at: &str,
        path: &str,
    ) -> Option<Value> {
        let kind = field.kind();
        match (value, &kind) {
            (Json::Null, _) => None,
            (Json::List(_), _) => {
                self.unknown(name, at, "Proto field is not repeating, cannot start list.");
                None
            }
            (Json::Object(members), Kind::Message(descriptor)) => {
                let mut message = DynamicMessage::new(descriptor.clone());
                self.message(members, &mut message, path);
                Some(Value::Message(message))
            }
            (Json::Object(_), _) => {
                self.invalid(at, field.name(), "Starting an object on a scalar field");
                None
            }
            (scalar, kind) => self.scalar(&scalar, kind, path),
        }
    }

    fn scalar(&mut self, value: &Json, kind: &Kind, path: &str) -> Option<Value> {
        match Scalar::of(value)?.read(kind) {
            Ok(value) => Some(value),
            Err(mismatch) => {
                self.invalid(path, &mismatch.type_name, &mismatch.value);
                None
            }
        }
    }

    fn not_a_message(&mut self, value: &Json, message: &MessageDescriptor, path: &str) {
        let echo = Scalar::of(value).map(Scalar::echo).unwrap_or_default();
        self.invalid(path, &type_name(&Kind::Message(message.clone())), &echo);
    }

    fn unknown(&mut self, name: &str, at: &str, reason: &str) {
        self.violations.push(Violation::unknown_name(name, at, reason));
    }

    fn invalid(&mut self, at: &str, type_name: &str, value: &str) {
        self.violations.push(Violation::invalid_value(at, type_name, value));
    }
}
