//! What is there when a check begins: a browser, a site, an emulator that allows no page, and one
//! that allows the site's.

use {
    crate::{Args, Result, client, driver::Driver, page::Page, site},
    serde_json::{Value, json},
    token_launch::Server,
};

/// A cluster that trusts the emulator's own issuer.
const CLUSTER: &str = "projects/p/locations/us-west1/attachedClusters/c";

/// An emulator, and how it is asked.
pub(crate) struct Emulator {
    server: Server,
    /// The body for which [`Emulator::agent_token`] gives an agent token.
    pub(crate) subject: String,
}

/// All that a check needs.
pub(crate) struct Stage {
    driver: Driver,
    site: u16,
    /// Allows no page.
    pub(crate) closed: Emulator,
    /// Allows the pages of [`Stage::allowed`].
    pub(crate) open: Emulator,
}

impl Stage {
    /// Starts all of it.
    pub(crate) async fn set(args: &Args) -> Result<Self> {
        let site = site::open().await?;
        let allow = format!("--allow-origin={}", allowed(site));
        Ok(Self {
            closed: Emulator::start(args, &[]).await?,
            open: Emulator::start(args, &[&allow]).await?,
            driver: Driver::start(args).await?,
            site,
        })
    }

    /// The origin that is allowed by one emulator.
    pub(crate) fn allowed(&self) -> String {
        allowed(self.site)
    }

    /// The origin of the site under another name.
    pub(crate) fn under(&self, host: &str) -> String {
        format!("http://{host}:{}", self.site)
    }

    /// Opens a page of an origin.
    pub(crate) async fn page(&self, origin: &str) -> Result<Page<'_>> {
        Page::open(&self.driver.browser, &format!("{origin}/page")).await
    }

    /// Opens any page.
    pub(crate) async fn open(&self, url: &str) -> Result<Page<'_>> {
        Page::open(&self.driver.browser, url).await
    }

    /// Ends the browser.
    pub(crate) async fn close(self) -> Result {
        Ok(self.driver.browser.close().await?)
    }
}

fn allowed(site: u16) -> String {
    format!("http://localhost:{site}")
}

impl Emulator {
    /// Starts one with these flags, whose clock stands still, with a secret and a cluster.
    async fn start(args: &Args, flags: &[&str]) -> Result<Self> {
        let flags = [&["--google-operation-duration=0"], flags].concat();
        let server = Server::start(&args.emulator, &flags)?;
        let emulator = Self { server, subject: String::new() };
        emulator.ask("POST", "/_emulator/v1/clock", Some(json!({"freeze": true}))).await?;
        let secret = json!({"metadata": {"name": "a-secret"}});
        let secrets = "/api/v1/namespaces/default/secrets";
        emulator.wanted(201, "POST", secrets, Some(secret)).await?;
        let cluster = json!({
            "distribution": "generic",
            "platformVersion": "1.33.0-gke.1",
            "fleet": {"project": "projects/1"},
            "oidcConfig": {"issuerUrl": "https://kubernetes.default.svc.cluster.local"},
        });
        let (parent, id) = CLUSTER.rsplit_once('/').unwrap_or_default();
        let create = format!("/v1/{parent}?attachedClusterId={id}");
        emulator.wanted(200, "POST", &create, Some(cluster)).await?;
        let mint = json!({"cluster": CLUSTER});
        let minted = emulator.wanted(200, "POST", "/_emulator/v1/mint", Some(mint)).await?;
        let subject = json!({
            "subjectToken": minted["token"],
            "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
            "version": "v1",
        });
        Ok(Self { subject: subject.to_string(), ..emulator })
    }

    /// Where an agent token is given.
    pub(crate) fn agent_token() -> String {
        format!("/v1/{CLUSTER}:generateAttachedClusterAgentToken")
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> &str {
        self.server.address().rsplit_once(':').map_or("", |(_, port)| port)
    }

    /// A URL of it, by the name or the address of a host.
    pub(crate) fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port())
    }

    /// A URL of it over https.
    pub(crate) fn over_https(&self) -> String {
        format!("https://127.0.0.1:{}", self.port())
    }

    /// Asks it as what is no browser does.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, Value)> {
        client::ask(self.server.address(), method, path, body).await
    }

    /// The same, where only one status will do.
    pub(crate) async fn wanted(
        &self,
        status: u16,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        match self.ask(method, path, body).await? {
            (found, answer) if found == status => Ok(answer),
            (found, answer) => Err(format!("{method} {path} is answered {found}: {answer}").into()),
        }
    }
}
