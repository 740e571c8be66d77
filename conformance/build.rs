//! Embeds the cases, requirements, targets and snapshots, so that the binary carries them.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::from("&[\n");
    for tree in ["fixtures", "snapshots"] {
        let folder = root.join("..").join(tree);
        embed(&folder, tree, &mut code)?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("corpus.rs"), code)?;
    Ok(())
}

/// Adds a `(name, text)` for each file below `folder`, in the order of their names. Cargo is told
/// of every folder, so that a new file appears without a change to the code.
fn embed(folder: &Path, name: &str, code: &mut String) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            embed(&path, &name, code)?;
        } else if matches!(path.extension(), Some(kind) if kind == "yaml" || kind == "snap") {
            writeln!(code, "    ({name:?}, include_str!({:?})),", path.canonicalize()?)?;
        }
    }
    Ok(())
}
