//! How much a target has to hold to.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The levels, weakest first: whoever is judged at one is judged at all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What the API's own documents demand, and what a client cannot do without.
    Must,
    /// What every implementation seen does, and clients act on.
    Should,
    /// Exact texts and members that nobody acts on.
    Observed,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Observed => "observed",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "must" => Ok(Self::Must),
            "should" => Ok(Self::Should),
            "observed" => Ok(Self::Observed),
            _ => Err("one of must, should, observed".to_owned()),
        }
    }
}
