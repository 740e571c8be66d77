//! kubectl, in every version there is: gcloud brings several.

pub(super) mod beside;
mod same;
mod script;

use {
    super::{
        json,
        scenario::{Flow, Report},
        tool::{Tool, expect},
    },
    crate::Result,
    std::{
        fs,
        path::{Path, PathBuf},
    },
    token_launch::Server,
};

/// One kubectl in a namespace of its own.
struct Session {
    tool: Tool,
    namespace: String,
    server: Server,
}

/// The first minor version whose `create token` can bind to a node without a switch.
const FIRST_WITH_NODES: u32 = 31;

/// The first minor version whose `auth whoami` asks for a version that servers still have.
const FIRST_WITH_WHOAMI: u32 = 28;

/// The minor versions that gcloud brings, and that are to be driven.
const WANTED: std::ops::RangeInclusive<u32> = 27..=33;

const FLOWS: &[Flow<Session>] = &[
    Flow { name: "version", run: |s| s.says(&["version", "-o", "json"], "serverVersion") },
    Flow { name: "get --raw /readyz", run: |s| s.says(&["get", "--raw", "/readyz"], "ok") },
    Flow { name: "api-resources", run: |s| s.says(&["api-resources"], "serviceaccounts") },
    Flow { name: "create namespace", run: create_namespace },
    Flow { name: "create serviceaccount", run: create_serviceaccount },
    Flow { name: "create secret", run: create_secret },
    Flow { name: "run (a pod)", run: run_pod },
    Flow { name: "get", run: get },
    Flow { name: "get -w", run: watch },
    Flow { name: "wait --for=delete", run: wait },
    Flow { name: "proxy", run: proxy },
    Flow { name: "create token", run: create_token },
    Flow { name: "create token --audience", run: audience },
    Flow { name: "create token --duration", run: duration },
    Flow { name: "create token, under ten minutes", run: too_short },
    Flow { name: "create token, bound to a secret", run: bound_to_secret },
    Flow { name: "create token, bound to a pod", run: bound_to_pod },
    Flow { name: "create token, bound to another uid", run: bound_to_another_uid },
    Flow { name: "create -f -", run: create_from_file },
    Flow { name: "whoami with a token", run: whoami_with_token },
    Flow { name: "delete pod, its token dies", run: delete_pod },
    Flow { name: "delete secret", run: |s| s.says(&["delete", "secret", "s"], "deleted") },
    Flow { name: "delete serviceaccount", run: delete_serviceaccount },
    Flow { name: "delete namespace", run: delete_namespace },
];

const WITH_NODES: &[Flow<Session>] =
    &[Flow { name: "create token, bound to a node", run: bound_to_node }];

const WITH_WHOAMI: &[Flow<Session>] =
    &[Flow { name: "auth whoami", run: |s| s.says(&["auth", "whoami"], "system:masters") }];

/// Every kubectl that can be found: the one in PATH, and those beside gcloud.
pub(super) fn found() -> Vec<Tool> {
    let mut tools = Vec::new();
    if let Some(folder) = beside_gcloud() {
        let names = fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = names.map(|entry| entry.path().display().to_string());
        let mut versions: Vec<String> = paths.filter(|path| path.contains("/kubectl.")).collect();
        versions.sort();
        tools.extend(versions.iter().map(|path| Tool::at(path)));
    }
    tools.push(Tool::at("kubectl"));
    tools
}

/// The folder that gcloud really lives in.
fn beside_gcloud() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let gcloud = std::env::split_paths(&path).map(|folder| folder.join("gcloud"));
    let gcloud = gcloud.filter(|path| path.is_file()).find_map(|path| path.canonicalize().ok())?;
    gcloud.parent().map(Path::to_owned)
}

/// Every flow with every kubectl.
pub(super) fn run(emulator: &Path, tools: &[Tool], report: &mut Report) -> Result {
    let mut driven = Vec::new();
    for tool in tools {
        if !tool.is_installed() {
            report.failed(&tool.name, "is installed", "not found");
            continue;
        }
        let server = Server::start(emulator, &[])?;
        let tool = tool.clone().with("KUBECONFIG", server.kubeconfig());
        let minor = minor(&tool)?;
        driven.push(minor);
        let session = Session { tool, namespace: format!("flows-1-{minor}"), server };
        let name = session.tool.name.clone();
        report.run(&name, FLOWS, &session);
        if minor >= FIRST_WITH_WHOAMI {
            report.run(&name, WITH_WHOAMI, &session);
        } else {
            report.absent(&name, "auth whoami", "asks for a version that is not served any more");
        }
        if minor >= FIRST_WITH_NODES {
            report.run(&name, WITH_NODES, &session);
        } else {
            report.absent(
                &name,
                "create token, bound to a node",
                "kubectl refuses a node by itself",
            );
        }
    }
    note_missing(&driven, report);
    Ok(())
}

