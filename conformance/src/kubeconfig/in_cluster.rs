//! Where a program is that runs in a pod, and as whom.

use {
    super::{Context, credential},
    crate::client::tls::Trust,
    std::{env, fs, path::Path},
};

/// Where a pod finds its token.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The cluster that we run in, as the service account of our pod.
pub fn in_cluster() -> Result<Context, String> {
    let variable = |name: &str| env::var(name).ok().filter(|it| !it.is_empty());
    let host = variable("KUBERNETES_SERVICE_HOST").zip(variable("KUBERNETES_SERVICE_PORT"));
    read(host, Path::new(FOLDER))
}

fn read(host: Option<(String, String)>, folder: &Path) -> Result<Context, String> {
    let (host, port) = host
        .ok_or("this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let mut context = Context::of(&format!("https://{host}:{port}"));
    context.token = Some(credential(&folder.join("token"))?);
    if let Ok(pem) = fs::read(folder.join("ca.crt")) {
        context.trust = Trust::Authorities(pem);
    }
    context.namespace = credential(&folder.join("namespace")).ok();
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_knows_its_server_and_token() {
        let folder = tempfile::tempdir().unwrap();
        let host = || Some(("fd00::1".to_owned(), "443".to_owned()));
        assert!(read(host(), folder.path()).is_err(), "there is no token");
        fs::write(folder.path().join("token"), "t\n").unwrap();
        fs::write(folder.path().join("ca.crt"), "pem").unwrap();
        fs::write(folder.path().join("namespace"), "team").unwrap();
        let context = read(host(), folder.path()).unwrap();
        assert_eq!(context.server, "https://[fd00::1]:443");
        assert_eq!(context.token.as_deref(), Some("t"));
        assert_eq!(context.namespace.as_deref(), Some("team"));
        assert!(matches!(context.trust, Trust::Authorities(_)));
        assert!(read(None, folder.path()).is_err());
    }
}
