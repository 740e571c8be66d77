//! A page that is open in the browser, and what its scripts find.

use {
    crate::Result,
    fantoccini::Client,
    serde_json::{Value, json},
};

/// Sends a request, and says what of the answer the page gets: its status and its text, or an error.
const FETCH: &str = "
    const [url, init, done] = arguments;
    if (init.typeless) { init.body = new Blob([init.body]); }
    fetch(url, init).then(
        async response => done({status: response.status, body: await response.text()}),
        error => done({error: String(error)}));
";

/// Opens a WebSocket, and says what comes first: a message, or its end.
const WEB_SOCKET: &str = "
    const [url, done] = arguments;
    const socket = new WebSocket(url);
    socket.onmessage = message => { socket.close(); done({message: message.data}); };
    socket.onclose = () => done({closed: true});
";

/// Loads a script, which calls `told` with what it has, and says what it told.
const LOAD_SCRIPT: &str = "
    const [url, done] = arguments;
    window.told = value => done({told: value});
    const script = document.createElement('script');
    script.src = url;
    script.onerror = () => done({error: 'not loaded'});
    document.body.append(script);
";

/// Submits a form of text, which goes to another page.
const SUBMIT: &str = "
    const [url, name, done] = arguments;
    const form = document.createElement('form');
    form.method = 'post';
    form.enctype = 'text/plain';
    form.action = url;
    const field = document.createElement('input');
    [field.name, field.value] = [name, '\"}'];
    form.append(field);
    document.body.append(form);
    form.submit();
    done();
";

/// Clicks on a link, which goes to another page.
const CLICK: &str = "
    const [url, done] = arguments;
    const link = document.createElement('a');
    link.href = url;
    document.body.append(link);
    link.click();
    done();
";

/// The page that is open.
pub(crate) struct Page<'a> {
    browser: &'a Client,
}

impl<'a> Page<'a> {
    /// Opens a page, as if its address were typed in.
    pub(crate) async fn open(browser: &'a Client, url: &str) -> Result<Self> {
        browser.goto(url).await?;
        Ok(Self { browser })
    }

    /// Sends a request with the options of `fetch`.
    pub(crate) async fn fetch(&self, url: &str, init: Value) -> Result<Value> {
        self.run(FETCH, vec![json!(url), init]).await
    }

    /// Opens a WebSocket.
    pub(crate) async fn web_socket(&self, url: &str) -> Result<Value> {
        self.run(WEB_SOCKET, vec![json!(url)]).await
    }

    /// Loads a script.
    pub(crate) async fn load_script(&self, url: &str) -> Result<Value> {
        self.run(LOAD_SCRIPT, vec![json!(url)]).await
    }

    /// Submits a form, whose one field has this name, and shows what comes of it.
    pub(crate) async fn submit(&self, url: &str, name: &str) -> Result<String> {
        self.run(SUBMIT, vec![json!(url), json!(name)]).await?;
        self.arrive(url).await
    }

    /// Clicks on a link, and shows where it leads.
    pub(crate) async fn click(&self, url: &str) -> Result<String> {
        self.run(CLICK, vec![json!(url)]).await?;
        self.arrive(url).await
    }

    /// What the page shows.
    pub(crate) async fn text(&self) -> Result<String> {
        let text = self.browser.execute("return document.body.innerText", Vec::new()).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    async fn arrive(&self, url: &str) -> Result<String> {
        self.browser.wait().for_url(&url.parse()?).await?;
        self.text().await
    }

    async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.browser.execute_async(script, arguments).await?)
    }
}
