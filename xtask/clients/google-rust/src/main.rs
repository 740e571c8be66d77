//! Google's Rust library on the emulator; it speaks REST only.
//!
//! Prints a line for each check: its outcome, the transport, its name and what was wrong.

mod emulator;
mod failing;
mod session;

use {
    emulator::{Emulator, WITHOUT_SCOPE, tampered},
    google_cloud_gax::paginator::ItemPaginator,
    google_cloud_gkemulticloud_v1::model::{
        AttachedCluster, attached_cluster::State, binary_authorization::EvaluationMode,
    },
    google_cloud_lro::Poller,
    google_cloud_wkt::FieldMask,
    serde_json::json,
    session::{PARENT, Result, Session, fails, reason, violates, wants},
    std::process::ExitCode,
};

const TRANSPORT: &str = "rust-rest";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let s = Session::start(Emulator::find()?, TRANSPORT).await?;
    let failures: usize = [
        told("server config", server_config(&s).await),
        told("install manifest", install_manifest(&s).await),
        told("validate only", validate_only(&s).await),
        told("create, waited for", create(&s).await),
        told("get, with defaults", get_with_defaults(&s).await),
        told("create once more", create_again(&s).await),
        told("list, page by page", list_pages(&s).await),
        told("update by mask", update(&s).await),
        told("update without a mask", update_without_mask(&s).await),
        told("agent token", agent_token(&s).await),
        told("agent token without a subject token", without_subject_token(&s).await),
        told("agent token for a bad signature", bad_signature(&s).await),
        told("agent token of a missing cluster", agent_token_of_missing(&s).await),
        told("missing cluster", missing(&s).await),
        told("operations list", operations_list(&s).await),
        told("operation cancelled", operation_cancelled(&s).await),
        told("without credentials", without_credentials(&s).await),
        told("without the scope", without_the_scope(&s).await),
        told("tried again by the library", failing::tried_again(&s).await),
        told("not tried again by the library", failing::not_tried_again(&s).await),
        told("over quota", failing::over_quota(&s).await),
        told("without the permission", failing::without_permission(&s).await),
        told("an operation that fails", failing::operation_fails(&s).await),
        told("delete with an old etag", delete_stale(&s).await),
        told("delete, waited for", delete_waited(&s).await),
        told("delete what is missing", delete_missing(&s).await),
        told("import", import(&s).await),
    ]
    .into_iter()
    .sum();
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints how a check went, and gives the number of failures.
fn told(check: &str, outcome: Result) -> usize {
    match outcome {
        Ok(()) => println!("ok\t{TRANSPORT}\t{check}"),
        Err(why) => {
            let why = why.to_string().replace(['\n', '\t'], " ");
            println!("failed\t{TRANSPORT}\t{check}\t{why}");
            return 1;
        }
    }
    0
}

fn cluster(id: &str) -> String {
    format!("{PARENT}/attachedClusters/{id}")
}

async fn server_config(s: &Session) -> Result {
    let name = format!("{PARENT}/attachedServerConfig");
    let config = s.api.get_attached_server_config().set_name(name).send().await?;
    let versions = &config.valid_versions;
    wants(!versions.is_empty() && versions.iter().all(|v| v.version.contains("-gke.")), true)
}

async fn install_manifest(s: &Session) -> Result {
    let request = s.api.generate_attached_cluster_install_manifest().set_parent(PARENT);
    let request = request.set_attached_cluster_id("new").set_platform_version("1.33.0-gke.1");
    wants(request.send().await?.manifest.contains("kind: Namespace"), true)
}

async fn validate_only(s: &Session) -> Result {
    s.creation("unmade").await?.set_validate_only(true).send().await?;
    fails(s.get(&cluster("unmade")).await, "NOT_FOUND").map(drop)
}

async fn create(s: &Session) -> Result {
    let cluster = s.creation(s.id).await?.poller().until_done().await?;
    wants(&cluster.name, &s.name)?;
    wants(cluster.state, State::Running)
}

async fn get_with_defaults(s: &Session) -> Result {
    let cluster = s.get(&s.name).await?;
    let mode = cluster.binary_authorization.map(|config| config.evaluation_mode);
    wants(mode, Some(EvaluationMode::Disabled))?;
    let prometheus = cluster.monitoring_config.and_then(|config| config.managed_prometheus_config);
    wants(prometheus.is_some(), true)?;
    let membership = cluster.fleet.map(|fleet| fleet.membership).unwrap_or_default();
    wants(membership.ends_with(&format!("/memberships/{}", s.id)), true)?;
    wants(cluster.uid.is_empty() || cluster.etag.is_empty(), false)
}

async fn create_again(s: &Session) -> Result {
    fails(s.creation(s.id).await?.send().await, "ALREADY_EXISTS").map(drop)
}

async fn list_pages(s: &Session) -> Result {
    let second = format!("{}-2", s.id);
    s.creation(&second).await?.poller().until_done().await?;
    let request = s.api.list_attached_clusters().set_parent(PARENT).set_page_size(1);
    let (mut items, mut names) = (request.by_item(), Vec::new());
    while let Some(item) = items.next().await {
        names.push(item?.name);
    }
    wants(names.contains(&s.name) && names.contains(&cluster(&second)), true)
}

