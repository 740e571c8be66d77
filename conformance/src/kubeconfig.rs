//! What a kubeconfig says of one context: server, trust, credential.

use {
    crate::{
        client::tls::{Identity, Trust},
        yaml,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    serde::Deserialize,
    std::{fs, path::Path},
};

/// Where a context leads, and as whom.
#[derive(Clone)]
pub struct Context {
    /// The server's URL.
    pub server: String,
    /// Whom to trust.
    pub trust: Trust,
    /// A bearer token.
    pub token: Option<String>,
    /// A client certificate.
    pub identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<NamedContext>,
    #[serde(default)]
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Names,
}

#[derive(Deserialize)]
struct Names {
    cluster: String,
    #[serde(default)]
    user: String,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    certificate_authority: Option<String>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default)]
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<String>,
    client_certificate: Option<String>,
    client_certificate_data: Option<String>,
    client_key: Option<String>,
    client_key_data: Option<String>,
    exec: Option<serde_json::Value>,
}

/// Reads a kubeconfig; the context is the current one unless named.
pub fn read(path: &Path, context: Option<&str>) -> Result<Context, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, context, folder).map_err(|why| format!("{}: {why}", path.display()))
}

fn parse(text: &str, context: Option<&str>, folder: &Path) -> Result<Context, String> {
    let file: File = yaml::read(text)?;
    let name = context.unwrap_or(&file.current_context);
    let names = file.contexts.iter().find(|it| it.name == name);
    let names = &names.ok_or_else(|| format!("there is no context {name:?}"))?.context;
    let cluster = file.clusters.iter().find(|it| it.name == names.cluster);
    let cluster =
        &cluster.ok_or_else(|| format!("there is no cluster {:?}", names.cluster))?.cluster;
    let nobody = User::default();
    let user = file.users.iter().find(|it| it.name == names.user).map_or(&nobody, |it| &it.user);
    if user.exec.is_some() {
        return Err("credentials from an exec plugin are not supported yet".to_owned());
    }
    let authority =
        bytes(folder, &cluster.certificate_authority_data, &cluster.certificate_authority)?;
    let trust = match authority {
        _ if cluster.insecure_skip_tls_verify => Trust::Anybody,
        Some(pem) => Trust::Authorities(pem),
        None => Trust::System,
    };
    let token = match (&user.token, bytes(folder, &None, &user.token_file)?) {
        (Some(token), _) => Some(token.clone()),
        (None, file) => file.map(|it| String::from_utf8_lossy(&it).trim().to_owned()),
    };
    let certificates = bytes(folder, &user.client_certificate_data, &user.client_certificate)?;
    let key = bytes(folder, &user.client_key_data, &user.client_key)?;
    let identity = certificates.zip(key).map(|(certificates, key)| Identity { certificates, key });
    Ok(Context { server: cluster.server.clone(), trust, token, identity })
}

/// What stands in the file itself, else in the one that it names.
fn bytes(
    folder: &Path,
    data: &Option<String>,
    path: &Option<String>,
) -> Result<Option<Vec<u8>>, String> {
    match (data, path) {
        (Some(data), _) => {
            BASE64_STANDARD.decode(data).map(Some).map_err(|error| error.to_string())
        }
        (None, Some(path)) => {
            let path = folder.join(path);
            fs::read(&path).map(Some).map_err(|error| format!("{}: {error}", path.display()))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
current-context: a
contexts: [{name: a, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://x:1', insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t}}]
";

    #[test]
    fn the_current_context_is_read() {
        let context = parse(CONFIG, None, Path::new(".")).unwrap();
        assert_eq!(context.server, "https://x:1");
        assert_eq!(context.token.as_deref(), Some("t"));
        assert!(matches!(context.trust, Trust::Anybody));
    }

    #[test]
    fn a_context_that_is_not_there_is_an_error() {
        assert!(parse(CONFIG, Some("b"), Path::new(".")).is_err());
    }
}
