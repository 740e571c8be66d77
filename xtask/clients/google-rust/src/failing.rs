//! Checks of what fails on order: what the library tries again, and what it tells of the rest.

use {
    crate::session::{Result, Session, fails, reason, wants},
    google_cloud_lro::Poller,
    serde_json::json,
};

pub async fn tried_again(s: &Session) -> Result {
    let before = asked(s).await?;
    order(s, json!({"code": "UNAVAILABLE", "method": "GetAttachedCluster", "times": 2})).await?;
    wants(s.get(&s.name).await?.name, s.name.clone())?;
    wants(asked(s).await? - before, 3)
}

pub async fn not_tried_again(s: &Session) -> Result {
    let before = asked(s).await?;
    order(s, json!({"code": "INTERNAL", "method": "GetAttachedCluster"})).await?;
    fails(s.get(&s.name).await, "INTERNAL")?;
    wants(asked(s).await? - before, 1)
}

pub async fn over_quota(s: &Session) -> Result {
    let why = "RATE_LIMIT_EXCEEDED";
    let fault = json!({"code": "RESOURCE_EXHAUSTED", "reason": why, "method": "AgentToken"});
    order(s, fault).await?;
    let error = fails(s.exchange().await?.send().await, "RESOURCE_EXHAUSTED")?;
    wants(reason(&error), Some((why, "googleapis.com")))
}

pub async fn without_permission(s: &Session) -> Result {
    let why = "IAM_PERMISSION_DENIED";
    let fault = json!({"code": "PERMISSION_DENIED", "reason": why, "method": "GetAttachedCluster"});
    order(s, fault).await?;
    let error = fails(s.get(&s.name).await, "PERMISSION_DENIED")?;
    wants(reason(&error), Some((why, "iam.googleapis.com")))
}

pub async fn operation_fails(s: &Session) -> Result {
    let id = format!("{}-broken", s.id);
    let fail = json!({"code": "FAILED_PRECONDITION", "message": "no quota is left", "target": id});
    s.emulator.ask("/_emulator/v1/operations", Some(json!({"fail": fail}))).await?;
    let answer = s.creation(&id).await?.poller().until_done().await;
    let error = fails(answer, "FAILED_PRECONDITION")?;
    wants(error.status().map(|status| &status.message[..]), Some("no quota is left"))
}

/// Lets the next requests for a method fail.
async fn order(s: &Session, fault: serde_json::Value) -> Result {
    s.emulator.ask("/_emulator/v1/faults", Some(fault)).await.map(drop)
}

/// How often the session's cluster was got, as the emulator's journal has it.
async fn asked(s: &Session) -> Result<usize> {
    let journal = s.emulator.ask("/_emulator/v1/journal", None).await?;
    let entries = journal["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let path = format!("/v1/{}", s.name);
    let is_get = |entry: &&serde_json::Value| entry["method"] == "GET" && entry["path"] == *path;
    Ok(entries.iter().filter(is_get).count())
}
