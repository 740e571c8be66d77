//! gcloud, pointed at the emulator by an override, with a bearer, and nothing of its own.

use {
    super::{
        scenario::{Flow, Report},
        together::Attached,
        tool::{Tool, expect},
    },
    crate::Result,
    std::path::Path,
};

/// gcloud and a strict emulator with one cluster.
struct Session {
    gcloud: Tool,
    _attached: Attached,
}

const WHERE: [&str; 2] = ["--location", "us-west1"];

const FLOWS: &[Flow<Session>] = &[
    Flow { name: "attached clusters list", run: |s| s.says(&["list"], "flows") },
    Flow {
        name: "attached clusters describe",
        run: |s| s.says(&["describe", "flows"], "issuerUrl"),
    },
    Flow { name: "attached clusters update", run: update },
    Flow { name: "attached get-server-config", run: server_config },
    Flow { name: "attached install manifest", run: manifest },
    Flow { name: "attached operations list", run: operations_list },
    Flow { name: "attached operations describe", run: operations_describe },
    Flow { name: "attached clusters delete", run: |s| s.quiet(&["delete", "flows", "--quiet"]) },
    Flow { name: "describe what is deleted", run: describe_deleted },
];

/// Every flow with gcloud.
pub(super) fn run(emulator: &Path, kubectl: &Tool, report: &mut Report) -> Result {
    let gcloud = Tool::at("gcloud");
    if !gcloud.is_installed() {
        report.failed("gcloud", "is installed", "not found");
        return Ok(());
    }
    let attached = Attached::start(emulator, kubectl)?;
    if let Err(error) = attached.attach("flows") {
        report.failed("gcloud", "a cluster to look at", error);
        return Ok(());
    }
    let session = Session { gcloud: configured(gcloud, &attached)?, _attached: attached };
    report.run("gcloud", FLOWS, &session);
    Ok(())
}

/// gcloud with a configuration of its own, so that nobody's account is touched.
fn configured(gcloud: Tool, attached: &Attached) -> Result<Tool> {
    let server = &attached.server;
    // gcloud trusts a local override by the name of its host, and wants the slash.
    let url = server.ready("url")?.replace("127.0.0.1", "localhost") + "/";
    let token = server.write("google-token", &server.ready("google_access_token")?)?;
    Ok(gcloud
        .with("CLOUDSDK_CONFIG", &server.folder.join("gcloud").display().to_string())
        .with("CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEMULTICLOUD", &url)
        .with("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", &token)
        .with("CLOUDSDK_CORE_PROJECT", "1234")
        .with("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")
        .with("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "1")
        .with("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "1"))
}

impl Session {
    fn run(&self, group: &str, arguments: &[&str]) -> Result<String, String> {
        let command = ["container", "attached", group];
        let said = self.gcloud.run(&[&command[..], arguments, &WHERE].concat())?;
        Ok(said.out + &said.err)
    }

    fn says(&self, arguments: &[&str], part: &str) -> Result<(), String> {
        expect(&self.run("clusters", arguments)?, part)
    }

    fn quiet(&self, arguments: &[&str]) -> Result<(), String> {
        self.run("clusters", arguments).map(drop)
    }
}

fn update(s: &Session) -> Result<(), String> {
    s.quiet(&["update", "flows", "--description", "mended"])?;
    s.says(&["describe", "flows"], "mended")
}

fn server_config(s: &Session) -> Result<(), String> {
    let arguments = ["container", "attached", "get-server-config"];
    expect(&s.gcloud.run(&[&arguments[..], &WHERE].concat())?.out, "gke")
}

fn manifest(s: &Session) -> Result<(), String> {
    let version = ["--platform-version", "1.33.0-gke.1"];
    s.says(&[&["generate-install-manifest", "another"], &version[..]].concat(), "kind: Namespace")
}

fn operations_list(s: &Session) -> Result<(), String> {
    expect(&s.run("operations", &["list"])?, "create")
}

fn operations_describe(s: &Session) -> Result<(), String> {
    let names = s.run("operations", &["list", "--format", "value(name)"])?;
    let name = names.split_whitespace().next().ok_or("no operation is listed")?;
    let id = name.rsplit('/').next().unwrap_or(name);
    expect(&s.run("operations", &["describe", id])?, "done: true")
}

fn describe_deleted(s: &Session) -> Result<(), String> {
    let arguments = ["container", "attached", "clusters", "describe", "flows"];
    s.gcloud.fails(&[&arguments[..], &WHERE].concat(), "NOT_FOUND")
}
