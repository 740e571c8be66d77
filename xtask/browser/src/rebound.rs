//! A page whose name is made to lead to the emulator, once it is open: to a browser the two are one
//! site.

use {
    crate::{
        Result,
        foreign::{contains, equal},
        stage::{Emulator, Stage},
        tally::Tally,
    },
    serde_json::json,
};

const HOST: &str = "rebound.example";

/// Checks what such a page reads, and what it does.
pub(crate) async fn check(stage: &Stage, tally: &mut Tally) {
    tally.note("a rebound page reads no secrets", reads_nothing(stage).await);
    tally.note("a rebound page moves no clock", moves_no_clock(stage).await);
    tally.note("a rebound page is given no agent token", is_given_no_token(stage).await);
    tally.note("a rebound page watches no secrets", watches_nothing(stage).await);
}

async fn reads_nothing(stage: &Stage) -> Result {
    let page = stage.open(&stage.closed.at(HOST, "/version")).await?;
    contains(&page.text().await?, "rebound.example is not a name of this server")?;
    let answer = page.fetch("/api/v1/secrets", json!({})).await?;
    equal(&answer["status"], &json!(421))
}

async fn moves_no_clock(stage: &Stage) -> Result {
    let emulator = &stage.closed;
    let before = emulator.wanted(200, "GET", "/_emulator/v1/clock", None).await?;
    let page = stage.open(&emulator.at(HOST, "/version")).await?;
    let sent = json!({"method": "POST", "body": r#"{"advance": "1h"}"#});
    let answer = page.fetch("/_emulator/v1/clock", sent).await?;
    equal(&answer["status"], &json!(421))?;
    equal(&emulator.wanted(200, "GET", "/_emulator/v1/clock", None).await?, &before)
}

async fn is_given_no_token(stage: &Stage) -> Result {
    let page = stage.open(&stage.closed.at(HOST, "/version")).await?;
    let headers = json!({"content-type": "application/json"});
    let sent = json!({"method": "POST", "body": stage.closed.subject, "headers": headers});
    let answer = page.fetch(&Emulator::agent_token(), sent).await?;
    equal(&answer["status"], &json!(421))
}

async fn watches_nothing(stage: &Stage) -> Result {
    let page = stage.open(&stage.closed.at(HOST, "/version")).await?;
    let url = stage.closed.at(HOST, "/api/v1/secrets?watch=true").replacen("http", "ws", 1);
    equal(&page.web_socket(&url).await?, &json!({"closed": true}))
}
