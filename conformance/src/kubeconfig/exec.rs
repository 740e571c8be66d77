//! Credentials from a program, as client-go asks for them.
//!
//! client-go: plugin/pkg/client/auth/exec/exec.go. What the program prints is a credential, so
//! none of it is ever quoted.

use {
    super::file::{Cluster, Place, Plugin},
    crate::{
        client::tls::Identity,
        report::escape::{block, line},
        yaml,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    serde::Deserialize,
    serde_json::{Value, json},
    std::{
        io::{self, IsTerminal},
        path::{Path, PathBuf},
        process::{Command, Stdio},
    },
};

/// The versions of the exchange that are spoken.
const VERSIONS: [&str; 2] =
    ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/// Under which name a kubeconfig keeps what is meant for plugins alone.
const EXTENSION: &str = "client.authentication.k8s.io/exec";

/// What a plugin gave.
#[derive(Default)]
pub(super) struct Given {
    pub(super) token: Option<String>,
    pub(super) identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin, and waits for what it gives.
pub(super) fn ask(
    plugin: &Plugin,
    folder: &Path,
    cluster: &Place<Cluster>,
) -> Result<Given, String> {
    let interactive = interactive(plugin, io::stdin().is_terminal())?;
    let info = info(plugin, cluster, interactive)?;
    let mut command = Command::new(program(&plugin.command, folder));
    command.args(plugin.args.iter().flatten());
    command.envs(plugin.env.iter().flatten().map(|it| (&it.name, &it.value)));
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() });
    command.stderr(Stdio::inherit());
    let output = command.output().map_err(|error| missing(plugin, &error))?;
    if !output.status.success() {
        return Err(format!("the exec plugin {} failed: {}", line(&plugin.command), output.status));
    }
    read(&output.stdout, &plugin.api_version)
        .map_err(|why| format!("the exec plugin {} {why}", line(&plugin.command)))
}

/// A bare name is looked for in the path, any other begins at the kubeconfig's folder.
fn program(command: &str, folder: &Path) -> PathBuf {
    if command.contains('/') { folder.join(command) } else { PathBuf::from(command) }
}

fn missing(plugin: &Plugin, error: &io::Error) -> String {
    let hint = plugin.install_hint.trim();
    let hint = if hint.is_empty() { String::new() } else { format!("\n{}", block(hint, "  ")) };
    format!("the exec plugin {} cannot be run: {error}{hint}", line(&plugin.command))
}

/// Whether the plugin may talk to whoever started the suite.
fn interactive(plugin: &Plugin, terminal: bool) -> Result<bool, String> {
    if plugin.command.is_empty() {
        return Err("exec names no command".to_owned());
    }
    if !VERSIONS.contains(&plugin.api_version.as_str()) {
        let versions = VERSIONS.join(" and ");
        return Err(format!(
            "exec is of apiVersion {:?}; {versions} are known",
            plugin.api_version
        ));
    }
    match plugin.interactive_mode.as_deref() {
        Some("Never") => Ok(false),
        Some("IfAvailable") => Ok(terminal),
        None if plugin.api_version == VERSIONS[1] => Ok(terminal),
        None => Err("exec of apiVersion v1 has to name its interactiveMode".to_owned()),
        Some("Always") if terminal => Ok(true),
        Some("Always") => Err(format!(
            "the exec plugin {} wants to ask something, and standard input is no terminal",
            line(&plugin.command)
        )),
        Some(_) => Err("interactiveMode is one of Never, IfAvailable, Always".to_owned()),
    }
}

