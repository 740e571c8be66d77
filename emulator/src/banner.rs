//! What is printed once the server listens: where, and a command of each client that works when
//! pasted.

use token_emulator::{
    Config, Emulator,
    world::settings::{AuthorizationMode, GoogleAuth},
};

pub(crate) fn text(config: &Config, emulator: &Emulator) -> String {
    format!(
        "token-emulator {version} listening on {url} and {https_url}

A service account token, with kubectl and with curl:
  kubectl --kubeconfig {kubeconfig} create token default
  {curl}
Attached clusters, with gcloud:
  {gcloud}
",
        version = env!("CARGO_PKG_VERSION"),
        url = emulator.url(),
        https_url = emulator.https_url(),
        kubeconfig = quoted(&emulator.kubeconfig_file().to_string_lossy()),
        curl = curl(config, emulator),
        gcloud = gcloud(config, emulator),
    )
}

fn curl(config: &Config, emulator: &Emulator) -> String {
    let open = config.authorization_mode == AuthorizationMode::AlwaysAllow && config.anonymous_auth;
    let bearer = if open {
        String::new()
    } else {
        format!("-H 'Authorization: Bearer {}' ", emulator.token())
    };
    format!(
        "curl {bearer}-H 'Content-Type: application/json' -d '{{}}' \
         {}/api/v1/namespaces/default/serviceaccounts/default/token",
        emulator.url()
    )
}

fn gcloud(config: &Config, emulator: &Emulator) -> String {
    let credentials = match config.google_auth {
        GoogleAuth::Off => "CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true".to_owned(),
        GoogleAuth::Strict => {
            let file = emulator.google_access_token_file().to_string_lossy();
            format!("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE={}", quoted(&file))
        }
    };
    // gcloud puts the region in front of a host, unless it is localhost.
    format!(
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEMULTICLOUD=http://localhost:{port}/ {credentials} \
         CLOUDSDK_CORE_PROJECT=p gcloud container attached clusters list --location=us-west1",
        port = emulator.address().port(),
    )
}

/// A path as a shell takes it for one word.
fn quoted(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte);
    if path.bytes().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}
