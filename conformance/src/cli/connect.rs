//! From flags to a target.

use {
    super::{
        Exit,
        flags::{Google, Kubernetes},
    },
    crate::{
        client::{
            Client, Endpoint,
            beyond::Beyond,
            environment,
            pace::Pace,
            proxy::Proxy,
            tls::{self, Identity, Trust},
        },
        kubeconfig::{self, Context},
        report::escape,
        secrets::Secrets,
        target::{Side, Target, Unfit},
    },
    http::{HeaderName, HeaderValue},
    std::{env, ffi::OsStr, fs, path::Path, path::PathBuf, sync::Arc},
};

/// How many requests a second another machine is asked, unless told otherwise.
const QPS: u32 = 50;

/// Connects to what the flags name, and finds out what it is.
pub(super) async fn target(
    kubernetes: &Kubernetes,
    google: &Google,
    qps: Option<u32>,
) -> Result<Arc<Target>, Exit> {
    let mut target = Target { cluster: cluster(google)?, ..Target::default() };
    let trust = trust(kubernetes)?;
    let pace = Limit { pace: Arc::new(Pace::new(qps.unwrap_or(QPS))), everywhere: qps.is_some() };
    let context = context(kubernetes, google)?;
    if let Some(mut context) = context.clone() {
        context.trust = trust.clone().unwrap_or(context.trust);
        let beyond = beyond(trust.as_ref(), &pace);
        target.kubernetes = Some(Side { beyond, ..side(context, &pace, &target.secrets)? });
    }
    if let Some(url) = &google.google_endpoint {
        let mut own = Context::of(url);
        // Both APIs at one address is the emulator, whose certificate the same authority signed.
        let shared = context.filter(|it| beside(&it.server, url)).map(|it| it.trust);
        own.trust = trust.or(shared).unwrap_or(Trust::System);
        own.token = credential(&google.access_token, google.access_token_file.as_deref())?;
        target.google = Some(side(own, &pace, &target.secrets)?);
    }
    if target.kubernetes.is_none() && target.google.is_none() {
        return Err(Exit::usage(
            "name a target: --kubeconfig, --context, --server, --in-cluster or --google-endpoint",
        ));
    }
    if let Some(path) = &google.subject_token_file {
        let token = kubeconfig::credential(path).map_err(Exit::usage)?;
        target.secrets.add(&token);
        target.subject_token = Some(token);
    }
    let learned = target.learn().await;
    learned.map_err(|unfit| Exit(3, escape::line(&target.secrets.hide(&hinted(&unfit)))))?;
    Ok(Arc::new(target))
}

/// The name of the attached cluster, all of it.
fn cluster(google: &Google) -> Result<Option<String>, Exit> {
    let Some(name) = &google.attached_cluster else { return Ok(None) };
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["projects", project, "locations", location, "attachedClusters", id]
            if ![project, location, id].contains(&"") =>
        {
            Ok(Some(name.clone()))
        }
        _ => Err(Exit::usage(
            "--attached-cluster is named projects/PROJECT/locations/LOCATION/attachedClusters/ID",
        )),
    }
}

/// Why nothing can be judged, and what may help.
fn hinted(unfit: &Unfit) -> String {
    let hint = match unfit {
        Unfit::Unreachable(why) if why.0.contains("UnknownIssuer") => {
            "; --ca-file names whom to trust"
        }
        Unfit::Unreachable(why) if why.0.ends_with("does not speak TLS") => "; is it http://?",
        Unfit::Foreign { endpoint, status: 400, .. } if endpoint.starts_with("http://") => {
            "; is it https://?"
        }
        _ => "",
    };
    format!("{unfit}{hint}")
}

/// How fast both sides together are asked.
struct Limit {
    pace: Arc<Pace>,
    /// On this machine, too.
    everywhere: bool,
}

fn side(context: Context, limit: &Limit, secrets: &Secrets) -> Result<Side, Exit> {
    let mut endpoint = Endpoint::parse(&context.server).map_err(Exit::usage)?;
    sendable(&context)?;
    endpoint.tls_server_name = context.tls_server_name;
    endpoint.proxy = match context.proxy {
        Some(proxy) => Some(proxy),
        None => environment::proxy(&endpoint).map_err(Exit::usage)?,
    };
    endpoint.proxy.iter().flat_map(Proxy::credentials).for_each(|it| secrets.add(&it));
    context.token.iter().for_each(|it| secrets.add(it));
    context.identity.iter().for_each(|it| secrets.add_key(&it.key));
    let limited = limit.everywhere || !endpoint.is_loopback();
    let pace = limited.then(|| Arc::clone(&limit.pace));
    let config =
        |identity: Option<&Identity>| tls::config(&context.trust, identity).map_err(Exit::usage);
    let client = Client::new(endpoint, config(context.identity.as_ref())?).at(pace);
    // A certificate would speak for us even where somebody else's token is shown.
    let others = match context.identity {
        Some(_) => Some(client.beside(config(None)?)),
        None => None,
    };
    let (impersonation, beyond) = (context.impersonation, Beyond::default());
    let (credential, secrets) = (context.token, secrets.clone());
    Ok(Side { client, credential, others, impersonation, beyond, secrets })
}

