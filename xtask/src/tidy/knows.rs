//! Which module of the emulator knows which: the table in ARCHITECTURE.md, held against the paths
//! of the source, unit tests included.
//!
//! A row of the table names a module and those that it knows, all of which have a row above it, so
//! that no module knows one above it and no circle is possible.

use {
    super::{Finding, code, tree::Tree},
    std::collections::{BTreeMap, BTreeSet},
};

const DOCUMENT: &str = "ARCHITECTURE.md";
const SOURCE: &str = "emulator/src/";
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// A module, and those that it knows, with the line of each.
type Known = BTreeMap<String, BTreeMap<String, (String, usize)>>;

/// One row of the table.
struct Row {
    line: usize,
    module: String,
    knows: BTreeSet<String>,
}

/// What a module knows is what its row says, and its row is true.
pub(super) fn modules_know_what_the_table_says(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.text(DOCUMENT) else { return Vec::new() };
    let rows = rows(document);
    let known = known(tree);
    let mut findings = disorder(&rows);
    for (module, others) in &known {
        let row = rows.iter().find(|row| row.module == *module);
        let Some(row) = row else {
            findings.push(Finding::new(DOCUMENT, 0, format!("{module} has no row")));
            continue;
        };
        for (other, (path, line)) in others.iter().filter(|(other, _)| !row.knows.contains(*other))
        {
            findings.push(Finding::new(path, *line, format!("{module} does not know {other}")));
        }
    }
    for row in &rows {
        let none = BTreeMap::new();
        let others = known.get(&row.module).unwrap_or(&none);
        for other in row.knows.iter().filter(|other| !others.contains_key(*other)) {
            let text = format!("{} no longer knows {other}", row.module);
            findings.push(Finding::new(DOCUMENT, row.line, text));
        }
    }
    findings
}

/// Rows that name a module without a row above them.
fn disorder(rows: &[Row]) -> Vec<Finding> {
    let mut above = BTreeSet::new();
    let mut findings = Vec::new();
    for row in rows {
        for other in row.knows.iter().filter(|other| !above.contains(*other)) {
            let text = format!("{other} is not above {}", row.module);
            findings.push(Finding::new(DOCUMENT, row.line, text));
        }
        above.insert(row.module.clone());
    }
    findings
}

fn rows(document: &str) -> Vec<Row> {
    let table =
        document.lines().enumerate().skip_while(|(_, line)| !line.starts_with("| module |"));
    let rows = table.skip(2).take_while(|(_, line)| line.starts_with('|'));
    rows.filter_map(|(index, line)| {
        let mut cells = line.split('|').skip(1);
        let module = words(cells.next()?).next()?.to_owned();
        let knows = words(cells.next()?).map(str::to_owned).collect();
        Some(Row { line: index + 1, module, knows })
    })
    .collect()
}

/// What stands in backquotes.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn known(tree: &Tree) -> Known {
    let mut known = Known::new();
    for (path, text) in tree.rust(SOURCE) {
        let place = path[SOURCE.len()..].split('/').next().unwrap_or_default();
        if ROOTS.contains(&place) {
            continue;
        }
        let module = place.trim_end_matches(".rs");
        let others = known.entry(module.to_owned()).or_default();
        let up = to_the_root(&path[SOURCE.len()..]);
        for (other, line) in crate_paths(&text.replace(&up, "crate::")) {
            if other != module {
                others.entry(other).or_insert_with(|| (path.to_owned(), line));
            }
        }
    }
    known
}

/// The path by which a file can name the root of the crate, beside `crate::`.
fn to_the_root(file: &str) -> String {
    let depth = file.matches('/').count() + usize::from(!file.ends_with("mod.rs"));
    "super::".repeat(depth)
}

/// The modules of the crate that a source names, as `crate::a::…` or in `crate::{a::…, b}`, with
/// their lines.
fn crate_paths(source: &str) -> Vec<(String, usize)> {
    let lines = code::lines(source);
    let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let mut paths = Vec::new();
    for (start, _) in text.match_indices("crate::") {
        let line = text[..start].matches('\n').count() + 1;
        let rest = &text[start + "crate::".len()..];
        let names = if rest.starts_with('{') { members(rest) } else { vec![rest] };
        let names = names.into_iter().map(|rest| rest.trim_start().split(|it| !is_name(it)));
        let names = names.filter_map(|mut words| words.next()).filter(|word| !word.is_empty());
        paths.extend(names.map(|name| (name.to_owned(), line)));
    }
    paths
}

/// The parts of a group in braces, which may have groups of their own.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 1, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && character == ',') {
            parts.push(&group[start..at]);
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    parts
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
| module | knows | what it is |
|---|---|---|
| `world` | | the state |
| `api` | `world` | the trait |
| `google` | `api`, `world` | an API |
| `server` | `api`, `world` | the network |
";

    fn check(table: &str, files: &[(&str, &str)], expected: &[&str]) {
        let mut all = vec![("ARCHITECTURE.md", table)];
        all.extend([
            ("emulator/src/api/mod.rs", "use crate::world::World;"),
            (
                "emulator/src/google/mod.rs",
                "use {\n crate::{\n  api::Api,\n  world::{World, x},\n }\n};",
            ),
        ]);
        all.extend(files);
        let findings = modules_know_what_the_table_says(&Tree::of(&all));
        let found: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_module_that_knows_what_its_row_says_is_tidy() {
        check(TABLE, &[("emulator/src/server/a.rs", "use crate::{api::{Api, x}, world};")], &[]);
    }

    #[test]
    fn a_path_to_a_module_that_is_not_in_the_row_is_found() {
        let source = "use crate::{\n    api::Api,\n    world,\n};\n\nfn a() { crate::google::b() }";
        let finding = "emulator/src/server/a.rs:6: server does not know google";
        check(TABLE, &[("emulator/src/server/a.rs", source)], &[finding]);
    }

    #[test]
    fn a_path_over_the_root_is_found() {
        let files = [
            ("emulator/src/server/a.rs", "use {crate::{api, world}, super::super::google::b};"),
            ("emulator/src/server/mod.rs", "use super::google;"),
        ];
        check(TABLE, &files, &["emulator/src/server/a.rs:1: server does not know google"]);
    }

    #[test]
    fn a_row_that_is_no_longer_true_is_found() {
        let source = "use crate::api::Api;";
        let finding = "ARCHITECTURE.md:6: server no longer knows world";
        check(TABLE, &[("emulator/src/server/a.rs", source)], &[finding]);
    }

    #[test]
    fn a_module_without_a_row_is_found() {
        let files = [
            ("emulator/src/server.rs", "use crate::{api, world};"),
            ("emulator/src/new.rs", "use crate::world;"),
        ];
        check(TABLE, &files, &["ARCHITECTURE.md: new has no row"]);
    }

    #[test]
    fn a_row_below_what_it_knows_is_found() {
        let table = "| module | knows |\n|---|---|\n| `api` | `world` |\n| `world` | |\n\
                     | `google` | `api`, `world` |\n";
        check(table, &[], &["ARCHITECTURE.md:3: world is not above api"]);
    }
}
