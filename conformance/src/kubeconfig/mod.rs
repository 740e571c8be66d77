//! What kubeconfigs say of one context: where it leads, whom to trust there, and as whom.

mod exec;
mod file;
mod in_cluster;

pub use in_cluster::in_cluster;

use {
    crate::{
        client::{
            proxy::Proxy,
            tls::{Identity, Trust},
        },
        report::escape,
    },
    file::{Cluster, Place, User},
    percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode},
    std::{
        env,
        ffi::OsStr,
        path::{Path, PathBuf},
    },
};

/// The characters of a key of the extras that are escaped in the name of a header.
const NO_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'*')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Where a context leads, and as whom.
#[derive(Clone)]
pub struct Context {
    /// The server's URL.
    pub server: String,
    /// Whom to trust.
    pub trust: Trust,
    /// The name that its certificate has to bear, where that is not the URL's.
    pub tls_server_name: Option<String>,
    /// What stands between us and it.
    pub proxy: Option<Proxy>,
    /// The namespace of the context.
    pub namespace: Option<String>,
    /// A bearer token.
    pub token: Option<String>,
    /// A client certificate.
    pub identity: Option<Identity>,
    /// Headers that make us somebody else: `Impersonate-User` and its like.
    pub impersonation: Vec<(String, String)>,
}

impl Context {
    /// A server of which nothing else is known.
    pub fn of(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            trust: Trust::System,
            tls_server_name: None,
            proxy: None,
            namespace: None,
            token: None,
            identity: None,
            impersonation: Vec::new(),
        }
    }
}

/// The files of a list, as `KUBECONFIG` has it.
pub fn paths(list: &OsStr) -> Vec<PathBuf> {
    env::split_paths(list).filter(|it| !it.as_os_str().is_empty()).collect()
}

/// Reads one context of these files, the current one unless it is named. The first that says
/// something of a name is heard, as kubectl does it; of several files, some may be missing.
pub fn read(paths: &[PathBuf], context: Option<&str>) -> Result<Context, String> {
    let merged = file::read(paths)?;
    let told = |why: String| format!("{}: {why}", shown(paths));
    let name = context.unwrap_or(&merged.current_context);
    if name.is_empty() {
        return Err(told("no context is current: name one with --context".to_owned()));
    }
    let names = &merged
        .contexts
        .get(name)
        .ok_or_else(|| {
            let known: Vec<&str> = merged.contexts.keys().map(String::as_str).collect();
            told(format!("there is no context {name:?}; there are {}", listed(&known)))
        })?
        .value;
    let cluster = merged.clusters.get(&names.cluster);
    let cluster =
        cluster.ok_or_else(|| told(format!("there is no cluster {:?}", names.cluster)))?;
    let nobody = Place::default();
    let user = match merged.users.get(&names.user) {
        None if names.user.is_empty() => &nobody,
        None => return Err(told(format!("there is no user {:?}", names.user))),
        Some(user) => user,
    };
    let namespace = Some(names.namespace.clone()).filter(|it| !it.is_empty());
    resolve(cluster, user).map(|it| Context { namespace, ..it }).map_err(told)
}

fn shown(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|it| it.display().to_string()).collect();
    shown.join(", ")
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { escape::line(&names.join(", ")) }
}

fn resolve(cluster: &Place<Cluster>, user: &Place<User>) -> Result<Context, String> {
    let mut context = Context::of(&cluster.value.server);
    if context.server.is_empty() {
        return Err("the cluster of the context has no server".to_owned());
    }
    context.trust = trust(cluster)?;
    context.tls_server_name = cluster.value.tls_server_name.clone().filter(|it| !it.is_empty());
    if let Some(url) = cluster.value.proxy_url.as_ref().filter(|it| !it.is_empty()) {
        context.proxy = Some(Proxy::parse(url)?);
    }
    credentials(&mut context, cluster, user)?;
    context.impersonation = impersonation(&user.value)?;
    Ok(context)
}

