//! The files themselves, and how several become one.

use {
    crate::yaml,
    base64::{Engine, prelude::BASE64_STANDARD},
    serde::Deserialize,
    serde_json::Value,
    std::{
        collections::{BTreeMap, BTreeSet},
        fs, io,
        path::{Path, PathBuf},
    },
};

/// What all files together say.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) current_context: String,
    pub(super) contexts: BTreeMap<String, Place<Names>>,
    pub(super) clusters: BTreeMap<String, Place<Cluster>>,
    pub(super) users: BTreeMap<String, Place<User>>,
}

/// Something that a file says; the paths in it begin at that file's folder.
#[derive(Default)]
pub(super) struct Place<T> {
    pub(super) folder: PathBuf,
    pub(super) value: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    current_context: Option<String>,
    #[serde(default)]
    contexts: Option<Vec<NamedContext>>,
    #[serde(default)]
    clusters: Option<Vec<NamedCluster>>,
    #[serde(default)]
    users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Names,
}

/// What a context is made of.
#[derive(Default, Deserialize)]
pub(super) struct Names {
    pub(super) cluster: String,
    #[serde(default)]
    pub(super) user: String,
    #[serde(default)]
    pub(super) namespace: String,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

/// Where it is, and whom to trust there.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Cluster {
    #[serde(default)]
    pub(super) server: String,
    pub(super) certificate_authority: Option<String>,
    pub(super) certificate_authority_data: Option<String>,
    #[serde(default)]
    pub(super) insecure_skip_tls_verify: bool,
    pub(super) tls_server_name: Option<String>,
    pub(super) proxy_url: Option<String>,
    #[serde(default)]
    pub(super) disable_compression: bool,
    #[serde(default)]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// Something that a file says of a cluster to those who know its name.
#[derive(Deserialize)]
pub(super) struct Extension {
    pub(super) name: String,
    #[serde(default)]
    pub(super) extension: Value,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default)]
    user: Option<User>,
}

/// As whom.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct User {
    pub(super) token: Option<String>,
    #[serde(rename = "tokenFile")]
    pub(super) token_file: Option<String>,
    pub(super) client_certificate: Option<String>,
    pub(super) client_certificate_data: Option<String>,
    pub(super) client_key: Option<String>,
    pub(super) client_key_data: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) auth_provider: Option<Value>,
    pub(super) exec: Option<Plugin>,
    #[serde(rename = "as", default)]
    pub(super) impersonate: String,
    #[serde(rename = "as-uid", default)]
    pub(super) impersonate_uid: String,
    #[serde(rename = "as-groups", default)]
    pub(super) impersonate_groups: Vec<String>,
    #[serde(rename = "as-user-extra", default)]
    pub(super) impersonate_user_extra: BTreeMap<String, Vec<String>>,
}

/// A program that knows the credential.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plugin {
    #[serde(default)]
    pub(super) api_version: String,
    #[serde(default)]
    pub(super) command: String,
    #[serde(default)]
    pub(super) args: Option<Vec<String>>,
    #[serde(default)]
    pub(super) env: Option<Vec<Variable>>,
    #[serde(default)]
    pub(super) install_hint: String,
    #[serde(default)]
    pub(super) provide_cluster_info: bool,
    pub(super) interactive_mode: Option<String>,
}

/// A variable of its environment.
#[derive(Deserialize)]
pub(super) struct Variable {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}

impl<T> Place<T> {
    /// What stands in the file itself, else in the one that it names.
    pub(super) fn bytes(
        &self,
        what: &str,
        data: &Option<String>,
        path: &Option<String>,
    ) -> Result<Option<Vec<u8>>, String> {
        match (data.as_deref(), path.as_deref()) {
            (Some(data), _) if !data.is_empty() => BASE64_STANDARD
                .decode(data.trim())
                .map(Some)
                .map_err(|_| format!("{what}-data is not base64")),
            (_, Some(path)) if !path.is_empty() => {
                let path = self.folder.join(path);
                let told = |error: io::Error| format!("{what}: {}: {error}", path.display());
                fs::read(&path).map(Some).map_err(told)
            }
            _ => Ok(None),
        }
    }
}

/// Reads the files. One alone has to be there; of several, some may be missing.
pub(super) fn read(paths: &[PathBuf]) -> Result<Merged, String> {
    let mut merged = Merged::default();
    let mut found = false;
    for path in paths {
        let told = |why: String| format!("{}: {why}", path.display());
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && paths.len() > 1 => continue,
            text => text.map_err(|error| told(error.to_string()))?,
        };
        found = true;
        merged.add(&text, path.parent().unwrap_or(Path::new("."))).map_err(told)?;
    }
    let names: Vec<String> = paths.iter().map(|it| it.display().to_string()).collect();
    if found {
        Ok(merged)
    } else {
        Err(format!(
            "no kubeconfig is there: {}; name one with --kubeconfig, or a server with --server",
            names.join(", ")
        ))
    }
}

impl Merged {
    /// Adds what a file says, where no earlier one did.
    pub(super) fn add(&mut self, text: &str, folder: &Path) -> Result<(), String> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let file: File = yaml::read(text)?;
        if self.current_context.is_empty() {
            self.current_context = file.current_context.unwrap_or_default();
        }
        let contexts = file.contexts.into_iter().flatten().map(|it| (it.name, it.context));
        add(&mut self.contexts, "contexts", contexts, folder)?;
        let clusters = file.clusters.into_iter().flatten().map(|it| (it.name, it.cluster));
        add(&mut self.clusters, "clusters", clusters, folder)?;
        let users = file.users.into_iter().flatten();
        let users = users.map(|it| (it.name, it.user.unwrap_or_default()));
        add(&mut self.users, "users", users, folder)
    }
}

/// Adds what one file lists. A name that stands twice in one file is nobody's.
fn add<T>(
    all: &mut BTreeMap<String, Place<T>>,
    list: &str,
    named: impl Iterator<Item = (String, T)>,
    folder: &Path,
) -> Result<(), String> {
    let mut own = BTreeSet::new();
    for (name, value) in named {
        if !own.insert(name.clone()) {
            return Err(format!("{name:?} stands twice in {list}"));
        }
        all.entry(name).or_insert(Place { folder: folder.to_owned(), value });
    }
    Ok(())
}