/// How those are asked whom the Kubernetes side names: what a flag says of whom to trust and how
/// fast to ask is said of them, too.
fn beyond(trust: Option<&Trust>, limit: &Limit) -> Beyond {
    let trust = match trust {
        Some(Trust::Authorities(pem)) => Trust::Beside(pem.clone()),
        other => other.cloned().unwrap_or(Trust::System),
    };
    Beyond { trust, pace: Some(Arc::clone(&limit.pace)) }
}

/// Whether what says who we are can stand in a header.
fn sendable(context: &Context) -> Result<(), Exit> {
    if context.token.as_deref().is_some_and(|it| HeaderValue::from_str(it).is_err()) {
        return Err(Exit::usage(
            "the token has characters that no header can carry, such as a line break within it",
        ));
    }
    for (name, value) in &context.impersonation {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err()
        {
            return Err(Exit::usage("the impersonated user cannot be told in a header"));
        }
    }
    Ok(())
}

/// Whom the flags say to trust, on either side.
fn trust(flags: &Kubernetes) -> Result<Option<Trust>, Exit> {
    Ok(match &flags.ca_file {
        _ if flags.insecure_skip_tls_verify => Some(Trust::Anybody),
        Some(path) => Some(Trust::Authorities(read(path)?)),
        None => None,
    })
}

/// Whether two URLs are at one port of one host, or both on this machine.
fn beside(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Endpoint::parse(one), Endpoint::parse(other)) else { return false };
    one.port == other.port && (one.host == other.host || (one.is_loopback() && other.is_loopback()))
}

fn context(flags: &Kubernetes, google: &Google) -> Result<Option<Context>, Exit> {
    let named = flags.context.as_deref();
    let told = env::var_os("KUBECONFIG").is_some_and(|it| !it.is_empty());
    let read = |paths: &[PathBuf]| kubeconfig::read(paths, named).map_err(Exit::usage);
    let mut context = if let Some(server) = &flags.server {
        Context::of(server)
    } else if flags.in_cluster {
        kubeconfig::in_cluster().map_err(Exit::usage)?
    } else if let Some(list) = &flags.kubeconfig {
        read(&files(list))?
    } else if named.is_some() || (told && google.google_endpoint.is_none()) {
        read(&kubeconfig::usual())?
    } else {
        return Ok(None);
    };
    if let Some(token) = credential(&flags.token, flags.token_file.as_deref())? {
        // Whoever names a token means to be judged as its bearer.
        (context.token, context.identity) = (Some(token), None);
    }
    if let (Some(certificates), Some(key)) = (&flags.client_certificate, &flags.client_key) {
        context.identity =
            Some(Identity { certificates: self::read(certificates)?, key: self::read(key)? });
    }
    context.tls_server_name = flags.tls_server_name.clone().or(context.tls_server_name);
    Ok(Some(context))
}

/// One file, or a list of them as `KUBECONFIG` has it.
fn files(list: &OsStr) -> Vec<PathBuf> {
    if Path::new(list).exists() { vec![list.into()] } else { kubeconfig::paths(list) }
}

fn credential(value: &Option<String>, file: Option<&Path>) -> Result<Option<String>, Exit> {
    match (value, file) {
        (_, Some(path)) => kubeconfig::credential(path).map(Some).map_err(Exit::usage),
        (Some(value), None) => Ok(Some(value.trim().to_owned()).filter(|it| !it.is_empty())),
        (None, None) => Ok(None),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    fs::read(path).map_err(|error| Exit::usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_shared_only_at_one_address() {
        assert!(beside("https://127.0.0.1:1", "http://localhost:1"));
        assert!(beside("https://a.test:1", "https://a.test:1/"));
        assert!(!beside("https://127.0.0.1:1", "https://127.0.0.1:2"));
        assert!(!beside("https://a.test", "https://us-west1-gkemulticloud.googleapis.com"));
    }
}