/// Names every version that is wanted and was not found.
fn note_missing(driven: &[u32], report: &mut Report) {
    for minor in WANTED.filter(|it| !driven.contains(it)) {
        report.absent(&format!("kubectl.1.{minor}"), "is installed", "not found beside gcloud");
    }
}

fn minor(tool: &Tool) -> Result<u32, String> {
    let version = tool.run(&["version", "--client", "-o", "json"])?.out;
    let minor = json::member(&version, "minor")?;
    minor.trim_end_matches('+').parse().map_err(|_| format!("no minor version: {minor}"))
}

impl Session {
    /// Runs kubectl in the session's namespace.
    fn kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        let arguments = [&["--namespace", &self.namespace], arguments].concat();
        self.tool.run(&arguments).map(|said| said.out)
    }

    fn says(&self, arguments: &[&str], part: &str) -> Result<(), String> {
        expect(&self.kubectl(arguments)?, part)
    }

    fn token(&self, arguments: &[&str]) -> Result<String, String> {
        let arguments = [&["create", "token", "builder"], arguments].concat();
        Ok(self.kubectl(&arguments)?.trim().to_owned())
    }

    fn claims(&self, arguments: &[&str]) -> Result<String, String> {
        json::claims(&self.token(arguments)?)
    }

    fn raw(&self, path: &str, body: &str) -> Result<String, String> {
        self.tool.run_with(&["create", "--raw", path, "-f", "-"], body).map(|said| said.out)
    }

    fn review(&self, token: &str) -> Result<String, String> {
        let body = format!(
            r#"{{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{{"token":"{token}"}}}}"#
        );
        self.raw("/apis/authentication.k8s.io/v1/tokenreviews", &body)
    }

    fn uid(&self, kind: &str, name: &str) -> Result<String, String> {
        self.kubectl(&["get", kind, name, "-o", "jsonpath={.metadata.uid}"])
    }
}

fn create_namespace(s: &Session) -> Result<(), String> {
    let said = s.tool.run(&["create", "namespace", &s.namespace])?;
    expect(&said.out, "created")?;
    s.tool.fails(&["create", "namespace", &s.namespace], "AlreadyExists")
}

fn create_serviceaccount(s: &Session) -> Result<(), String> {
    s.says(&["create", "serviceaccount", "builder"], "created")
}

fn create_secret(s: &Session) -> Result<(), String> {
    s.says(&["create", "secret", "generic", "s", "--from-literal=a=b"], "created")
}

fn run_pod(s: &Session) -> Result<(), String> {
    let account = r#"--overrides={"spec":{"serviceAccountName":"builder"}}"#;
    s.says(&["run", "p", "--image=pause", "--restart=Never", account], "created")
}

fn get(s: &Session) -> Result<(), String> {
    s.says(&["get", "serviceaccount", "builder", "-o", "yaml"], "name: builder")?;
    s.says(&["get", "serviceaccounts"], "builder")?;
    s.says(&["get", "secret", "s", "-o", "name"], "secret/s")?;
    s.says(&["get", "pods", "-o", "name"], "pod/p")?;
    expect(&s.tool.run(&["get", "namespace", &s.namespace, "-o", "yaml"])?.out, "phase: Active")
}

/// What changes while it is watched is told.
fn watch(s: &Session) -> Result<(), String> {
    let watch = ["--namespace", &s.namespace, "get", "configmaps", "--watch", "-o", "name"];
    s.kubectl(&["create", "configmap", "before"])?;
    let running = s.tool.start(&watch)?;
    running.says("configmap/before")?;
    s.kubectl(&["create", "configmap", "while"])?;
    running.says("configmap/while").map(drop)
}

