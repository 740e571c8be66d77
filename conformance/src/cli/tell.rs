//! `list`, `explain`, `export`: what the binary carries.

use {
    super::{Exit, flags::Selection, print},
    crate::{
        catalog::{self, Catalog},
        requirement::Versions,
        verdict::name,
    },
    std::{fs, io, path::Path},
};

/// A line for each case and variant.
pub(super) fn list(catalog: &Catalog, selection: &Selection) -> Result<u8, Exit> {
    let items = selection.items(catalog);
    if items.is_empty() {
        return Err(Exit::nothing_selected());
    }
    for (id, variant) in items {
        print(&format!("{}\n", name(&id, variant)));
    }
    Ok(0)
}

/// A requirement, and its cases.
pub(super) fn explain(catalog: &Catalog, id: &str) -> Result<u8, Exit> {
    let case = catalog.cases.get(id.split('@').next().unwrap_or(id));
    let requirement = case.map_or(id, |it| it.requirement.as_str());
    let requirement = catalog
        .requirements
        .get(requirement)
        .ok_or_else(|| Exit::usage(format!("there is no case or requirement {id}")))?;
    print(&format!(
        "{} ({})\n{}\nsource: {}{}\n",
        requirement.id,
        requirement.level,
        requirement.sentence,
        requirement.source,
        versions(requirement.versions)
    ));
    for (id, _) in catalog.cases.iter().filter(|(_, it)| it.requirement == requirement.id) {
        print(&format!("case: {id}\n"));
    }
    Ok(0)
}

/// Every file of the suite, as the binary carries it.
pub(super) fn export(dir: &Path) -> Result<u8, Exit> {
    let write = |(file, text): &(&str, &str)| -> io::Result<()> {
        let path = dir.join(file);
        fs::create_dir_all(path.parent().unwrap_or(dir))?;
        fs::write(path, text)
    };
    catalog::CORPUS
        .iter()
        .try_for_each(write)
        .map_err(|error| Exit::usage(format!("{}: {error}", dir.display())))?;
    Ok(0)
}

fn versions(versions: Versions) -> String {
    let shown = |it: Option<u32>| it.map_or("any".to_owned(), |it| format!("1.{it}"));
    match (versions.since, versions.until) {
        (None, None) => String::new(),
        (since, until) => format!("\nversions: {} to {}", shown(since), shown(until)),
    }
}
