//! gcloud, pointed at the emulator by an override, with a bearer, and nothing of its own.

mod attached;

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
    attached: Attached,
}

const WHERE: [&str; 2] = ["--location", "us-west1"];

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
    let session = Session { gcloud: configured(gcloud, &attached)?, attached };
    report.run("gcloud", attached::FLOWS, &session);
    Ok(())
}

/// gcloud with a configuration of its own, so that nobody's account is touched.
fn configured(gcloud: Tool, attached: &Attached) -> Result<Tool> {
    let server = &attached.server;
    // gcloud trusts a local override by the name of its host, and wants the slash.
    let url = server.url().replace("127.0.0.1", "localhost") + "/";
    let token = attached.write("google-token", server.google_access_token())?;
    Ok(gcloud
        .with("KUBECONFIG", server.kubeconfig())
        .with("CLOUDSDK_CONFIG", &server.folder().join("gcloud").display().to_string())
        .with("CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEMULTICLOUD", &url)
        .with("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", &token)
        .with("CLOUDSDK_CORE_PROJECT", "1234")
        .with("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")
        .with("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "1")
        .with("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "1"))
}

impl Session {
    /// What `gcloud container …` says.
    fn run(&self, command: &str, flags: &[&str]) -> Result<String, String> {
        let said = self.gcloud.run(&line(command, flags))?;
        Ok(said.out + &said.err)
    }

    fn says(&self, command: &str, flags: &[&str], part: &str) -> Result<(), String> {
        expect(&self.run(command, flags)?, part)
    }

    fn fails(&self, command: &str, flags: &[&str], part: &str) -> Result<(), String> {
        self.gcloud.fails(&line(command, flags), part)
    }
}

fn line<'a>(command: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let words = std::iter::once("container").chain(command.split(' '));
    words.chain(flags.iter().copied()).chain(WHERE).collect()
}