async fn update(s: &Session) -> Result {
    let changed = AttachedCluster::new().set_name(&s.name).set_description("mended");
    let request = s.api.update_attached_cluster().set_attached_cluster(changed);
    let request = request.set_update_mask(FieldMask::default().set_paths(["description"]));
    let cluster = request.poller().until_done().await?;
    wants(&cluster.description[..], "mended")?;
    wants(&cluster.platform_version[..], "1.33.0-gke.1")
}

async fn update_without_mask(s: &Session) -> Result {
    let changed = AttachedCluster::new().set_name(&s.name);
    let request = s.api.update_attached_cluster().set_attached_cluster(changed);
    violates(request.set_update_mask(FieldMask::default()).send().await, "update_mask")
}

async fn agent_token(s: &Session) -> Result {
    let answer = s.exchange().await?.send().await?;
    wants(&answer.token_type[..], "Bearer")?;
    wants((1..=3600).contains(&answer.expires_in), true)?;
    let agent = s.client(Some(&answer.access_token)).await?;
    let cluster = agent.get_attached_cluster().set_name(&s.name).send().await?;
    wants(&cluster.name, &s.name)
}

async fn without_subject_token(s: &Session) -> Result {
    violates(s.exchange().await?.set_subject_token("").send().await, "subject_token")
}

async fn bad_signature(s: &Session) -> Result {
    let token = tampered(&s.emulator.subject_token().await?);
    let answer = s.exchange().await?.set_subject_token(&token).send().await;
    let error = fails(answer, "INVALID_ARGUMENT")?;
    wants(format!("{error:?}").contains(&token), false)
}

async fn agent_token_of_missing(s: &Session) -> Result {
    let request = s.exchange().await?.set_attached_cluster(cluster("missing"));
    fails(request.send().await, "NOT_FOUND").map(drop)
}

async fn missing(s: &Session) -> Result {
    let error = fails(s.get(&cluster("missing")).await, "NOT_FOUND")?;
    wants(error.http_status_code(), Some(404))?;
    wants(error.status().map(|status| &status.message[..]), Some("cluster not found"))
}

async fn operations_list(s: &Session) -> Result {
    let listed = s.api.list_operations().set_name(PARENT).send().await?;
    let first = listed.operations.first().ok_or("no operation")?;
    let operation = s.api.get_operation().set_name(&first.name).send().await?;
    let kind = operation.metadata.as_ref().and_then(|metadata| metadata.type_url());
    wants(kind, Some("type.googleapis.com/google.cloud.gkemulticloud.v1.OperationMetadata"))
}

async fn operation_cancelled(s: &Session) -> Result {
    s.emulator.clock(json!({"freeze": true})).await?;
    let outcome = cancel(s).await;
    s.emulator.clock(json!({"reset": true})).await?;
    outcome
}

async fn cancel(s: &Session) -> Result {
    let operation = s.creation(&format!("{}-never", s.id)).await?.send().await?;
    s.api.cancel_operation().set_name(&operation.name).send().await?;
    let operation = s.api.get_operation().set_name(&operation.name).send().await?;
    wants(operation.error().map(|error| error.code), Some(1))?;
    s.api.delete_operation().set_name(&operation.name).send().await?;
    fails(s.api.get_operation().set_name(&operation.name).send().await, "NOT_FOUND").map(drop)
}

async fn without_credentials(s: &Session) -> Result {
    refused(s, None, "UNAUTHENTICATED", "CREDENTIALS_MISSING").await
}

async fn without_the_scope(s: &Session) -> Result {
    let why = "ACCESS_TOKEN_SCOPE_INSUFFICIENT";
    refused(s, Some(WITHOUT_SCOPE), "PERMISSION_DENIED", why).await
}

async fn refused(s: &Session, token: Option<&str>, code: &str, why: &str) -> Result {
    let other = s.client(token).await?;
    let error = fails(other.get_attached_cluster().set_name(&s.name).send().await, code)?;
    wants(reason(&error), Some((why, "googleapis.com")))
}

async fn delete_stale(s: &Session) -> Result {
    let request = s.api.delete_attached_cluster().set_name(&s.name).set_etag("b2xk");
    fails(request.send().await, "ABORTED").map(drop)
}

async fn delete_waited(s: &Session) -> Result {
    for name in [s.name.clone(), format!("{}-2", s.name)] {
        let etag = s.get(&name).await?.etag;
        let request = s.api.delete_attached_cluster().set_name(&name).set_etag(etag);
        request.poller().until_done().await?;
        fails(s.get(&name).await, "NOT_FOUND")?;
    }
    Ok(())
}

async fn delete_missing(s: &Session) -> Result {
    fails(s.api.delete_attached_cluster().set_name(&s.name).send().await, "NOT_FOUND")?;
    let request = s.api.delete_attached_cluster().set_name(&s.name).set_allow_missing(true);
    wants(request.send().await?.done, true)
}

async fn import(s: &Session) -> Result {
    let membership = format!("projects/1234/locations/global/memberships/{}-imported", s.id);
    let request = s.api.import_attached_cluster().set_parent(PARENT);
    let request = request.set_fleet_membership(&membership).set_platform_version("1.33.0-gke.1");
    let cluster = request.set_distribution("aks").poller().until_done().await?;
    wants(cluster.fleet.map(|fleet| fleet.membership), Some(membership))
}
