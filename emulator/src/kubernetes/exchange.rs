//! One exchange in the making: the request, who calls, and the warnings collected so far.

use {
    crate::{
        api::Request,
        codec::{
            distinct::Distinct,
            negotiate::{Output, Query},
        },
        kubernetes::{kinds::Resource, objects::watch::Watch, route::Attributes, status::Failure},
        world::{World, callers::Caller, journal::Summary, objects::Object},
    },
    bytes::Bytes,
    http::{HeaderMap, StatusCode},
    serde_json::Value,
    std::{borrow::Cow, cell::RefCell, sync::Arc},
};

/// What every handler is given.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The state.
    pub world: &'a World,
    /// The request.
    pub request: &'a Request,
    /// Its query.
    pub query: Query,
    /// What it is about.
    pub attributes: Attributes<'a>,
    /// Who calls.
    pub caller: Arc<Caller>,
    /// What the client is to be warned of, whatever the outcome.
    pub warnings: RefCell<Distinct<String>>,
    /// What the journal says of it.
    pub summary: RefCell<Summary>,
}

/// What a handler comes to.
#[derive(Debug)]
pub enum Reply {
    /// An object, still to be encoded as the client accepts it.
    Object {
        /// The HTTP status.
        status: u16,
        /// The object, with `apiVersion` and `kind`.
        object: Value,
        /// How it is encoded.
        output: Output,
    },
    /// A list of objects, whose documents are made one at a time: there may be very many.
    List {
        /// The list without its items.
        head: Value,
        /// What they are.
        resource: &'static Resource,
        /// Its items.
        items: Vec<Arc<Object>>,
        /// How it is encoded.
        output: Output,
    },
    /// The changes of objects, as they come.
    Watch(Box<Watch>),
    /// A document that is sent as it is.
    Document {
        /// Its media type.
        content_type: &'static str,
        /// Its text.
        body: Bytes,
        /// `Cache-Control`, where it is not the usual one.
        cache_control: Option<Cow<'static, str>>,
        /// Whether the answer forbids sniffing.
        nosniff: bool,
        /// The HTTP status.
        status: u16,
    },
    /// An answer whose headers its handler knows best, down to its type.
    Served {
        /// The HTTP status.
        status: StatusCode,
        /// What is to stand in place of the usual headers.
        headers: HeaderMap,
        /// The body's bytes.
        body: Bytes,
    },
}

impl Reply {
    /// An answer of headers alone.
    pub fn served(status: StatusCode, headers: HeaderMap) -> Self {
        Self::Served { status, headers, body: Bytes::new() }
    }
}

/// What a handler comes to, or why it does not.
pub type Outcome = Result<Reply, Failure>;

impl Exchange<'_> {
    /// Warns the client of something; the same warning is given once.
    pub fn warn(&self, text: impl Into<String>) {
        self.warnings.borrow_mut().push(text.into());
    }

    /// Adds something that was asked for to the journal's summary. It is no credential.
    pub fn note(&self, name: &'static str, value: impl Into<String>) {
        self.summary.borrow_mut().details.push((name, value.into()));
    }
}
