//! One lie, the cases that it is told to, and when.

use {
    crate::{
        lie::Lie,
        sweep::{Fate, Kind},
    },
    std::{collections::BTreeSet, fmt, sync::Arc},
};

/// When a lie is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Occasion {
    /// To every request that is judged.
    Always,
    /// To the second of its kind that is judged in a case, and to no other.
    Second,
    /// To every request, from when on the suite gets to know the server.
    FromTheStart,
}

/// A lie that is to be told.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    pub(crate) lie: Lie,
    pub(crate) kind: Arc<Kind>,
    pub(crate) occasion: Occasion,
    /// Whether it is told by a server with a cap on lifetimes.
    pub(crate) capped: bool,
}

/// What became of it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) telling: Telling,
    pub(crate) fate: Fate,
    /// The cases that heard it, whether they told or not.
    pub(crate) heard: Vec<String>,
}

impl Telling {
    /// Every lie about a kind of answer, on every occasion there is.
    pub(crate) fn all(name: &str, kind: Kind, capped: bool) -> Vec<Self> {
        let kind = Arc::new(kind);
        let none = BTreeSet::new();
        let from_the_start = if kind.is_prepared { &kind.lies } else { &none };
        let mut all = Vec::new();
        for (occasion, abouts) in [
            (Occasion::Always, &kind.lies),
            (Occasion::Second, &kind.second),
            (Occasion::FromTheStart, from_the_start),
        ] {
            all.extend(abouts.iter().map(|about| Self {
                lie: Lie { kind: name.to_owned(), about: about.clone() },
                kind: Arc::clone(&kind),
                occasion,
                capped,
            }));
        }
        all
    }

    /// What is counted together.
    pub(crate) fn group(&self) -> String {
        format!("{}{}", self.lie.about.group(), self.occasion)
    }
}

impl fmt::Display for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.lie.kind, self.lie.about, self.occasion)
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "",
            Self::Second => ", the second time only",
            Self::FromTheStart => ", from the start",
        })
    }
}
