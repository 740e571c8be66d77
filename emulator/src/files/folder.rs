//! The temporary folder of a run that has no other place for its files. It is locked as long as
//! the run goes on, so that a later run recognises, and removes, what a killed one left.

use {
    crate::{
        config,
        files::{
            DRAFT,
            earlier::{Earlier, Kind},
            identity,
        },
    },
    std::{
        fs::{self, File, Metadata, OpenOptions},
        io,
        path::{Path, PathBuf},
        sync::Once,
    },
};

const PREFIX: &str = "token-emulator-";
const LOCK: &str = "token-emulator.lock";

/// How often a folder is made anew that another run took for one that was left.
const ATTEMPTS: usize = 16;

/// A locked folder. When this is dropped, it goes, unless there are files of others in it.
pub(super) struct Folder {
    path: PathBuf,
    /// Closed, and so unlocked, last.
    _lock: File,
}

impl Folder {
    /// Makes one; the first time, it removes what killed runs left beside it.
    pub(super) fn new() -> io::Result<Self> {
        static SWEEP: Once = Once::new();
        let place = tempfile::env::temp_dir();
        SWEEP.call_once(|| sweep(&place));
        for _ in 0..ATTEMPTS {
            if let Some(folder) = Self::within(&place)? {
                return Ok(folder);
            }
        }
        Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "the temporary folder is removed again and again",
        ))
    }

    /// The path that the files' names are made from.
    pub(super) fn base(&self) -> PathBuf {
        base(&self.path)
    }

    /// Between making the folder and locking it, another run may take it for one that was left:
    /// it has won then, and there is no folder.
    fn within(place: &Path) -> io::Result<Option<Self>> {
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?.keep();
        let lock = match OpenOptions::new().write(true).create_new(true).open(path.join(LOCK)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            lock => lock?,
        };
        match lock.try_lock() {
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            // Where there are no locks, no run takes a folder for one that was left.
            Err(fs::TryLockError::Error(_)) | Ok(()) => {}
        }
        Ok(is_at(&lock, &path.join(LOCK)).then_some(Self { path, _lock: lock }))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path.join(LOCK));
        let _ = fs::remove_dir(&self.path);
    }
}

fn base(folder: &Path) -> PathBuf {
    folder.join("emulator")
}

/// Removes the folders of killed runs: those of the same user, with a lock that no process holds.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_folder = |metadata: Metadata| metadata.is_dir() && is_own(&metadata);
        if name.to_string_lossy().starts_with(PREFIX)
            && fs::symlink_metadata(&path).is_ok_and(is_folder)
        {
            // Another run may be removing it.
            let _ = remove(&path);
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    let path = folder.join(LOCK);
    if !fs::symlink_metadata(&path)?.is_file() {
        return Ok(());
    }
    let lock = OpenOptions::new().write(true).open(&path)?;
    if lock.try_lock().is_err() || !is_at(&lock, &path) {
        return Ok(());
    }
    let [kubeconfig, others @ ..] = config::beside(&base(folder));
    for path in others {
        remove_if_there(&path)?;
    }
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            remove_if_there(&entry.path())?;
        }
    }
    // The user may have added a cluster to it.
    if Earlier::default().look(Kind::Kubeconfig, &kubeconfig).is_ok() {
        remove_if_there(&kubeconfig)?;
    }
    fs::remove_file(&path)?;
    fs::remove_dir(folder)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether an open file is the one at a path, and not one that was removed from there.
fn is_at(file: &File, path: &Path) -> bool {
    let found = file
        .metadata()
        .and_then(|file| Ok((identity(&file), identity(&fs::symlink_metadata(path)?))));
    found.is_ok_and(|(file, at_path)| file == at_path)
}

#[cfg(unix)]
fn is_own(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Elsewhere each user has a temporary folder of his own.
#[cfg(not(unix))]
fn is_own(_: &Metadata) -> bool {
    true
}
