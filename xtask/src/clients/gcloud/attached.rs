//! `gcloud container attached`: from the first manifest to the last operation. `register` joins
//! both halves of the emulator: it reads the issuer's keys and waits for a pod by kubectl.

use super::{Flow, Session, expect};

pub(super) const FLOWS: &[Flow<Session>] = &[
    Flow {
        name: "attached get-server-config",
        run: |s| s.says("attached get-server-config", &[], "gke"),
    },
    Flow { name: "attached install manifest", run: manifest },
    Flow { name: "attached register, private issuer", run: register },
    Flow { name: "attached register, validate only", run: register_validated },
    Flow { name: "exchange for what gcloud registered", run: |s| s.attached.exchange_for("gc") },
    Flow { name: "attached import", run: import },
    Flow { name: "attached clusters list", run: list },
    Flow {
        name: "attached clusters describe",
        run: |s| s.says("attached clusters describe gc", &[], "issuerUrl"),
    },
    Flow { name: "attached clusters update", run: update },
    Flow { name: "attached update, validate only", run: update_validated },
    Flow { name: "attached operations list", run: operations_list },
    Flow { name: "attached operations describe", run: operations_describe },
    Flow { name: "attached clusters delete", run: delete },
    Flow { name: "delete what is deleted", run: delete_again },
    Flow {
        name: "describe what is deleted",
        run: |s| s.fails("attached clusters describe flows", &[], "NOT_FOUND"),
    },
    Flow { name: "an unknown bearer", run: unknown_bearer },
];

const VERSION: [&str; 2] = ["--platform-version", "1.33.0-gke.1"];

fn manifest(s: &Session) -> Result<(), String> {
    let command = "attached clusters generate-install-manifest another";
    s.says(command, &VERSION, "kind: Namespace")
}

fn registration<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let usual = ["--fleet-project", "1234", "--distribution", "generic", "--context"];
    [&usual[..], &["token-emulator"], &VERSION, more].concat()
}

fn register(s: &Session) -> Result<(), String> {
    let more = ["--has-private-issuer", "--admin-users", "someone@example.com"];
    let said = s.run("attached clusters register gc", &registration(&more))?;
    expect(&said, "RUNNING")?;
    expect(&said, "Deleting in-cluster install agent")
}

fn register_validated(s: &Session) -> Result<(), String> {
    let more = ["--issuer-url", "https://issuer.example", "--validate-only"];
    s.run("attached clusters register unmade", &registration(&more))?;
    s.fails("attached clusters describe unmade", &[], "NOT_FOUND")
}

fn import(s: &Session) -> Result<(), String> {
    let membership = "projects/1234/locations/global/memberships/imported";
    let which = ["--fleet-membership", membership, "--distribution", "aks"];
    let flags = [&which[..], &VERSION, &["--context", "token-emulator"]].concat();
    s.says("attached clusters import", &flags, "Imported")?;
    s.says("attached clusters delete imported", &[], "Deleted")
}

fn list(s: &Session) -> Result<(), String> {
    s.says("attached clusters list", &["--page-size", "1"], "flows")?;
    let flags = ["--filter", "distribution=generic", "--format", "json"];
    s.says("attached clusters list", &flags, "attachedClusters/gc")
}

fn update(s: &Session) -> Result<(), String> {
    let flags = ["--description", "mended", "--clear-admin-users"];
    s.run("attached clusters update gc", &flags)?;
    let said = s.run("attached clusters describe gc", &[])?;
    expect(&said, "mended")?;
    expect(&said, "authorization: {}")
}

fn update_validated(s: &Session) -> Result<(), String> {
    s.run("attached clusters update gc", &["--description", "not so", "--validate-only"])?;
    s.says("attached clusters describe gc", &[], "mended")
}

fn operations_list(s: &Session) -> Result<(), String> {
    s.says("attached operations list", &[], "create")
}

fn operations_describe(s: &Session) -> Result<(), String> {
    let names = s.run("attached operations list", &["--format", "value(name)"])?;
    let name = names.split_whitespace().next().ok_or("no operation is listed")?;
    let id = name.rsplit('/').next().unwrap_or(name);
    s.says("attached operations describe", &[id], "done: true")?;
    s.says("attached operations wait", &[id], "done: true")
}

fn delete(s: &Session) -> Result<(), String> {
    s.says("attached clusters delete flows", &[], "Deleted")?;
    s.says("attached clusters delete gc", &["--async"], "Delete in progress")
}

fn delete_again(s: &Session) -> Result<(), String> {
    s.fails("attached clusters delete flows", &[], "NOT_FOUND")?;
    s.says("attached clusters delete flows", &["--allow-missing"], "Deleted")
}

fn unknown_bearer(s: &Session) -> Result<(), String> {
    let file = s.attached.write("unknown-token", "ya29.unknown")?;
    let flags = ["--access-token-file", &file];
    s.fails("attached clusters list", &flags, "ACCESS_TOKEN_TYPE_UNSUPPORTED")
}
