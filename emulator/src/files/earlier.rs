//! What lies where files are going to be written: nothing, a file of an earlier run, or something
//! that the program did not write and leaves alone.

use {
    crate::{
        config::{self, Config, ConfigError},
        marker::{self, Marker},
    },
    std::{
        fs::{self, File, TryLockError},
        io,
        path::{Path, PathBuf},
    },
};

/// The longest file that is looked into. One that the program wrote is shorter.
const LONGEST: u64 = 4 << 20;

/// How a file is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// By its extension, as long as it has no cluster of the user's.
    Kubeconfig,
    /// By its member.
    Ready,
    /// By its digest, which one of the other two lists.
    Plain,
}

/// What may be written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// There is no file.
    Nothing,
    /// A file without content, as `mktemp` makes it.
    Empty,
    /// A file of an earlier run.
    Written,
}

/// A path that is going to be written, and the flag that says so.
struct Place {
    flag: &'static str,
    kind: Kind,
    path: PathBuf,
}

/// The marks of earlier runs in the files that this one replaces.
#[derive(Debug, Default)]
pub(crate) struct Earlier(Vec<Marker>);

impl Earlier {
    /// Looks at every path that is going to be written. One that holds what the program did not
    /// write is an error; a ready file of a run that has ended is removed with what belongs to
    /// it, so that no client finds it.
    pub(crate) fn claim(config: &Config) -> Result<Self, ConfigError> {
        let places = places(config);
        let mut marks: Vec<_> =
            places.iter().filter_map(|place| mark(place.kind, &place.path)).collect();
        // An earlier run may have written its kubeconfig there, where this one has another place.
        let beside = config.ready_file.as_deref().map(config::beside);
        marks.extend(beside.and_then(|[path, ..]| mark(Kind::Kubeconfig, &path)));
        let earlier = Self(marks);
        for Place { flag, kind, path } in &places {
            let refused =
                |why: String| ConfigError(format!("{flag}: {} {}", path.display(), refusal(&why)));
            earlier.look(*kind, path).map_err(refused)?;
        }
        if let Some(ready_file) = &config.ready_file {
            earlier.retract(ready_file);
        }
        Ok(earlier)
    }

    /// What lies there, or why it is not written over.
    pub(super) fn look(&self, kind: Kind, path: &Path) -> Result<Found, String> {
        let Some(bytes) = read(path)? else { return Ok(Found::Nothing) };
        let written = match kind {
            _ if bytes.is_empty() => return Ok(Found::Empty),
            Kind::Ready => Marker::of_ready_file(&bytes).is_some(),
            Kind::Plain => self.0.iter().any(|marker| marker.lists(&bytes)),
            Kind::Kubeconfig if Marker::of_kubeconfig(&bytes).is_none() => false,
            Kind::Kubeconfig if marker::has_other_cluster(&bytes) => {
                return Err("names a cluster that is not the emulator's".to_owned());
            }
            Kind::Kubeconfig => true,
        };
        match kind {
            _ if written => Ok(Found::Written),
            Kind::Plain => Err(UNLISTED.to_owned()),
            Kind::Ready | Kind::Kubeconfig => Err(STRANGE.to_owned()),
        }
    }

    /// Removes the ready file of a run that has ended, and then what lies beside it.
    fn retract(&self, ready_file: &Path) {
        if self.look(Kind::Ready, ready_file) != Ok(Found::Written) || is_held(ready_file) {
            return;
        }
        let [kubeconfig, others @ ..] = config::beside(ready_file);
        self.remove(Kind::Ready, ready_file);
        others.iter().for_each(|path| self.remove(Kind::Plain, path));
        self.remove(Kind::Kubeconfig, &kubeconfig);
    }

    fn remove(&self, kind: Kind, path: &Path) {
        if self.look(kind, path) == Ok(Found::Written) {
            // What stays is written over, or refused when it is to be.
            let _ = fs::remove_file(path);
        }
    }
}

const STRANGE: &str = "was not written by token-emulator";
const UNLISTED: &str = "is listed by no ready file or kubeconfig of token-emulator";

/// The sentence that refuses a path. It does not suggest to remove what lies there, which may be
/// the only copy of a kubeconfig, or a device.
pub(super) fn refusal(why: &str) -> String {
    format!("{why}, so it is not written over; name another path")
}

/// The bytes of a regular file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let unreadable = |error: &io::Error| format!("cannot be read ({error})");
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        // What is wrong with its folder is said when it is written.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    if metadata.is_symlink() {
        return Err("is a symbolic link".to_owned());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if metadata.len() > LONGEST {
        return Err(STRANGE.to_owned());
    }
    fs::read(path).map(Some).map_err(|error| unreadable(&error))
}

/// Every path that is going to be written.
fn places(config: &Config) -> Vec<Place> {
    let place = |flag, kind, path: &Path| Place { flag, kind, path: path.to_owned() };
    let mut places = Vec::new();
    if let Some(ready_file) = &config.ready_file {
        let [kubeconfig, others @ ..] = config::beside(ready_file);
        places.extend(others.map(|path| place("--ready-file", Kind::Plain, &path)));
        places.push(place("--ready-file", Kind::Ready, ready_file));
        if config.kubeconfig.is_none() {
            places.push(place("--ready-file", Kind::Kubeconfig, &kubeconfig));
        }
    }
    let kubeconfig = config.kubeconfig.as_deref();
    places.extend(kubeconfig.map(|path| place("--kubeconfig", Kind::Kubeconfig, path)));
    places
}

fn mark(kind: Kind, path: &Path) -> Option<Marker> {
    let bytes = read(path).ok()??;
    match kind {
        Kind::Kubeconfig => Marker::of_kubeconfig(&bytes),
        Kind::Ready => Marker::of_ready_file(&bytes),
        Kind::Plain => None,
    }
}

/// Whether the run that wrote a ready file goes on: it holds a lock on it until it ends.
fn is_held(ready_file: &Path) -> bool {
    let lock = File::open(ready_file).map(|file| file.try_lock());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}
