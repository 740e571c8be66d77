//! Pages of other sites: whatever they send, nothing changes and nothing is read.

use {
    crate::{
        Result,
        page::Page,
        stage::{Emulator, Stage},
        tally::Tally,
    },
    serde_json::{Value, json},
};

/// A page, and the URL by which it asks the emulator.
struct Visit<'a> {
    name: &'static str,
    origin: String,
    base: String,
    emulator: &'a Emulator,
}

/// Checks the pages of each kind of site, by each way to the emulator.
pub(crate) async fn check(stage: &Stage, tally: &mut Tally) {
    let emulator = &stage.closed;
    let visit = |name, host, base| Visit { name, origin: stage.under(host), base, emulator };
    for visit in [
        visit("another port", "localhost", emulator.at("localhost", "")),
        visit("another host", "page.example", emulator.at("127.0.0.1", "")),
        visit("another host, over https", "page.example", emulator.over_https()),
        // A browser does not take these for this machine, and does not mark requests to them.
        visit("another host, by 0.0.0.0", "page.example", emulator.at("0.0.0.0", "")),
        visit(
            "another host, by a mapped address",
            "page.example",
            emulator.at("[::ffff:127.0.0.1]", ""),
        ),
    ] {
        let named = |what: &str| format!("a page of {} {what}", visit.name);
        // This goes first: a token would be too old if the clock were moved.
        tally.note(&named("is given no agent token"), visit.is_given_no_token(stage).await);
        tally.note(&named("moves no clock"), visit.moves_no_clock(stage).await);
        tally.note(&named("orders no fault by a form"), visit.submits_no_form(stage).await);
        tally.note(&named("makes no namespace"), visit.makes_no_namespace(stage).await);
        tally.note(&named("watches no secrets"), visit.watches_nothing(stage).await);
        tally.note(&named("reads nothing as a script"), visit.loads_nothing(stage).await);
        if visit.is_marked() {
            tally.note(&named("links to no control"), visit.leads_nowhere(stage).await);
        }
    }
    tally.note("a page of a frame without an origin moves no clock", frame(stage).await);
}

impl Visit<'_> {
    /// Whether a browser says of each request whose page sends it.
    fn is_marked(&self) -> bool {
        !self.base.contains("0.0.0.0") && !self.base.contains("ffff")
    }

    async fn page<'a>(&self, stage: &'a Stage) -> Result<Page<'a>> {
        stage.page(&self.origin).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn moves_no_clock(&self, stage: &Stage) -> Result {
        let before = self.emulator.wanted(200, "GET", "/_emulator/v1/clock", None).await?;
        let page = self.page(stage).await?;
        let sent = json!({"method": "POST", "mode": "no-cors", "body": r#"{"advance": "1h"}"#});
        page.fetch(&self.url("/_emulator/v1/clock"), sent).await?;
        let after = self.emulator.wanted(200, "GET", "/_emulator/v1/clock", None).await?;
        equal(&after, &before)
    }

    async fn submits_no_form(&self, stage: &Stage) -> Result {
        let page = self.page(stage).await?;
        // With what a form puts behind a field's name, this is JSON.
        let field = r#"{"code": 503, "path": "/none", "message": ""#;
        page.submit(&self.url("/_emulator/v1/faults"), field).await?;
        let faults = self.emulator.wanted(200, "GET", "/_emulator/v1/faults", None).await?;
        equal(&faults, &json!({"faults": []}))
    }

    async fn makes_no_namespace(&self, stage: &Stage) -> Result {
        let page = self.page(stage).await?;
        let body = r#"{"metadata": {"name": "from-a-page"}}"#;
        let sent = json!({"method": "POST", "mode": "no-cors", "body": body, "typeless": true});
        page.fetch(&self.url("/api/v1/namespaces"), sent).await?;
        let path = "/api/v1/namespaces/from-a-page";
        self.emulator.wanted(404, "GET", path, None).await.map(drop)
    }

    async fn is_given_no_token(&self, stage: &Stage) -> Result {
        let page = self.page(stage).await?;
        let headers = json!({"content-type": "application/json"});
        let sent = json!({"method": "POST", "body": self.emulator.subject, "headers": headers});
        let answer = page.fetch(&self.url(&Emulator::agent_token()), sent).await?;
        if answer["status"] == 403 || answer["error"].is_string() {
            return Ok(());
        }
        Err(format!("it is answered {answer}").into())
    }

    async fn watches_nothing(&self, stage: &Stage) -> Result {
        let page = self.page(stage).await?;
        let url = self.url("/api/v1/secrets?watch=true").replacen("http", "ws", 1);
        equal(&page.web_socket(&url).await?, &json!({"closed": true}))
    }

    async fn loads_nothing(&self, stage: &Stage) -> Result {
        let page = self.page(stage).await?;
        let url = self.url("/v1/projects/p/locations/us-west1/attachedClusters?callback=told");
        equal(&page.load_script(&url).await?, &json!({"error": "not loaded"}))
    }

    async fn leads_nowhere(&self, stage: &Stage) -> Result {
        let page = self.page(stage).await?;
        let shown = page.click(&self.url("/_emulator/v1/journal")).await?;
        contains(&shown, "the request comes from a page of another site")
    }
}

/// A frame that is kept apart has `null` for an origin.
async fn frame(stage: &Stage) -> Result {
    let emulator = &stage.closed;
    let before = emulator.wanted(200, "GET", "/_emulator/v1/clock", None).await?;
    let page = stage.open("data:text/html,<body></body>").await?;
    let sent = json!({"method": "POST", "mode": "no-cors", "body": r#"{"advance": "1h"}"#});
    page.fetch(&emulator.at("127.0.0.1", "/_emulator/v1/clock"), sent).await?;
    equal(&emulator.wanted(200, "GET", "/_emulator/v1/clock", None).await?, &before)
}

/// An error where something else came.
pub(crate) fn equal(found: &Value, wanted: &Value) -> Result {
    if found == wanted { Ok(()) } else { Err(format!("found {found}, wanted {wanted}").into()) }
}

/// An error where a text is not what it should be.
pub(crate) fn contains(found: &str, wanted: &str) -> Result {
    if found.contains(wanted) {
        return Ok(());
    }
    Err(format!("found {found:?}, wanted {wanted:?} in it").into())
}
