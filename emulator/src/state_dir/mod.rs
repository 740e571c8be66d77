//! The folder of `--state-dir`: what clients hold of an emulator is kept there between runs, so
//! that yesterday's kubeconfig leads to today's emulator.

mod kept;

pub(crate) use kept::Bearers;

use {
    crate::{
        server::tls::Material,
        world::{identities::Identities, key_set::KeySet},
    },
    kept::Kept,
    std::{
        fs::{self, DirBuilder, File, TryLockError},
        io::{self, Write},
        path::{Path, PathBuf},
    },
};

/// The file that holds all of it.
const FILE: &str = "state.json";

/// How the name of a file begins that is not finished.
const DRAFT: &str = ".state-";

/// What a file system itself puts into an empty folder.
const LOST: &str = "lost+found";

/// The folder, which no other emulator uses while this exists.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    kept: Kept,
    _lock: File,
}

impl StateDir {
    /// Opens a folder of an earlier run, or makes one. An error is a sentence that names the folder
    /// or the file.
    pub(crate) fn open(folder: &Path) -> Result<Self, String> {
        let named = |error: io::Error| format!("{}: {error}", folder.display());
        make_private(folder).map_err(named)?;
        let lock = lock(folder)?;
        let path = folder.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let kept = match &text {
            Some(text) => Kept::read(text).map_err(|error| unusable(&path, &error))?,
            None => {
                adopt(folder)?;
                Kept::make()?
            }
        };
        remove_drafts(folder).map_err(named)?;
        let state = Self { path, kept, _lock: lock };
        if text.is_none() {
            state.save()?;
        }
        Ok(state)
    }

    /// The certificate of the https side: that of the last run, if it is good for these names.
    pub(crate) fn tls(&mut self, names: &[String]) -> Result<Material, String> {
        if self.kept.issue(names).map_err(|error| unusable(&self.path, &error))? {
            self.save()?;
        }
        Ok(self.kept.tls())
    }

    /// The keys of service account tokens.
    pub(crate) fn keys(&self) -> Result<KeySet, String> {
        self.kept.keys().map_err(|error| unusable(&self.path, &error))
    }

    /// The bearers of the ready file.
    pub(crate) fn bearers(&self) -> Bearers {
        self.kept.bearers.clone()
    }

    /// The identities of what exists from the start.
    pub(crate) fn identities(&self) -> Identities {
        self.kept.identities()
    }

    /// The port of the last run.
    pub(crate) fn port(&self) -> Option<u16> {
        self.kept.port
    }

    /// Keeps the port of this run.
    pub(crate) fn keep_port(&mut self, port: u16) -> Result<(), String> {
        if self.kept.port == Some(port) {
            return Ok(());
        }
        self.kept.port = Some(port);
        self.save()
    }

    fn save(&self) -> Result<(), String> {
        let named = |error: io::Error| format!("{}: {error}", self.path.display());
        let folder = self.path.parent().unwrap_or(Path::new("."));
        // Such a file is made anew, with a random name, for its owner alone.
        let draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(folder).map_err(named)?;
        draft.as_file().write_all(self.kept.text().as_bytes()).map_err(named)?;
        draft.as_file().sync_all().map_err(named)?;
        draft.persist(&self.path).map(drop).map_err(|error| named(error.error))
    }
}

/// The port that a folder keeps, if it is one of an earlier run.
pub(crate) fn kept_port(folder: &Path) -> Option<u16> {
    Kept::read(&fs::read(folder.join(FILE)).ok()?).ok()?.port
}

fn unusable(path: &Path, error: &str) -> String {
    format!(
        "{}: {error}; restore the file, or remove it for new keys, which make earlier kubeconfigs \
         and tokens invalid",
        path.display()
    )
}

fn lock(folder: &Path) -> Result<File, String> {
    let named = |error: io::Error| format!("{}: {error}", folder.display());
    let lock = File::open(folder).map_err(named)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(format!(
            "{} is in use by another emulator that runs; end that one, or give this one a folder \
             of its own",
            folder.display()
        )),
        Err(TryLockError::Error(error)) => Err(named(error)),
    }
}

/// Takes an empty folder for its own, which others may not look into.
fn adopt(folder: &Path) -> Result<(), String> {
    let named = |error: io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(named)? {
        let name = entry.map_err(named)?.file_name();
        let name = name.to_string_lossy();
        if name != LOST && !name.starts_with(DRAFT) {
            return Err(format!(
                "{} holds {name}, and is no folder of an earlier run ({FILE} is missing); allowed \
                 is a folder that is empty, or not there yet, or of an earlier run",
                folder.display()
            ));
        }
    }
    keep_private(folder).map_err(named)
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

#[cfg(unix)]
fn keep_private(folder: &Path) -> io::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    match fs::set_permissions(folder, mode) {
        // It is another user's, as a volume of a pod is; the file in it is its owner's alone.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        changed => changed,
    }
}

// Elsewhere the folder has the rights of the one that it is in.
#[cfg(not(unix))]
fn keep_private(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes what a run has left that was killed while it wrote.
fn remove_drafts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
