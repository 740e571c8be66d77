//! The files that tell others how to reach a running emulator: kubeconfig, CA, ready file. They
//! hold credentials, so that nobody but their owner may read them.

use {
    crate::{config::Config, instance::Instance},
    serde_json::json,
    std::{
        fs::{self, OpenOptions},
        io::{self, Write},
        path::{Path, PathBuf},
    },
    tempfile::TempDir,
};

/// Files that have been written. A temporary folder goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) ca: PathBuf,
    pub(crate) google_access_token: PathBuf,
    _folder: Option<TempDir>,
}

impl Files {
    /// Writes all but the ready file, each whole.
    pub(crate) fn write(config: &Config, instance: &Instance) -> io::Result<Self> {
        let (folder, beside) = match &config.ready_file {
            Some(ready) => (None, ready.clone()),
            None => {
                let folder = tempfile::Builder::new().prefix("token-emulator-").tempdir()?;
                let beside = folder.path().join("emulator");
                (Some(folder), beside)
            }
        };
        let files = Self {
            kubeconfig: config
                .kubeconfig
                .clone()
                .unwrap_or_else(|| beside.with_extension("kubeconfig")),
            ca: beside.with_extension("ca.crt"),
            google_access_token: beside.with_extension("google-access-token"),
            _folder: folder,
        };
        write(&files.kubeconfig, instance.kubeconfig().as_bytes())?;
        write(&files.ca, instance.tls.authority.as_bytes())?;
        write(&files.google_access_token, instance.google_access_token.as_bytes())?;
        Ok(files)
    }

    /// Writes the ready file. Whoever waits for it finds it only when it is whole.
    pub(crate) fn announce(&self, ready_file: &Path, instance: &Instance) -> io::Result<()> {
        let ready = json!({
            "url": instance.url(),
            "https_url": instance.https_url(),
            "ca_file": fs::canonicalize(&self.ca)?,
            "kubeconfig": fs::canonicalize(&self.kubeconfig)?,
            "token": instance.token,
            "google_access_token": instance.google_access_token,
            "pid": std::process::id(),
        });
        write(ready_file, format!("{ready:#}\n").as_bytes())
    }
}

/// Takes away what an earlier run left, so that nobody takes it for ours.
pub(crate) fn retract(ready_file: &Path) -> io::Result<()> {
    match fs::remove_file(ready_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file under another name first, and then gives it its own.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let told =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or_else(|| told(io::ErrorKind::InvalidInput.into()))?);
    name.push(format!(".{}", std::process::id()));
    let draft = path.with_file_name(name);
    let written = private(&draft)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.map_err(told)
}

fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        retract(&path).unwrap();
        retract(&path).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = write(Path::new("/nowhere/at/all/ready.json"), b"").unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/at/all/ready.json: "), "{error}");
    }
}
