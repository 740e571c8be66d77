//! Which cases apply to a target, and why the others do not.

use {
    super::Run,
    crate::{
        batch::Item,
        case::{Case, Need},
        level::Level,
        variant::{Protocol, Variant},
    },
    std::collections::HashSet,
};

impl Run {
    /// Whether it is known what the target has of this. What a token tells is not, before one has
    /// been issued.
    pub fn knows(&self, need: Need) -> bool {
        match need {
            _ if self.probed => true,
            Need::Rbac => self.target.facts.features.contains(&Need::Anonymous),
            Need::Uncapped | Need::Capped | Need::OverAnHour => false,
            need => !matches!(need, Need::Extended | Need::OwnKeys),
        }
    }

    /// Whether some case has to make something.
    pub fn needs_namespace(&self, items: &[Item]) -> bool {
        self.target.kubernetes.is_some() && self.makers(items).next().is_some()
    }

    /// The cases that make something, unless the first token tells that they do not apply.
    pub fn makers<'a>(&'a self, items: &'a [Item]) -> impl Iterator<Item = &'a Case> {
        let mut features = self.features.clone();
        if !self.probed {
            features.insert(Need::Capped);
            features.extend((self.level > Level::Must).then_some(Need::Discovery));
        }
        items.iter().filter_map(move |(id, variant)| {
            let case = self.catalog.cases.get(id).filter(|it| it.makes_objects)?;
            self.excluded(id, case, *variant, &features).is_none().then_some(case)
        })
    }

    /// Why a case does not apply to the target, if it does not.
    pub fn skipped(&self, id: &str, case: &Case, variant: Variant) -> Option<String> {
        self.excluded(id, case, variant, &self.features)
    }

    /// Why a case does not apply to a target that has these features.
    fn excluded(
        &self,
        id: &str,
        case: &Case,
        variant: Variant,
        features: &HashSet<Need>,
    ) -> Option<String> {
        let facts = &self.target.facts;
        if case.needs_kubernetes() && self.target.kubernetes.is_none() {
            return Some("no Kubernetes endpoint was named".to_owned());
        }
        if id.starts_with("google/") && self.target.google.is_none() {
            return Some("no Google endpoint was named".to_owned());
        }
        let requirement = self.catalog.requirement(case);
        if let Some(why) = requirement.and_then(|it| it.versions.excludes(facts.minor())) {
            return Some(why);
        }
        if id.starts_with("google/") && self.target.cluster.is_none() {
            let emulated = features.contains(&Need::OwnClusters);
            if !emulated {
                return Some("no attached cluster was named".to_owned());
            }
        }
        if self.read_only && !case.is_read_only() {
            return Some("would make something (--read-only)".to_owned());
        }
        let http2 = if id.starts_with("google/") { facts.google_http2 } else { facts.http2 };
        if variant.protocol() == Protocol::Http2 && !http2 {
            return Some("the target does not offer HTTP/2 by ALPN".to_owned());
        }
        let missing = case.all_needs().find(|it| !features.contains(it));
        missing.map(|it| format!("needs {it}"))
    }
}
