//! How files are written: whole or not at all, and none that is somebody else's.

use {
    super::Exit,
    std::{
        fmt::Display,
        fs::{self, Permissions},
        io::{self, Write},
        os::unix::fs::PermissionsExt,
        path::Path,
    },
    tempfile::{Builder, NamedTempFile},
};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A file, and its content.
    File(Vec<u8>),
    /// A folder, a link or a device.
    Other,
}

/// Looks at what is at a path. A link is not followed: what it leads to is not looked at.
pub(super) fn look(path: &Path) -> io::Result<Found> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Ok(found) if found.is_file() => fs::read(path).map(Found::File),
        found => found.map(|_| Found::Other),
    }
}

/// Writes a file in the place of what is there. Readers see the old one or the new one.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = draft(path)?;
    draft.write_all(text.as_bytes())?;
    draft.persist(path)?;
    Ok(())
}

/// Writes a file of the user's anew, with the permissions that it has, and where a link leads.
pub(super) fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(_) if path.is_symlink() => return fs::write(path, text),
        Err(_) => path.to_owned(),
    };
    let permissions = fs::metadata(&target).map(|it| it.permissions()).ok();
    let drafted = draft(&target).and_then(|mut draft| {
        draft.write_all(text.as_bytes())?;
        if let Some(permissions) = permissions {
            draft.as_file().set_permissions(permissions)?;
        }
        Ok(draft.persist(&target)?)
    });
    match drafted {
        Ok(_) => Ok(()),
        // A file that is mounted by itself cannot be replaced.
        Err(_) => fs::write(&target, text),
    }
}

/// Whether a file can be made in a folder.
pub(super) fn writable(folder: &Path) -> io::Result<()> {
    draft(&folder.join("file")).map(drop)
}

/// An empty file beside a path, which is removed unless it takes that path.
fn draft(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let mut builder = Builder::new();
    // No credential gets here, so everybody may read it whom the umask lets.
    builder.prefix(".token-conformance-").permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder.unwrap_or(Path::new(".")))
}

/// A file that is in the way.
pub(super) fn foreign(path: &Path, way_out: &str) -> Exit {
    let path = path.display();
    Exit::usage(format!(
        "{path} was not written by token-conformance, so it is not replaced: {way_out}"
    ))
}

/// What is wrong with a path.
pub(super) fn file_error(path: &Path, why: impl Display) -> Exit {
    Exit::usage(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use {super::*, std::os::unix::fs::symlink};

    #[test]
    fn a_file_is_replaced_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|it| folder.path().join(it));
        assert_eq!(look(&file).unwrap(), Found::Nothing);
        replace(&file, "mine").unwrap();
        assert_eq!(look(&file).unwrap(), Found::File(b"mine".to_vec()));
        symlink(&file, &link).unwrap();
        assert_eq!(look(&link).unwrap(), Found::Other);
        assert_eq!(look(folder.path()).unwrap(), Found::Other);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
    }

    #[test]
    fn a_file_of_the_users_keeps_its_mode_and_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|it| folder.path().join(it));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        rewrite(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
