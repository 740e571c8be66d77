//! From flags to a target.

use {
    super::{
        Exit,
        flags::{Google, Kubernetes},
    },
    crate::{
        client::{Client, Endpoint, tls},
        kubeconfig,
        target::{Side, Target},
    },
    std::{fs, path::Path, sync::Arc},
};

/// How many requests a second another machine is asked, unless told otherwise.
const QPS: u32 = 50;

/// Connects to what the flags name, and finds out what it is.
pub(super) async fn target(
    kubernetes: &Kubernetes,
    google: &Google,
    qps: Option<u32>,
) -> Result<Arc<Target>, Exit> {
    let mut target = Target { cluster: google.attached_cluster.clone(), ..Target::default() };
    let context = context(kubernetes)?;
    let trust = context.as_ref().map(|it| it.trust.clone());
    if let Some(context) = context {
        target.kubernetes = Some(side(context, qps)?);
    }
    if let Some(url) = &google.google_endpoint {
        // Both APIs at one address is the emulator, whose certificate the same authority signed.
        let trust = trust.unwrap_or(tls::Trust::System);
        let (server, token) = (url.clone(), google.access_token.clone());
        target.google =
            Some(side(kubeconfig::Context { server, trust, token, identity: None }, qps)?);
    }
    if target.kubernetes.is_none() && target.google.is_none() {
        return Err(Exit::usage("name a target: --kubeconfig, --server or --google-endpoint"));
    }
    if let Some(path) = &google.subject_token_file {
        let text = String::from_utf8_lossy(&read(path)?).trim().to_owned();
        target.subject_token = Some(text);
    }
    target.learn().await.map_err(|unfit| Exit(3, unfit.to_string()))?;
    Ok(Arc::new(target))
}

fn side(context: kubeconfig::Context, qps: Option<u32>) -> Result<Side, Exit> {
    let endpoint = Endpoint::parse(&context.server).map_err(Exit::usage)?;
    let tls = tls::config(&context.trust, context.identity.as_ref()).map_err(Exit::usage)?;
    let default = (!endpoint.is_loopback()).then_some(QPS);
    let client = Client::new(endpoint, tls).limited(qps.or(default));
    Ok(Side { client, credential: context.token })
}

fn context(flags: &Kubernetes) -> Result<Option<kubeconfig::Context>, Exit> {
    let mut context = match (&flags.kubeconfig, &flags.server) {
        (Some(path), _) => kubeconfig::read(path, flags.context.as_deref()).map_err(Exit::usage)?,
        (None, Some(server)) => kubeconfig::Context {
            server: server.clone(),
            trust: tls::Trust::System,
            token: None,
            identity: None,
        },
        (None, None) => return Ok(None),
    };
    if let Some(path) = &flags.ca_file {
        context.trust = tls::Trust::Authorities(read(path)?);
    }
    if flags.insecure_skip_tls_verify {
        context.trust = tls::Trust::Anybody;
    }
    context.token = flags.token.clone().or(context.token);
    Ok(Some(context))
}

fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    fs::read(path).map_err(|error| Exit::usage(format!("{}: {error}", path.display())))
}
