//! `export`: the files that the binary carries. What was changed after an earlier export stays,
//! unless it is forced, and what an earlier version exported and this one has not is removed.

use {
    super::{
        Exit,
        files::{self, Found, file_error, foreign},
        print,
    },
    crate::catalog,
    aws_lc_rs::digest,
    std::{
        collections::{BTreeMap, BTreeSet},
        fmt::Write as _,
        fs, io,
        path::{Path, PathBuf},
    },
};

/// The file that says what was exported, in the form that `sha256sum --check` reads.
const MANIFEST: &str = "exported.sha256";
/// What it begins with.
const HEAD: &str = "# written by token-conformance export\n";
/// As many files are named.
const FEW: usize = 5;

/// What an export does.
#[derive(Default)]
struct Plan {
    /// What is written.
    write: Vec<(&'static str, &'static str)>,
    /// What is removed.
    remove: Vec<String>,
    /// What is lost by either.
    changed: Vec<PathBuf>,
}

/// Writes every file of the suite.
pub(super) fn export(dir: &Path, force: bool) -> Result<u8, Exit> {
    let manifest = manifest(dir)?;
    let others = others(dir);
    // Cases of another version would be taken for cases of this one.
    if let (true, false, Some(first)) = (manifest.is_empty(), force, others.first()) {
        return Err(foreign(first, "name an empty folder; --force mixes its cases with these"));
    }
    let plan = plan(dir, &manifest).map_err(|error| file_error(dir, error))?;
    if !force && !plan.changed.is_empty() {
        return Err(Exit::usage(format!(
            "not as this program wrote it: {}; nothing was written; --force writes over it",
            listed(&plan.changed.iter().collect::<Vec<_>>())
        )));
    }
    carry_out(dir, &plan).map_err(|error| file_error(dir, error))?;
    let carried = catalog::CORPUS.len();
    let as_it_was = match carried - plan.write.len() {
        0 => String::new(),
        1 => "; 1 was there".to_owned(),
        many => format!("; {many} were there"),
    };
    print(&format!("wrote {} to {}{as_it_was}\n", files_in_words(plan.write.len()), dir.display()));
    if !plan.remove.is_empty() {
        print(&format!("removed {} of an earlier export\n", files_in_words(plan.remove.len())));
    }
    let others: Vec<&PathBuf> = others.iter().filter(|it| it.exists()).collect();
    if !others.is_empty() {
        let count = counted(others.len(), "other case", "other cases");
        print(&format!("left {count}: {}\n", listed(&others)));
    }
    Ok(0)
}

fn files_in_words(count: usize) -> String {
    counted(count, "file", "files")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn listed(paths: &[&PathBuf]) -> String {
    let names: Vec<String> = paths.iter().take(FEW).map(|it| it.display().to_string()).collect();
    let more = if paths.len() > FEW { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}

/// The digests of what an earlier export wrote, by its name.
fn manifest(dir: &Path) -> Result<BTreeMap<String, String>, Exit> {
    let path = dir.join(MANIFEST);
    let text = match files::look(&path).map_err(|error| file_error(&path, error))? {
        Found::Nothing => String::new(),
        Found::File(content) => String::from_utf8_lossy(&content).into_owned(),
        Found::Other => return Err(foreign(&path, "move it away")),
    };
    if !text.trim().is_empty() && !text.starts_with(HEAD) {
        return Err(foreign(&path, "move it away"));
    }
    let entry = |line: &str| {
        let (digest, name) = line.split_once("  ")?;
        Some((name.to_owned(), digest.to_owned()))
    };
    Ok(text.lines().filter(|it| !it.starts_with('#')).filter_map(entry).collect())
}

fn plan(dir: &Path, manifest: &BTreeMap<String, String>) -> io::Result<Plan> {
    let mut plan = Plan::default();
    let is_own = |name: &str, content: &[u8]| manifest.get(name) == Some(&digest_of(content));
    for (name, text) in catalog::CORPUS {
        let path = dir.join(name);
        match files::look(&path)? {
            Found::File(content) if content == text.as_bytes() => continue,
            Found::Nothing => {}
            Found::File(content) if content.is_empty() || is_own(name, &content) => {}
            _ => plan.changed.push(path),
        }
        plan.write.push((name, text));
    }
    let carried: BTreeSet<&str> = catalog::CORPUS.iter().map(|(name, _)| *name).collect();
    for name in manifest.keys().filter(|it| !carried.contains(it.as_str()) && is_below(it)) {
        if let Found::File(content) = files::look(&dir.join(name))?
            && is_own(name, &content)
        {
            plan.remove.push(name.clone());
        }
    }
    Ok(plan)
}

/// Whether a name leads to a file of a suite, whatever the manifest says.
fn is_below(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let tree = parts.next().and_then(|it| it.as_os_str().to_str());
    matches!(tree, Some("fixtures" | "snapshots"))
        && parts.all(|it| matches!(it, std::path::Component::Normal(_)))
}

fn carry_out(dir: &Path, plan: &Plan) -> io::Result<()> {
    for (name, text) in &plan.write {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap_or(dir))?;
        files::replace(&path, text)?;
    }
    for name in &plan.remove {
        fs::remove_file(dir.join(name))?;
    }
    // Last, so that what is interrupted says of no file that it was exported which was not.
    let mut manifest = HEAD.to_owned();
    for (name, text) in catalog::CORPUS {
        let _ = writeln!(manifest, "{}  {name}", digest_of(text.as_bytes()));
    }
    files::replace(&dir.join(MANIFEST), &manifest)
}

fn digest_of(content: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, content);
    digest.as_ref().iter().fold(String::new(), |mut out, it| {
        let _ = write!(out, "{it:02x}");
        out
    })
}

/// The cases and snapshots below the folder that the binary does not carry.
fn others(dir: &Path) -> Vec<PathBuf> {
    let mut others = Vec::new();
    for tree in ["fixtures", "snapshots"] {
        find_others(dir, &dir.join(tree), &mut others);
    }
    others.sort();
    others
}

fn find_others(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find_others(root, &path, found);
        } else if matches!(path.extension(), Some(kind) if kind == "yaml" || kind == "snap") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            if !catalog::CORPUS.iter().any(|(it, _)| *it == name) {
                found.push(path);
            }
        }
    }
}