/// What the plugin is told.
fn info(plugin: &Plugin, cluster: &Place<Cluster>, interactive: bool) -> Result<Value, String> {
    let mut spec = json!({"interactive": interactive});
    if plugin.provide_cluster_info {
        spec["cluster"] = described(cluster)?;
    }
    Ok(json!({"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}))
}

fn described(place: &Place<Cluster>) -> Result<Value, String> {
    let cluster = &place.value;
    let mut told = json!({"server": cluster.server});
    let (data, path) = (&cluster.certificate_authority_data, &cluster.certificate_authority);
    if let Some(pem) = place.bytes("certificate-authority", data, path)? {
        told["certificate-authority-data"] = BASE64_STANDARD.encode(pem).into();
    }
    for (name, value) in
        [("tls-server-name", &cluster.tls_server_name), ("proxy-url", &cluster.proxy_url)]
    {
        if let Some(value) = value.as_ref().filter(|it| !it.is_empty()) {
            told[name] = value.as_str().into();
        }
    }
    for (name, set) in [
        ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify),
        ("disable-compression", cluster.disable_compression),
    ] {
        if set {
            told[name] = true.into();
        }
    }
    let mut extensions = cluster.extensions.iter().flatten();
    let own = extensions.find(|it| it.name == EXTENSION);
    told["config"] = own.map_or(Value::Null, |it| it.extension.clone());
    Ok(told)
}

fn read(output: &[u8], version: &str) -> Result<Given, &'static str> {
    // kubectl reads YAML, too, of which JSON is a part.
    let text = str::from_utf8(output).map_err(|_| "printed no ExecCredential")?;
    let answer: Answer = yaml::read(text).map_err(|_| "printed no ExecCredential")?;
    if answer.kind != "ExecCredential" {
        return Err("printed no ExecCredential");
    }
    if answer.api_version != version {
        return Err("answered in another apiVersion than it is configured for");
    }
    let status = answer.status.ok_or("gave no status")?;
    let set = |it: Option<String>| it.filter(|it| !it.is_empty());
    let token = set(status.token);
    let identity = match (set(status.client_certificate_data), set(status.client_key_data)) {
        (Some(certificates), Some(key)) => {
            Some(Identity { certificates: certificates.into_bytes(), key: key.into_bytes() })
        }
        (None, None) => None,
        _ => return Err("gave a certificate without its key, or a key without its certificate"),
    };
    if token.is_none() && identity.is_none() {
        return Err("gave neither a token nor a certificate");
    }
    Ok(Given { token, identity })
}

#[cfg(test)]
mod tests {
    use {super::*, crate::kubeconfig::file::Extension};

    fn plugin(version: &str, mode: Option<&str>) -> Plugin {
        Plugin {
            api_version: version.to_owned(),
            command: "gke-gcloud-auth-plugin".to_owned(),
            interactive_mode: mode.map(str::to_owned),
            ..Plugin::default()
        }
    }

    #[test]
    fn a_plugin_is_asked_as_its_version_and_mode_say() {
        let [v1, v1beta1] = VERSIONS;
        for (version, mode, terminal, expected) in [
            (v1, Some("Never"), true, Some(false)),
            (v1, Some("IfAvailable"), false, Some(false)),
            (v1, Some("IfAvailable"), true, Some(true)),
            (v1, Some("Always"), true, Some(true)),
            (v1, Some("Always"), false, None),
            (v1, Some("Perhaps"), true, None),
            (v1, None, true, None),
            (v1beta1, None, true, Some(true)),
            ("client.authentication.k8s.io/v1alpha1", Some("Never"), true, None),
        ] {
            let found = interactive(&plugin(version, mode), terminal).ok();
            assert_eq!(found, expected, "{version} {mode:?} {terminal}");
        }
    }

    #[test]
    fn what_a_plugin_prints_is_checked_and_never_quoted() {
        let [v1, v1beta1] = VERSIONS;
        let credential = |version: &str, status: Value| {
            json!({"apiVersion": version, "kind": "ExecCredential", "status": status}).to_string()
        };
        let given = read(credential(v1, json!({"token": "t"})).as_bytes(), v1).unwrap_or_default();
        assert_eq!(given.token.as_deref(), Some("t"));
        let pair = json!({"clientCertificateData": "c", "clientKeyData": "k"});
        let given = read(credential(v1beta1, pair).as_bytes(), v1beta1).unwrap_or_default();
        assert!(given.identity.is_some() && given.token.is_none());
        let yaml = format!("apiVersion: {v1}\nkind: ExecCredential\nstatus: {{token: t}}\n");
        assert!(read(yaml.as_bytes(), v1).is_ok());
        for text in [
            String::new(),
            "s3cret".to_owned(),
            credential(v1beta1, json!({"token": "s3cret"})),
            credential(v1, json!({})),
            credential(v1, json!({"clientKeyData": "s3cret"})),
            json!({"apiVersion": v1, "kind": "ExecCredential"}).to_string(),
            json!({"apiVersion": v1, "kind": "s3cret", "status": {"token": "s3cret"}}).to_string(),
        ] {
            let why = read(text.as_bytes(), v1).err();
            assert!(why.is_some_and(|it| !it.contains("s3cret")), "{text}");
        }
    }

    #[test]
    fn a_command_with_a_slash_begins_at_the_kubeconfig() {
        let folder = Path::new("/etc/kubernetes");
        assert_eq!(program("aws", folder), Path::new("aws"));
        assert_eq!(program("./plugin", folder), folder.join("./plugin"));
        assert_eq!(program("/bin/plugin", folder), Path::new("/bin/plugin"));
    }

    #[test]
    fn a_plugin_is_told_of_its_cluster_only_where_it_asks() {
        let extension =
            Extension { name: EXTENSION.to_owned(), extension: json!({"audience": "a"}) };
        let value = Cluster {
            server: "https://x".to_owned(),
            certificate_authority_data: Some("Y2E=".to_owned()),
            extensions: Some(vec![extension]),
            ..Cluster::default()
        };
        let cluster = Place { value, ..Place::default() };
        let quiet = plugin(VERSIONS[0], Some("Never"));
        let told = info(&quiet, &cluster, false).unwrap();
        assert_eq!(told["spec"], json!({"interactive": false}));
        let curious = Plugin { provide_cluster_info: true, ..quiet };
        let told = info(&curious, &cluster, false).unwrap();
        assert_eq!(
            told["spec"]["cluster"],
            json!({
                "server": "https://x",
                "certificate-authority-data": "Y2E=",
                "config": {"audience": "a"},
            })
        );
    }
}
