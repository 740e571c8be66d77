//! The files that are written beside a ready file.

use std::path::{Path, PathBuf};

/// The kubeconfig, the CA, the bearer and Google's bearer beside a ready file. None is the ready
/// file itself.
pub(crate) fn beside(ready_file: &Path) -> [PathBuf; 4] {
    ["kubeconfig", "ca.crt", "token", "google-access-token"].map(|extension| {
        let path = ready_file.with_extension(extension);
        if path != ready_file {
            return path;
        }
        let mut name = ready_file.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        name.into()
    })
}