fn wait(s: &Session) -> Result<(), String> {
    s.kubectl(&["create", "configmap", "waited-for"])?;
    s.kubectl(&["patch", "configmap", "waited-for", "-p", HELD])?;
    s.kubectl(&["delete", "configmap", "waited-for", "--wait=false"])?;
    let line = ["wait", "--for=delete", "configmap/waited-for", "--timeout=20s"];
    let waiting = [&["--namespace", &s.namespace], &line[..]].concat();
    let running = s.tool.start(&waiting)?;
    s.kubectl(&["patch", "configmap", "waited-for", "-p", r#"{"metadata":{"finalizers":null}}"#])?;
    // A version that finds it gone before it waits says nothing.
    let _ = running.says("condition met");
    s.tool.run(&waiting).map(drop)
}

const HELD: &str = r#"{"metadata":{"finalizers":["a.example/b"]}}"#;

fn proxy(s: &Session) -> Result<(), String> {
    let running = s.tool.start(&["proxy", "--port=0"])?;
    let line = running.says("Starting to serve on ")?;
    let address = line.rsplit(' ').next().unwrap_or_default();
    let url = format!("http://{address}/api/v1/namespaces/{}", s.namespace);
    expect(&Tool::at("curl").run(&["--silent", "--noproxy", "*", &url])?.out, "\"Active\"")
}

fn create_token(s: &Session) -> Result<(), String> {
    let token = s.token(&[])?;
    let subject = format!("system:serviceaccount:{}:builder", s.namespace);
    expect(&json::claims(&token)?, &subject)?;
    let review = s.review(&token)?;
    expect(&review, "\"authenticated\":true")?;
    expect(&review, &subject)
}

fn audience(s: &Session) -> Result<(), String> {
    let claims = s.claims(&["--audience", "https://a.example", "--audience", "b"])?;
    expect(&claims, r#""aud":["https://a.example","b"]"#)
}

fn duration(s: &Session) -> Result<(), String> {
    let claims = s.claims(&["--duration", "20m"])?;
    match json::number(&claims, "exp")? - json::number(&claims, "iat")? {
        1200 => Ok(()),
        other => Err(format!("wanted a lifetime of 1200 seconds, got {other}")),
    }
}

fn too_short(s: &Session) -> Result<(), String> {
    let arguments =
        ["--namespace", &s.namespace, "create", "token", "builder", "--duration", "9m59s"];
    s.tool.fails(&arguments, "may not specify a duration less than 10 minutes")
}

fn bound_to_secret(s: &Session) -> Result<(), String> {
    let uid = s.uid("secret", "s")?;
    let flags = ["--bound-object-kind", "Secret", "--bound-object-name", "s"];
    let claims = s.claims(&[&flags[..], &["--bound-object-uid", &uid]].concat())?;
    expect(&claims, &format!(r#""secret":{{"name":"s","uid":"{uid}"}}"#))
}

fn bound_to_pod(s: &Session) -> Result<(), String> {
    let uid = s.uid("pod", "p")?;
    let claims = s.claims(&["--bound-object-kind", "Pod", "--bound-object-name", "p"])?;
    expect(&claims, &format!(r#""pod":{{"name":"p","uid":"{uid}"}}"#))
}

fn bound_to_another_uid(s: &Session) -> Result<(), String> {
    let flags = ["--bound-object-kind", "Pod", "--bound-object-name", "p"];
    let create = ["--namespace", &s.namespace, "create", "token", "builder"];
    let arguments = [&create[..], &flags[..], &["--bound-object-uid", "another"]].concat();
    s.tool.fails(&arguments, "does not match")
}

fn bound_to_node(s: &Session) -> Result<(), String> {
    let node = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#;
    s.raw("/api/v1/nodes", node)?;
    s.tool.run(&["create", "namespace", "nodes"])?;
    s.tool.run(&["--namespace", "nodes", "create", "serviceaccount", "builder"])?;
    let flags = ["--bound-object-kind", "Node", "--bound-object-name", "n"];
    let create = ["--namespace", "nodes", "create", "token", "builder"];
    let token = s.tool.run(&[&create[..], &flags[..]].concat())?.out;
    expect(&json::claims(&token)?, r#""node":{"name":"n""#)
}

fn create_from_file(s: &Session) -> Result<(), String> {
    let yaml = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: from-file\n";
    let arguments = ["--namespace", &s.namespace, "create", "-f", "-"];
    expect(&s.tool.run_with(&arguments, yaml)?.out, "created")
}

/// The token as a bearer, and not the kubeconfig's.
fn whoami_with_token(s: &Session) -> Result<(), String> {
    let token = s.token(&[])?;
    let (url, ca) = (s.server.https_url(), s.server.ca_file());
    let bare = s.tool.clone().with("KUBECONFIG", "/dev/null");
    let target = ["--server", url, "--certificate-authority", ca, "--token", &token];
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let body = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
    let said =
        bare.run_with(&[&target[..], &["create", "--raw", path, "-f", "-"]].concat(), body)?;
    expect(&said.out, &format!("system:serviceaccount:{}:builder", s.namespace))
}

fn delete_pod(s: &Session) -> Result<(), String> {
    // It is not reviewed before, for a server may remember that.
    let token = s.token(&["--bound-object-kind", "Pod", "--bound-object-name", "p"])?;
    s.says(&["delete", "pod", "p"], "deleted")?;
    expect(&s.review(&token)?, "\"error\":")
}

fn delete_serviceaccount(s: &Session) -> Result<(), String> {
    let token = s.token(&[])?;
    s.says(&["delete", "serviceaccount", "builder"], "deleted")?;
    expect(&s.review(&token)?, "\"error\":")
}

fn delete_namespace(s: &Session) -> Result<(), String> {
    let said = s.tool.run(&["delete", "namespace", &s.namespace, "--timeout", "20s"])?;
    expect(&said.out, "deleted")?;
    s.tool.fails(&["get", "namespace", &s.namespace], "NotFound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_that_is_missing_is_named() {
        let mut report = Report::default();
        note_missing(&[27, 28, 30, 31, 32, 37], &mut report);
        let told = report.to_string();
        assert!(told.contains("kubectl.1.29") && told.contains("kubectl.1.33"), "{told}");
        assert!(!told.contains("kubectl.1.28"), "{told}");
    }
}
