//! The environment that points clients at an emulator. It names files that hold credentials, and
//! holds none itself.

use {
    crate::reach::{NO_READY_FILE, unread},
    serde_json::Value,
    std::{io, net::SocketAddr, path::Path},
    token_emulator::Emulator,
};

/// What is set.
pub(crate) const HELP: &str = "\
What is set:
  KUBECONFIG                    a kubeconfig that works
  TOKEN_EMULATOR_URL            http://127.0.0.1:PORT, or the host of --advertise
  TOKEN_EMULATOR_HTTPS_URL      https://127.0.0.1:PORT, or the host of --advertise
  TOKEN_EMULATOR_CA_FILE        the certificate that https is checked with
  TOKEN_EMULATOR_TOKEN_FILE     a bearer in system:masters
  CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEMULTICLOUD, CLOUDSDK_AUTH_ACCESS_TOKEN_FILE
                                gcloud's endpoint and bearer";

/// Names and values for one that runs in this process.
pub(crate) fn of(emulator: &Emulator) -> Vec<(&'static str, String)> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    variables(
        emulator.address(),
        emulator.url(),
        emulator.https_url(),
        &path(emulator.kubeconfig_file()),
        &path(emulator.ca_file()),
        &path(emulator.token_file()),
        &path(emulator.google_access_token_file()),
    )
}

/// The same for the one of a ready file, as commands for a shell.
pub(crate) fn read(ready_file: &Path) -> io::Result<String> {
    let told = |error: String| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", ready_file.display()))
    };
    let text = std::fs::read(ready_file).map_err(|error| told(unread(&error)))?;
    let ready: Value = serde_json::from_slice(&text).map_err(|_| told(NO_READY_FILE.to_owned()))?;
    let member = |name: &str| {
        let value = ready[name].as_str();
        value.ok_or_else(|| told(format!("{NO_READY_FILE}; {name} is missing")))
    };
    let address = member("address")?.parse();
    let address = address.map_err(|_| {
        told("this is no ready file: the member address is not HOST:PORT".to_owned())
    })?;
    let ca = member("ca_file")?;
    // They lie beside it, and are called alike.
    let beside = |name: &str| ca.strip_suffix("ca.crt").map(|path| format!("{path}{name}"));
    let (token, google) = (beside("token"), beside("google-access-token"));
    let variables = variables(
        address,
        member("url")?,
        member("https_url")?,
        member("kubeconfig")?,
        ca,
        &token.unwrap_or_default(),
        &google.unwrap_or_default(),
    );
    let line = |(name, value): &(&str, String)| {
        format!("export {name}='{}'\n", value.replace('\'', r"'\''"))
    };
    Ok(variables.iter().map(line).collect())
}

fn variables(
    address: SocketAddr,
    url: &str,
    https_url: &str,
    kubeconfig: &str,
    ca: &str,
    token: &str,
    google: &str,
) -> Vec<(&'static str, String)> {
    // gcloud puts the region in front of a host, unless it is localhost.
    let port = address.port();
    vec![
        ("KUBECONFIG", kubeconfig.to_owned()),
        ("TOKEN_EMULATOR_URL", url.to_owned()),
        ("TOKEN_EMULATOR_HTTPS_URL", https_url.to_owned()),
        ("TOKEN_EMULATOR_CA_FILE", ca.to_owned()),
        ("TOKEN_EMULATOR_TOKEN_FILE", token.to_owned()),
        ("CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEMULTICLOUD", format!("http://localhost:{port}/")),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", google.to_owned()),
    ]
}
