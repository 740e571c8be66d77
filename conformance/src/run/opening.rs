//! What a run makes for all of its cases, and what it learns by that.

use {
    super::{Run, random, tag},
    crate::{
        case::Need,
        exchange::Answer,
        ledger::Made,
        level::Level,
        probe::{EXTENDED, LONGEST, Probe},
        target::{SECRETS, Side},
        token::is_discoverable,
    },
    serde_json::json,
    std::sync::Arc,
};

impl Run {
    /// Makes the namespace, and finds out there what can only be found out by issuing a token.
    /// Where it is refused, only the cases that need it cannot run.
    pub async fn open(&mut self) -> Result<(), String> {
        let target = Arc::clone(&self.target);
        let Some(side) = target.kubernetes.as_ref().filter(|_| !self.read_only) else {
            return Ok(());
        };
        if self.own {
            self.ledger.add(Made::Object(format!("/api/v1/namespaces/{}", self.namespace)));
            let body = json!({"metadata": {"name": self.namespace}});
            let answer = side.ask("POST", "/api/v1/namespaces", Some(&body)).await;
            let answer = answer.map_err(|error| error.0)?;
            if answer.status != 201 {
                self.ledger.forget(&Made::Object(format!("/api/v1/namespaces/{}", self.namespace)));
                let why = refused(&self.namespace, &answer);
                self.unopened = Some(target.redactor().text(&why).text);
                return Ok(());
            }
        }
        let probe = Probe::send(side, &self.namespace, &self.ledger, &tag(random())).await;
        self.learn(&probe);
        if !self.target.facts.features.contains(&Need::Anonymous)
            && !refuses(side, probe.token.as_deref()).await
        {
            self.features.remove(&Need::Rbac);
        }
        (self.issuer, self.audience) = (probe.issuer, probe.audience);
        (self.audiences, self.longest) = (probe.audiences, probe.lifetime);
        // A cluster may hide its documents; what claims to be kube-apiserver has them wherever its
        // issuer is a URL.
        if self.level > Level::Must && self.issuer.as_deref().is_none_or(is_discoverable) {
            self.features.insert(Need::Discovery);
        }
        Ok(())
    }

    /// What the first tokens tell. Where none was issued, the cases will tell it.
    fn learn(&mut self, probe: &Probe) {
        let Some(lifetime) = probe.lifetime else { return };
        self.probed = true;
        if lifetime != LONGEST {
            self.features.insert(Need::Capped);
        }
        for (need, lacks) in [
            (Need::Uncapped, lifetime != LONGEST),
            (Need::OverAnHour, lifetime < EXTENDED),
            (Need::Extended, probe.plain),
            (Need::OwnKeys, probe.typed),
        ] {
            if lacks {
                self.features.remove(&need);
            }
        }
    }
}

/// Whether a service account without any role is refused.
async fn refuses(side: &Side, token: Option<&str>) -> bool {
    let Some(token) = token else { return false };
    side.ask_as(token, SECRETS).await.is_ok_and(|it| it.status == 403)
}

/// Why the namespace is not there.
fn refused(namespace: &str, answer: &Answer) -> String {
    let body = answer.value().unwrap_or_default();
    let message = body["message"].as_str().unwrap_or_default();
    format!(
        "the namespace {namespace} cannot be made ({} {message}); --namespace takes one that is \
         there",
        answer.status
    )
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{catalog::Catalog, target::Target},
        rstest::rstest,
    };

    #[rstest]
    #[case::usual(Probe { lifetime: Some(LONGEST), ..Probe::default() }, &[])]
    #[case::an_hour(
        Probe { lifetime: Some(3600), ..Probe::default() },
        &[Need::Uncapped, Need::OverAnHour]
    )]
    #[case::external(
        Probe { lifetime: Some(86400), typed: true, plain: true, ..Probe::default() },
        &[Need::Uncapped, Need::OwnKeys, Need::Extended]
    )]
    #[case::refused(Probe { typed: true, ..Probe::default() }, &[])]
    fn the_first_tokens_tell_what_is_lacking(#[case] probe: Probe, #[case] lacking: &[Need]) {
        let (catalog, target) = (Catalog::default(), Target::default());
        let mut run = Run::new(Arc::new(catalog), Arc::new(target), Level::Should);
        let assumed = run.features().clone();
        run.learn(&probe);
        let lost: Vec<_> = assumed.difference(run.features()).collect();
        assert_eq!(lost.len(), lacking.len(), "{lost:?}");
        assert!(lost.iter().all(|it| lacking.contains(it)), "{lost:?}");
    }
}
