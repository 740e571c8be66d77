//! `list` and `explain`: what the binary carries.

use {
    super::{
        Exit,
        flags::{Format, ListArgs},
        print,
    },
    crate::{
        batch::Item,
        case::Case,
        catalog::{self, Catalog},
        requirement::{Requirement, Versions},
        verdict::name,
    },
    serde_json::{Value, json},
    std::{fmt::Write as _, fs, path::Path},
};

/// How many names are suggested for one that is not known.
const SUGGESTED: usize = 5;

/// Each case and variant.
pub(super) fn list(catalog: &Catalog, args: &ListArgs) -> Result<u8, Exit> {
    let items = args.selection.items(catalog);
    if items.is_empty() {
        return Err(Exit::nothing_selected());
    }
    match args.format {
        Format::Text => {
            let lines: Vec<String> = items.iter().map(|(id, it)| name(id, *it)).collect();
            print(&format!("{}\n", lines.join("\n")));
        }
        Format::Json => {
            let items: Vec<Value> = items.iter().filter_map(|it| described(catalog, it)).collect();
            print(&format!("{:#}\n", Value::from(items)));
        }
    }
    Ok(0)
}

fn described(catalog: &Catalog, (id, variant): &Item) -> Option<Value> {
    let case = catalog.cases.get(id)?;
    let requirement = catalog.requirement(case)?;
    let snapshot = catalog.snapshots.get(id);
    Some(json!({
        "name": name(id, *variant),
        "case": id,
        "variant": variant,
        "requirement": requirement.id,
        "level": requirement.level,
        "sentence": requirement.sentence,
        "source": requirement.source,
        "versions": requirement.versions,
        "needs": case.all_needs().collect::<Vec<_>>(),
        "makes": case.makes_objects,
        "recorded_from": snapshot.map(|it| it.recorded_from.as_str()),
    }))
}

/// A case, or a requirement and its cases.
pub(super) fn explain(catalog: &Catalog, suite: Option<&Path>, id: &str) -> Result<u8, Exit> {
    let bare = id.trim_start_matches("fixtures/").split('@').next().unwrap_or(id);
    let bare = bare.trim_end_matches(".yaml");
    let case = catalog.cases.get_key_value(bare).or_else(|| only(catalog, bare));
    let requirement = case.map_or(bare, |(_, it)| it.requirement.as_str());
    let Some(requirement) = catalog.requirements.get(requirement) else {
        return Err(Exit::usage(unknown(catalog, id)));
    };
    let mut out = String::new();
    if let Some((id, case)) = case {
        tell_case(&mut out, id, case, text(suite, id).as_deref());
    }
    tell_requirement(&mut out, requirement);
    for (id, _) in catalog.cases.iter().filter(|(_, it)| it.requirement == requirement.id) {
        let _ = writeln!(out, "case: {id}");
    }
    print(&out);
    Ok(0)
}

/// The only case of this name, in whatever folder.
fn only<'a>(catalog: &'a Catalog, name: &str) -> Option<(&'a String, &'a Case)> {
    let named = |it: &(&String, &Case)| it.0.rsplit('/').next() == Some(name);
    let mut all = catalog.cases.iter().filter(named);
    all.next().filter(|_| all.next().is_none())
}

fn tell_case(out: &mut String, id: &str, case: &Case, text: Option<&str>) {
    let _ = writeln!(out, "{id}");
    let variants: Vec<String> = case.variants().iter().map(ToString::to_string).collect();
    let _ = writeln!(out, "runs as: {}", variants.join(", "));
    let needs: Vec<String> = case.all_needs().map(|it| it.to_string()).collect();
    if !needs.is_empty() {
        let _ = writeln!(out, "needs: {}", needs.join(", "));
    }
    for line in text.unwrap_or_default().lines() {
        let _ = writeln!(out, "  | {line}");
    }
    out.push('\n');
}

fn tell_requirement(out: &mut String, requirement: &Requirement) {
    let Requirement { id, level, sentence, source, .. } = requirement;
    let _ = writeln!(out, "{id} ({level})\n{sentence}\nsource: {source}");
    if let Some(versions) = versions(requirement.versions) {
        let _ = writeln!(out, "versions: {versions}");
    }
    if let Some(why) = &requirement.unchecked {
        let _ = writeln!(out, "no case checks it: {why}");
    }
}

/// The file of a case, from where the suite was read.
fn text(suite: Option<&Path>, id: &str) -> Option<String> {
    let name = format!("fixtures/{id}.yaml");
    match suite {
        Some(root) => fs::read_to_string(root.join(name)).ok(),
        None => catalog::CORPUS.iter().find(|(it, _)| *it == name).map(|(_, it)| (*it).to_owned()),
    }
}

/// Says that there is no such thing, and what has a name like it.
fn unknown(catalog: &Catalog, id: &str) -> String {
    let all = catalog.cases.keys().chain(catalog.requirements.keys());
    let mut near: Vec<(usize, &String)> = all
        .filter_map(|it| {
            let short = it.rsplit('/').next().unwrap_or(it);
            let wanted = id.rsplit('/').next().unwrap_or(id);
            let far = strsim::levenshtein(wanted, short);
            let close = far <= 1 + wanted.len() / 3 || (wanted.len() > 2 && it.contains(wanted));
            close.then_some((far, it))
        })
        .collect();
    near.sort();
    let names: Vec<&str> = near.iter().take(SUGGESTED).map(|(_, it)| it.as_str()).collect();
    let rest = if names.is_empty() {
        "token-conformance list --level observed names all cases".to_owned()
    } else {
        format!("did you mean\n  {}", names.join("\n  "))
    };
    format!("there is no case or requirement {id}; {rest}")
}

fn versions(versions: Versions) -> Option<String> {
    match (versions.since, versions.until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("1.{since} and later")),
        (None, Some(until)) => Some(format!("1.{until} and earlier")),
        (Some(since), Some(until)) => Some(format!("1.{since} to 1.{until}")),
    }
}
