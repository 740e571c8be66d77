//! A liar with the suite before it: cases are run, honestly or not, at a level.

use {
    crate::{
        liar::{Deceit, Liar},
        upstream::Server,
    },
    std::sync::Arc,
    token_conformance::{
        batch::Item,
        catalog::Catalog,
        client::{Client, Endpoint, tls},
        exchange::{Answer, Request},
        level::Level,
        run::Run,
        target::{Side, Target},
        verdict::Verdict,
    },
};

/// One liar, and the runs that judge it.
pub(crate) struct Stage {
    pub(crate) liar: Liar,
    catalog: Arc<Catalog>,
    should: Run,
    observed: Run,
}

impl Stage {
    /// Sets one up, before a server with a cap on lifetimes (of 0 seconds: without).
    pub(crate) async fn new(
        catalog: Arc<Catalog>,
        server: &Server,
        cap: u64,
    ) -> Result<Self, String> {
        let liar = Liar::start(Arc::new(server.connect(cap).await?)).await?;
        let target = Arc::new(target(&liar).await?);
        let should = open(&catalog, &target, Level::Should).await?;
        let observed = open(&catalog, &target, Level::Observed).await?;
        Ok(Self { liar, catalog, should, observed })
    }

    /// Why a case does not apply here, if it does not.
    pub(crate) fn skipped(&self, (id, variant): &Item) -> Option<String> {
        self.should.skipped(id, self.catalog.cases.get(id)?, *variant)
    }

    /// What a case comes to.
    pub(crate) async fn judge(&self, item: &Item, level: Level) -> Verdict {
        if !self.binds(item, level) {
            return Verdict::Passed;
        }
        let run = if level == Level::Observed { &self.observed } else { &self.should };
        judge(&self.catalog, run, item).await
    }

    /// Whether a case is run at a level.
    pub(crate) fn binds(&self, item: &Item, level: Level) -> bool {
        let requirement = self.catalog.cases.get(&item.0);
        let requirement = requirement.and_then(|case| self.catalog.requirement(case));
        requirement.is_some_and(|it| it.level <= level)
    }

    /// What is asked of a server before any case is run.
    pub(crate) async fn learn(
        &self,
        catalog: &Arc<Catalog>,
    ) -> Result<Vec<(Request, Answer)>, String> {
        self.liar.record();
        let target = Arc::new(target(&self.liar).await?);
        let run = open(catalog, &target, Level::Should).await?;
        let heard = self.liar.heard();
        run.close().await;
        Ok(heard)
    }

    /// What cases come to when the server lies already while it is being got to know; an error
    /// where it lies so that nothing is judged.
    pub(crate) async fn judge_from_the_start(
        &self,
        deceit: Arc<dyn Deceit>,
        items: &[Item],
        level: Level,
    ) -> Result<Vec<String>, String> {
        self.liar.set(Some(deceit));
        let told = self.tell_from_the_start(items, level).await;
        self.liar.set(None);
        told
    }

    async fn tell_from_the_start(
        &self,
        items: &[Item],
        level: Level,
    ) -> Result<Vec<String>, String> {
        let target = target(&self.liar).await?;
        let run = open(&self.catalog, &Arc::new(target), level).await?;
        let mut told = Vec::new();
        for item in items.iter().filter(|it| self.binds(it, level)) {
            let verdict = judge(&self.catalog, &run, item).await;
            if is_caught(&verdict) {
                told.push(format!("{} {verdict:?}", item.0));
            }
            // One that tells is enough, unless nobody should.
            if !told.is_empty() && level > Level::Must {
                break;
            }
        }
        self.liar.set(None);
        run.close().await;
        Ok(told)
    }

    /// Takes away what was made.
    pub(crate) async fn close(&self) {
        self.liar.set(None);
        for run in [&self.should, &self.observed] {
            run.close().await;
        }
    }
}

/// Whether a verdict makes the exit code 1.
pub(crate) fn is_caught(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Failed(_) | Verdict::CouldNotRun(_))
}

async fn judge(catalog: &Catalog, run: &Run, (id, variant): &Item) -> Verdict {
    match catalog.cases.get(id) {
        Some(case) => run.case(id, case, *variant).await.verdict,
        None => Verdict::CouldNotRun("there is no such case".to_owned()),
    }
}

async fn open(catalog: &Arc<Catalog>, target: &Arc<Target>, level: Level) -> Result<Run, String> {
    let mut run = Run::new(Arc::clone(catalog), Arc::clone(target), level);
    run.open().await?;
    Ok(run)
}

/// The liar as a target.
async fn target(liar: &Liar) -> Result<Target, String> {
    let side = |token: &str| {
        let tls = tls::config(&tls::Trust::Anybody, None)?;
        let client = Client::new(Endpoint::parse(&liar.url())?, tls);
        Ok::<_, String>(Side::new(client, Some(token.to_owned())))
    };
    let upstream = liar.upstream();
    let google = upstream.google.as_deref().map(side).transpose()?;
    let kubernetes = Some(side(&upstream.token)?);
    let mut target = Target { kubernetes, google, ..Target::default() };
    target.learn().await.map_err(|unfit| unfit.to_string())?;
    Ok(target)
}
