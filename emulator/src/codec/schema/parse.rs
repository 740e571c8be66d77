//! Reads the table of structs. It is ours and checked by a test, so a line that cannot be read is
//! a mistake of the build, not of a client.

use {
    super::{Embedded, Field, Kind, Merge, Root, Schema, Struct, StructId, Wire},
    std::collections::HashMap,
};

type Ids = HashMap<&'static str, usize>;

/// The schema that a table describes.
pub(super) fn schema(text: &'static str) -> Schema {
    let ids: Ids = text
        .lines()
        .filter_map(|line| line.strip_prefix("struct "))
        .enumerate()
        .map(|(index, line)| (first(line), index))
        .collect();
    let mut schema = Schema { structs: Vec::with_capacity(ids.len()), roots: Vec::new() };
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "root" => schema.roots.extend(root(rest, &ids)),
            "struct" => schema.structs.push(structure(rest)),
            "inline" => {
                if let Some(structure) = schema.structs.last_mut() {
                    structure.embedded.extend(embedded(rest, &ids));
                }
            }
            "field" => {
                if let Some(structure) = schema.structs.last_mut() {
                    structure.fields.push(field(rest, &ids));
                }
            }
            _ => {}
        }
    }
    for structure in &mut schema.structs {
        structure.fields.shrink_to_fit();
        structure.wire = wire(structure);
        structure.by_name = by_name(structure);
    }
    schema
}

fn first(line: &'static str) -> &'static str {
    line.split(' ').next().unwrap_or(line)
}

fn text(column: Option<&'static str>) -> &'static str {
    column.filter(|column| *column != "-").unwrap_or("")
}

fn root(line: &'static str, ids: &Ids) -> Option<Root> {
    let (api_version, id) = line.split_once(' ')?;
    let kind = id.rsplit('.').next().unwrap_or(id);
    Some(Root { api_version, kind, structure: *ids.get(id)? })
}

fn structure(line: &'static str) -> Struct {
    let mut columns = line.split(' ');
    let id = columns.next().unwrap_or("");
    let go_type = columns.next().unwrap_or("");
    let merge = merge(text(columns.next()));
    let (fields, embedded, wire, by_name) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Struct { id, go_type, merge, fields, embedded, wire, by_name }
}

fn embedded(line: &'static str, ids: &Ids) -> Option<Embedded> {
    let mut columns = line.split(' ');
    let go_name = columns.next()?;
    let number = columns.next()?.parse().ok()?;
    let structure = StructId(*ids.get(columns.nth(2)?)?);
    Some(Embedded { go_name, number, structure })
}

fn field(line: &'static str, ids: &Ids) -> Field {
    let mut columns = line.splitn(17, ' ');
    let mut next = || text(columns.next());
    let go_name = next();
    let name = next();
    let omit = next();
    let number = next().parse().unwrap_or(0);
    let (_wire, _presence) = (next(), next());
    let pointer = next() == "*";
    let kind = kind(next(), ids);
    let go_type = next().trim_start_matches('*');
    let within = next();
    let (strategy, merge_key, _list_type) = (next(), next(), next());
    let (_map_keys, _map_type) = (next(), next());
    let merge = merge(next());
    let default = next();
    Field {
        go_name,
        name,
        omit_empty: omit.contains("omitempty"),
        omit_zero: omit.contains("omitzero"),
        number,
        pointer,
        kind,
        go_type,
        within,
        strategy,
        merge_key,
        merge,
        default,
    }
}

fn kind(text: &'static str, ids: &Ids) -> Kind {
    if let Some((word, element)) = text.split_once(':') {
        let element = Box::new(kind(element, ids));
        return match word {
            "list" => Kind::List(element),
            "map" => Kind::Map(element),
            _ => Kind::Items(element),
        };
    }
    match text {
        "string" => Kind::String,
        "bool" => Kind::Bool,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "bytes" => Kind::Bytes,
        "time" => Kind::Time,
        "microtime" => Kind::MicroTime,
        "quantity" => Kind::Quantity,
        "intorstring" => Kind::IntOrString,
        "fieldsv1" | "rawextension" => Kind::Raw,
        _ => ids.get(text).map_or(Kind::Any, |index| Kind::Struct(StructId(*index))),
    }
}

fn merge(text: &'static str) -> Merge {
    match text {
        "leaf" => Merge::Leaf,
        "atomic" => Merge::Atomic,
        "granular" => Merge::Granular,
        "set" => Merge::Set,
        _ => match text.strip_prefix("map=") {
            Some(keys) => Merge::Map(keys.split(',').collect()),
            None => Merge::Untyped,
        },
    }
}

fn wire(structure: &Struct) -> Vec<(u32, Wire)> {
    let fields = structure.fields.iter().enumerate();
    let mut wire: Vec<_> = fields
        .filter(|(_, field)| field.number > 0 && field.within.is_empty())
        .map(|(index, field)| (field.number, Wire::Field(index)))
        .collect();
    let embedded = structure.embedded.iter().enumerate();
    wire.extend(embedded.map(|(index, embedded)| (embedded.number, Wire::Embedded(index))));
    wire.sort_by_key(|(number, _)| *number);
    wire
}

fn by_name(structure: &Struct) -> Vec<usize> {
    let name = |at: &usize| structure.fields[*at].name;
    let mut places: Vec<_> =
        (0..structure.fields.len()).filter(|at| !name(at).is_empty()).collect();
    places.sort_by_key(name);
    places
}
