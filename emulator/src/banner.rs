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
  {kubectl}
  {curl}
Attached clusters, with gcloud:
  {gcloud}
",
        version = env!("CARGO_PKG_VERSION"),
        url = emulator.url(),
        https_url = emulator.https_url(),
        kubectl = kubectl(config, emulator),
        curl = curl(config, emulator),
        gcloud = gcloud(config, emulator),
    )
}

fn kubectl(config: &Config, emulator: &Emulator) -> String {
    let kubeconfig = quoted(&emulator.kubeconfig_file().to_string_lossy());
    let kubectl = format!("kubectl --kubeconfig {kubeconfig} create");
    if config.controllers {
        format!("{kubectl} token default")
    } else {
        // Nobody has made the account; the second time it is there, and that is no matter.
        format!("{kubectl} serviceaccount default; {kubectl} token default")
    }
}

fn curl(config: &Config, emulator: &Emulator) -> String {
    let open = config.authorization_mode == AuthorizationMode::AlwaysAllow && config.anonymous_auth;
    let bearer = if open {
        String::new()
    } else {
        // What a screen or a log shows is no credential; the shell puts it in.
        let file = quoted(&emulator.token_file().to_string_lossy());
        format!("-H \"Authorization: Bearer $(cat {file})\" ")
    };
    let curl = format!("curl {bearer}-H 'Content-Type: application/json'");
    let accounts = format!("{}/api/v1/namespaces/default/serviceaccounts", emulator.url());
    let token = format!("{curl} -d '{{}}' {accounts}/default/token");
    if config.controllers {
        token
    } else {
        format!("{curl} -d '{{\"metadata\":{{\"name\":\"default\"}}}}' {accounts}; {token}")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn printed(config: Config) -> (String, Emulator) {
        let listen = "127.0.0.1:0".parse().unwrap();
        let config = Config { listen, ..config };
        let emulator = Emulator::start_with(config.clone()).await.unwrap();
        (text(&config, &emulator), emulator)
    }

    #[tokio::test]
    async fn no_bearer_is_printed() {
        for config in [
            Config { authorization_mode: AuthorizationMode::Rbac, ..Config::default() },
            Config { anonymous_auth: false, ..Config::default() },
            Config { google_auth: GoogleAuth::Strict, ..Config::default() },
        ] {
            let open = config.google_auth == GoogleAuth::Strict;
            let (text, emulator) = printed(config).await;
            assert!(!text.contains(emulator.token()), "{text}");
            assert!(!text.contains(emulator.google_access_token()), "{text}");
            let file = emulator.token_file().to_string_lossy();
            let header = format!("-H \"Authorization: Bearer $(cat {file})\"");
            assert_eq!(text.contains(&header), !open, "{text}");
            assert_eq!(std::fs::read_to_string(emulator.token_file()).unwrap(), emulator.token());
        }
    }

    #[tokio::test]
    async fn an_account_that_nobody_has_made_is_made_first() {
        let (text, _emulator) = printed(Config { controllers: false, ..Config::default() }).await;
        let commands = text.matches("create serviceaccount default; kubectl ").count();
        assert_eq!(commands, 1, "{text}");
        assert!(text.contains("/serviceaccounts; curl "), "{text}");
        let (text, _emulator) = printed(Config::default()).await;
        assert!(!text.contains("; "), "{text}");
    }
}