fn trust(cluster: &Place<Cluster>) -> Result<Trust, String> {
    let Cluster { certificate_authority_data: data, certificate_authority: path, .. } =
        &cluster.value;
    let authority = cluster.bytes("certificate-authority", data, path)?;
    match authority {
        // client-go: rest/config.go. Whoever names an authority does not mean to trust anybody.
        Some(_) if cluster.value.insecure_skip_tls_verify => {
            Err("certificate-authority and insecure-skip-tls-verify exclude each other".to_owned())
        }
        _ if cluster.value.insecure_skip_tls_verify => Ok(Trust::Anybody),
        Some(pem) => Ok(Trust::Authorities(pem)),
        None => Ok(Trust::System),
    }
}

/// A token or a certificate that stands there is used; a plugin is asked only where none does.
fn credentials(
    context: &mut Context,
    cluster: &Place<Cluster>,
    user: &Place<User>,
) -> Result<(), String> {
    let it = &user.value;
    if it.auth_provider.is_some() {
        return Err("auth-provider is not taken, nor is it by kubectl since 1.26: \
                    use an exec plugin"
            .to_owned());
    }
    if it.username.is_some() || it.password.is_some() {
        return Err("a user name and a password are not taken: no kube-apiserver does since 1.19"
            .to_owned());
    }
    context.token = it.token.clone().filter(|it| !it.is_empty());
    // The file is read anew by kubectl whenever it changes, so it is the one that counts.
    if let Some(file) = user.bytes("tokenFile", &None, &it.token_file)? {
        let token = String::from_utf8_lossy(&file).trim().to_owned();
        if token.is_empty() {
            return Err("tokenFile: the file is empty".to_owned());
        }
        context.token = Some(token);
    }
    let certificates =
        user.bytes("client-certificate", &it.client_certificate_data, &it.client_certificate)?;
    let key = user.bytes("client-key", &it.client_key_data, &it.client_key)?;
    context.identity = match (certificates, key) {
        (Some(certificates), Some(key)) => Some(Identity { certificates, key }),
        (None, None) => None,
        (Some(_), None) => return Err("there is a client-certificate, but no client-key".into()),
        (None, Some(_)) => return Err("there is a client-key, but no client-certificate".into()),
    };
    if let (Some(plugin), None, None) = (&it.exec, &context.token, &context.identity) {
        let given = exec::ask(plugin, &user.folder, cluster)?;
        (context.token, context.identity) = (given.token, given.identity);
    }
    Ok(())
}

/// The headers, as client-go writes them.
fn impersonation(user: &User) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    if user.impersonate.is_empty() {
        let more = [user.impersonate_uid.is_empty(), user.impersonate_groups.is_empty()];
        // To pass over them would be to ask with all the rights of whoever is not named.
        if more.contains(&false) || !user.impersonate_user_extra.is_empty() {
            return Err("as-uid, as-groups and as-user-extra say nothing without as".to_owned());
        }
        return Ok(headers);
    }
    headers.push(("Impersonate-User".to_owned(), user.impersonate.clone()));
    if !user.impersonate_uid.is_empty() {
        headers.push(("Impersonate-Uid".to_owned(), user.impersonate_uid.clone()));
    }
    for group in &user.impersonate_groups {
        headers.push(("Impersonate-Group".to_owned(), group.clone()));
    }
    for (name, values) in &user.impersonate_user_extra {
        let name = format!("Impersonate-Extra-{}", utf8_percent_encode(name, NO_NAME));
        headers.extend(values.iter().map(|it| (name.clone(), it.clone())));
    }
    Ok(headers)
}

/// The kubeconfigs that kubectl would read: `KUBECONFIG`, else the one in the home folder.
pub fn usual() -> Vec<PathBuf> {
    match env::var_os("KUBECONFIG").map(|it| paths(&it)) {
        Some(paths) if !paths.is_empty() => paths,
        _ => env::home_dir().map(|it| vec![it.join(".kube/config")]).unwrap_or_default(),
    }
}

/// The text of a file that holds one credential.
pub fn credential(path: &Path) -> Result<String, String> {
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if text.is_empty() { Err(format!("{}: it is empty", path.display())) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
