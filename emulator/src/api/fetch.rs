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
    /// How long its server allows to keep it.
    pub keep: Duration,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfetched {
    /// The URL cannot be fetched, for this reason.
    Url(String),
    /// No connection, for this reason.
    Unreachable(String),
    /// The answer has another status than 200.
    Status(u16),
    /// It is too long.
    TooLarge,
    /// One redirect led to the next, too often.
    TooManyRedirects,
    /// It did not come in time.
    TooSlow,
    /// The client's deadline passed first.
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
