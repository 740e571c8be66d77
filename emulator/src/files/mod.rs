//! The files that say how a running emulator is reached: kubeconfig, CA, tokens, ready file. They
//! hold credentials, so only their owner may read them; what the program did not write is neither
//! written over nor removed.

mod earlier;
mod folder;

pub(crate) use earlier::Earlier;

use {
    crate::{
        config::{self, Config},
        instance::Instance,
        marker::{self, Marker},
    },
    earlier::{Found, Kind},
    folder::Folder,
    serde_json::json,
    std::{
        fs::{self, File, Metadata},
        io::{self, Write},
        path::{Path, PathBuf},
    },
    tempfile::PersistError,
};

/// How the name of a file begins that has not got its own yet.
const DRAFT: &str = ".token-emulator-";

/// Files that have been written. They go when this is dropped, those that are still its own.
pub(crate) struct Files {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) ca: PathBuf,
    pub(crate) token: PathBuf,
    pub(crate) google_access_token: PathBuf,
    earlier: Earlier,
    marker: Marker,
    /// The kubeconfig first: it lists the others, and is the last to go.
    written: Vec<Written>,
    /// The lock of the ready file.
    announced: Option<File>,
    folder: Option<Folder>,
}

/// One that has been written.
struct Written {
    kind: Kind,
    path: PathBuf,
    bytes: Vec<u8>,
    identity: Option<(u64, u64)>,
}

impl Files {
    /// Writes all but the ready file, each whole.
    pub(crate) fn write(
        config: &Config,
        earlier: Earlier,
        instance: &Instance,
    ) -> io::Result<Self> {
        let (folder, base) = match &config.ready_file {
            Some(ready) => (None, ready.clone()),
            None => {
                let folder = Folder::new()?;
                let base = folder.base();
                (Some(folder), base)
            }
        };
        let [kubeconfig, ca, token, google_access_token] = config::beside(&base);
        let mut files = Self {
            kubeconfig: config.kubeconfig.clone().unwrap_or(kubeconfig),
            ca,
            token,
            google_access_token,
            earlier,
            marker: instance.marker.clone(),
            written: Vec::new(),
            announced: None,
            folder,
        };
        files.add(Kind::Kubeconfig, &files.kubeconfig.clone(), instance.kubeconfig())?;
        files.add(Kind::Plain, &files.ca.clone(), instance.tls.authority.clone())?;
        files.add(Kind::Plain, &files.token.clone(), instance.token.clone())?;
        let google_access_token = instance.google_access_token.clone();
        files.add(Kind::Plain, &files.google_access_token.clone(), google_access_token)?;
        Ok(files)
    }

    /// Writes the ready file. Whoever waits for it finds it only when it is whole.
    pub(crate) fn announce(&mut self, ready_file: &Path, instance: &Instance) -> io::Result<()> {
        let ready = json!({
            "url": instance.url(),
            "https_url": instance.https_url(),
            "address": instance.address.to_string(),
            "ca_file": fs::canonicalize(&self.ca)?,
            "kubeconfig": fs::canonicalize(&self.kubeconfig)?,
            "token": instance.token,
            "google_access_token": instance.google_access_token,
            "pid": std::process::id(),
            marker::MEMBER: self.marker.to_json(),
        });
        let file = self.add(Kind::Ready, ready_file, format!("{ready:#}\n"))?;
        self.announced = Some(file);
        Ok(())
    }

    /// Removes the files that are still those of this run.
    pub(crate) fn remove(&mut self) {
        // The ready file goes first, so that no client finds it without the others.
        for written in self.written.drain(..).rev() {
            if written.is_still_there(&self.marker) {
                let _ = fs::remove_file(&written.path);
            }
        }
        (self.announced, self.folder) = (None, None);
    }

    fn add(&mut self, kind: Kind, path: &Path, text: String) -> io::Result<File> {
        let bytes = text.into_bytes();
        let file = write(&self.earlier, kind, path, &bytes).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        let identity = identity(&file.metadata()?);
        // The program may be in another folder by the time that the file goes.
        self.written.push(Written { kind, path: std::path::absolute(path)?, bytes, identity });
        Ok(file)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.remove();
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Files")
            .field("kubeconfig", &self.kubeconfig)
            .finish_non_exhaustive()
    }
}

impl Written {
    /// Whether what lies there is what this run wrote. A kubeconfig may have been edited since.
    fn is_still_there(&self, marker: &Marker) -> bool {
        let Ok(Some(bytes)) = earlier::read(&self.path) else { return false };
        if self.kind == Kind::Kubeconfig {
            return Marker::of_kubeconfig(&bytes).as_ref() == Some(marker)
                && !marker::has_other_cluster(&bytes);
        }
        // Another run may have written the same bytes, where both were given the same credential.
        let found = fs::symlink_metadata(&self.path).ok().and_then(|found| identity(&found));
        bytes == self.bytes && found == self.identity
    }
}

/// Writes a file under a name of its own first, and then gives it its path. It is locked.
fn write(earlier: &Earlier, kind: Kind, path: &Path, bytes: &[u8]) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut draft =
        tempfile::Builder::new().prefix(DRAFT).tempfile_in(folder.unwrap_or(Path::new(".")))?;
    draft.write_all(bytes)?;
    // Where there are no locks, a later run takes this one for ended.
    let _ = draft.as_file().try_lock();
    let refused = |why: &str| io::Error::new(io::ErrorKind::AlreadyExists, earlier::refusal(why));
    let taken = "has been written by another program";
    match earlier.look(kind, path).map_err(|why| refused(&why))? {
        Found::Empty | Found::Written => Ok(draft.persist(path)?),
        Found::Nothing => match draft.persist_noclobber(path) {
            Err(PersistError { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(refused(taken))
            }
            // The file system has no way of doing so.
            Err(PersistError { file, .. }) => Ok(file.persist(path)?),
            Ok(file) => Ok(file),
        },
    }
}

/// What tells a file from another at the same path.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(path: &Path, bytes: &[u8]) -> io::Result<File> {
        write(&Earlier::default(), Kind::Plain, path, bytes)
    }

    #[test]
    fn a_file_appears_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        plain(&path, b"first").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_came_in_between_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "precious").unwrap();
        let error = plain(&path, b"second").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn no_file_beside_the_ready_file_is_the_ready_file() {
        for name in ["ready.json", "ready", "x.kubeconfig", "x.ca.crt", "x.token", "x.crt"] {
            let mut paths: Vec<_> = config::beside(Path::new(name)).into();
            paths.push(name.into());
            paths.sort();
            paths.dedup();
            assert_eq!(paths.len(), 5, "{paths:?}");
        }
    }
}
