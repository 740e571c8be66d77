//! Documents that an answer needs from the network.

use {bytes::Bytes, std::time::Duration};

/// A document that a handler needs from the network (a foreign issuer's discovery or keys).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Where: an absolute https URL.
    pub url: String,
}

/// A document from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub body: Bytes,
    /// For how long its server lets it be kept.
    pub keep: Duration,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfetched {
    /// The URL is none that is fetched.
    Url(String),
    /// Nobody could be talked to.
    Unreachable(String),
    /// The answer has another status than 200.
    Status(u16),
    /// It is too long.
    TooLarge,
    /// It leads from one place to the next.
    TooManyRedirects,
    /// It did not come in time.
    TooSlow,
    /// The client would not have waited for it.
    TooLate,
}

impl std::fmt::Display for Unfetched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(why) | Self::Unreachable(why) => formatter.write_str(why),
            Self::Status(status) => write!(formatter, "status {status}"),
            Self::TooLarge => formatter.write_str("too large"),
            Self::TooManyRedirects => formatter.write_str("too many redirects"),
            Self::TooSlow => formatter.write_str("no answer in time"),
            Self::TooLate => formatter.write_str("the client's deadline has passed"),
        }
    }
}

/// Documents fetched so far for one exchange: the URL, and the document or why there is none.
#[derive(Debug, Default)]
pub struct Fetched(pub Vec<(String, Result<Document, Unfetched>)>);

impl Fetched {
    /// What came back from a URL; `None` when it was not asked for yet.
    pub fn get(&self, url: &str) -> Option<&Result<Document, Unfetched>> {
        self.0.iter().find(|(fetched, _)| fetched == url).map(|(_, result)| result)
    }
}
