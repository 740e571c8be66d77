//! What goes on working: a page whose origin is allowed, and the emulator opened as a page.

use {
    crate::{
        Result,
        foreign::{contains, equal},
        stage::{Emulator, Stage},
        tally::Tally,
    },
    serde_json::{Value, json},
};

/// Checks what they do.
pub(crate) async fn check(stage: &Stage, tally: &mut Tally) {
    for host in ["localhost", "127.0.0.1"] {
        let named = |what: &str| format!("an allowed page {what} at {host}");
        tally.note(&named("moves the clock"), moves_the_clock(stage, host).await);
        tally.note(&named("makes and deletes a namespace"), makes_a_namespace(stage, host).await);
        tally.note(&named("is given an agent token"), is_given_a_token(stage, host).await);
        tally.note(&named("watches secrets"), watches(stage, host).await);
    }
    tally.note("a page that is not allowed beside one that is", stays_out(stage).await);
    tally.note("the emulator itself is a page that may ask", asks_itself(stage).await);
}

async fn moves_the_clock(stage: &Stage, host: &str) -> Result {
    let page = stage.page(&stage.allowed()).await?;
    // With its type it is asked for first.
    let set = r#"{"set": "2031-01-01T00:00:00Z"}"#;
    let headers = json!({"content-type": "application/json"});
    let sent = json!({"method": "POST", "body": set, "headers": headers});
    let answer = page.fetch(&stage.open.at(host, "/_emulator/v1/clock"), sent).await?;
    contains(answer["body"].as_str().unwrap_or_default(), "2031-01-01T00:00:00Z")?;
    let reset = json!({"method": "POST", "body": r#"{"reset": true, "freeze": true}"#});
    let answer = page.fetch(&stage.open.at(host, "/_emulator/v1/clock"), reset).await?;
    equal(&answer["status"], &json!(200))
}

async fn makes_a_namespace(stage: &Stage, host: &str) -> Result {
    let page = stage.page(&stage.allowed()).await?;
    let headers = json!({
        "content-type": "application/json",
        "accept": "application/json",
        "impersonate-user": "me",
    });
    let body = r#"{"metadata": {"name": "from-a-page"}}"#;
    let url = stage.open.at(host, "/api/v1/namespaces");
    let sent = json!({"method": "POST", "body": body, "headers": headers});
    equal(&page.fetch(&url, sent).await?["status"], &json!(201))?;
    let sent = json!({"method": "DELETE", "headers": headers});
    equal(&page.fetch(&format!("{url}/from-a-page"), sent).await?["status"], &json!(200))?;
    // An error is read, too.
    equal(&page.fetch(&format!("{url}/missing"), json!({})).await?["status"], &json!(404))
}

async fn is_given_a_token(stage: &Stage, host: &str) -> Result {
    let page = stage.page(&stage.allowed()).await?;
    let headers = json!({"content-type": "application/json", "authorization": "Bearer any"});
    let sent = json!({"method": "POST", "body": stage.open.subject, "headers": headers});
    let answer = page.fetch(&stage.open.at(host, &Emulator::agent_token()), sent).await?;
    contains(answer["body"].as_str().unwrap_or_default(), "access_token")
}

async fn watches(stage: &Stage, host: &str) -> Result {
    let page = stage.page(&stage.allowed()).await?;
    let url = stage.open.at(host, "/api/v1/secrets?watch=true").replacen("http", "ws", 1);
    message(&page.web_socket(&url).await?)
}

async fn stays_out(stage: &Stage) -> Result {
    let page = stage.page(&stage.under("127.0.0.1")).await?;
    let answer = page.fetch(&stage.open.at("127.0.0.1", "/api/v1/namespaces"), json!({})).await?;
    contains(answer["error"].as_str().unwrap_or_default(), "Failed to fetch")
}

async fn asks_itself(stage: &Stage) -> Result {
    let emulator = &stage.closed;
    let page = stage.open(&emulator.at("127.0.0.1", "/_emulator/v1/clock")).await?;
    contains(&page.text().await?, "\"frozen\":true")?;
    let sent = json!({"method": "POST", "body": r#"{"freeze": true}"#});
    equal(&page.fetch("/_emulator/v1/clock", sent).await?["status"], &json!(200))?;
    equal(&page.fetch("/api/v1/namespaces", json!({})).await?["status"], &json!(200))?;
    let headers = json!({"content-type": "application/json"});
    let sent = json!({"method": "POST", "body": emulator.subject, "headers": headers});
    equal(&page.fetch(&Emulator::agent_token(), sent).await?["status"], &json!(200))?;
    let watch = emulator.at("127.0.0.1", "/api/v1/secrets?watch=true").replacen("http", "ws", 1);
    message(&page.web_socket(&watch).await?)
}

/// An error where no event of a watch came.
fn message(found: &Value) -> Result {
    contains(found["message"].as_str().unwrap_or_default(), "\"ADDED\"")
}
