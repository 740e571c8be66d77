//! What was judged and by what: the target as far as it is known, and the suite.

use {
    super::escape,
    crate::{case::Need, run::Run, target::Side},
    serde::Serialize,
    std::fmt::Write as _,
};

/// What a cluster may have.
const KUBERNETES: &[Need] = &[
    Need::Rbac,
    Need::Anonymous,
    Need::Discovery,
    Need::Extended,
    Need::NoControllers,
    Need::Uncapped,
    Need::OverAnHour,
    Need::OwnKeys,
    Need::Clock,
];
/// What the Google API may have.
const GOOGLE: &[Need] = &[Need::GoogleAuth, Need::OwnClusters, Need::SubjectToken, Need::Clock];

/// Target and suite.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// The Kubernetes side.
    pub kubernetes: Option<Known>,
    /// The Google side.
    pub google: Option<Known>,
    /// The suite's version.
    #[serde(skip)]
    pub suite: &'static str,
    /// The digest of its cases, requirements and snapshots.
    #[serde(skip)]
    pub digest: String,
}

/// What is known of one side.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// Its URL.
    pub endpoint: String,
    /// The version that it tells.
    pub version: Option<String>,
    /// What was found out about it. What it has is not skipped for want of that.
    pub features: Vec<Feature>,
}

/// Something that a side has or has not.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    /// Its name, as `needs` of a case has it.
    pub name: String,
    /// What it is.
    pub words: String,
    /// Whether it is there.
    pub present: bool,
    /// Whether it is told among what the side has, which is so too where another thing is there
    /// instead, or among what it lacks, or goes without saying.
    #[serde(skip)]
    told: Option<bool>,
}

impl Identity {
    /// Of a run, which knows more once it is open.
    pub fn of(run: &Run) -> Self {
        let facts = &run.target.facts;
        let known = |side: &Side, version: Option<&String>, needs: &[Need], http2: bool| {
            let known = needs.iter().filter(|it| run.knows(**it));
            let mut features: Vec<Feature> = known.map(|it| feature(run, *it)).collect();
            let (name, words) = ("http2".to_owned(), "HTTP/2".to_owned());
            features.push(Feature { name, words, present: http2, told: Some(http2) });
            let doubt = facts.party.as_ref().and_then(|it| it.doubt.as_ref());
            if let Some(why) = doubt.filter(|_| needs.contains(&Need::Discovery)) {
                let words = format!("keys that can be read where its document says ({why})");
                features.push(Feature {
                    name: "keys".to_owned(),
                    words,
                    present: false,
                    told: Some(false),
                });
            }
            let endpoint = side.client.endpoint().to_string();
            Known { endpoint, version: version.cloned(), features }
        };
        let (kubernetes, google) = (&run.target.kubernetes, &run.target.google);
        Self {
            kubernetes: kubernetes
                .as_ref()
                .map(|it| known(it, facts.version.as_ref(), KUBERNETES, facts.http2)),
            google: google.as_ref().map(|it| known(it, None, GOOGLE, facts.google_http2)),
            suite: env!("CARGO_PKG_VERSION"),
            digest: run.catalog.digest(),
        }
    }

    /// The sides that are there, each with the name of its API.
    pub fn sides(&self) -> impl Iterator<Item = (&'static str, &Known)> {
        let sides = [("Kubernetes", &self.kubernetes), ("Google", &self.google)];
        sides.into_iter().filter_map(|(name, it)| Some((name, it.as_ref()?)))
    }

    /// In words, for a terminal.
    pub fn told(&self) -> String {
        let mut out = String::new();
        for (name, known) in self.sides() {
            let version = match (name, &known.version) {
                (_, Some(version)) => format!(", {}", escape::line(version)),
                ("Kubernetes", None) => ", version not told".to_owned(),
                _ => String::new(),
            };
            let _ = writeln!(out, "{name}: {}{version}", escape::line(&known.endpoint));
            for (verb, present) in [("has", true), ("lacks", false)] {
                let words = known.words(present);
                if !words.is_empty() {
                    let _ = writeln!(out, "  {verb} {}", escape::line(&words.join(", ")));
                }
            }
        }
        out
    }
}

impl Known {
    /// What is there, or is not.
    pub fn words(&self, present: bool) -> Vec<&str> {
        let features = self.features.iter().filter(|it| it.told == Some(present));
        features.map(|it| it.words.as_str()).collect()
    }
}

fn feature(run: &Run, need: Need) -> Feature {
    let name = serde_json::to_value(need).ok();
    let name = name.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
    let present = run.features().contains(&need);
    let instead = match (need, present) {
        (Need::NoControllers, true) => Some("no controllers"),
        (Need::NoControllers, false) => Some("controllers"),
        (Need::Uncapped, true) => Some("no cap on lifetimes"),
        (Need::Uncapped, false) => Some("a cap on lifetimes"),
        (Need::Extended, false) => Some("no lifetimes extended for pods"),
        (Need::OwnKeys, false) => Some("keys of an external signer"),
        _ => None,
    };
    let told = match (need, present) {
        (Need::OwnKeys | Need::OverAnHour, true) => None,
        _ => Some(present || instead.is_some()),
    };
    let words = instead.map_or_else(|| short(need), str::to_owned);
    Feature { name, words, present, told }
}

/// What it is, said of an endpoint and not of a case.
fn short(need: Need) -> String {
    match need {
        Need::GoogleAuth => "authentication".to_owned(),
        Need::OwnClusters => "room for clusters of the suite's own".to_owned(),
        Need::SubjectToken => "a subject token".to_owned(),
        Need::Extended => "lifetimes extended for pods".to_owned(),
        need => need.to_string(),
    }
}
