//! One operation: what it does, and what becomes of its cluster when it ends, well or badly.

use {
    crate::world::{
        World,
        clusters::AttachedCluster,
        hosted::HostedResource,
        registry::{Registered, Registry, State},
    },
    jiff::Timestamp,
    std::sync::Arc,
};

/// Something that is done to a cluster or the like, and takes its time.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `projects/P/locations/L/operations/ID`
    pub name: String,
    /// What is done.
    pub verb: Verb,
    /// The name of the cluster that it is done to.
    pub target: String,
    /// The identity of that cluster; empty when there was none.
    pub target_uid: String,
    /// When it began.
    pub create_time: Timestamp,
    /// When it ends, or has ended.
    pub end_time: Timestamp,
    /// Whether somebody asked for its end before its time.
    pub requested_cancellation: bool,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// What is to go wrong with it.
    pub failure: Option<Failure>,
}

/// What goes wrong with an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of a canonical code.
    pub code: String,
    /// The sentence.
    pub message: String,
}

/// What is done to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It is registered.
    Create,
    /// It is changed.
    Update,
    /// It is registered from its fleet membership.
    Import,
    /// It is taken away.
    Delete,
}

/// How an operation ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With an attached cluster.
    Cluster(Arc<AttachedCluster>),
    /// With something on AWS or Azure.
    Hosted(Arc<HostedResource>),
    /// With one less.
    Gone,
    /// Before its time, as somebody asked.
    Cancelled,
    /// Badly.
    Failed(Failure),
}

impl Operation {
    pub(super) fn succeed(&self, world: &World) -> Outcome {
        let World { clusters, hosted, .. } = world;
        if self.verb == Verb::Delete {
            clusters.remove(&self.target, &self.target_uid);
            hosted.remove(&self.target, &self.target_uid);
            return Outcome::Gone;
        }
        let settled = self.settle(clusters).map(Outcome::Cluster);
        settled.or_else(|| self.settle(hosted).map(Outcome::Hosted)).unwrap_or(Outcome::Gone)
    }

    fn settle<T: Registered>(&self, registry: &Registry<T>) -> Option<Arc<T>> {
        registry.change(&self.target, &self.target_uid, |member| {
            // A deletion that began meanwhile goes on.
            let stopping = member.state() == State::Stopping;
            let state = if stopping { State::Stopping } else { State::Running };
            member.settle(state, self.end_time);
            member.forgive();
        })
    }

    /// What was to be made or taken away is broken; what was to be changed stays as its clients
    /// see it, and says what went wrong.
    pub(super) fn fail(&self, world: &World, failure: &Failure) -> Outcome {
        self.break_off(&world.clusters, failure);
        self.break_off(&world.hosted, failure);
        Outcome::Failed(failure.clone())
    }

    fn break_off<T: Registered>(&self, registry: &Registry<T>, failure: &Failure) {
        registry.change(&self.target, &self.target_uid, |member| {
            member.fail(&failure.message);
            if self.verb == Verb::Update {
                member.settle(State::Degraded, self.end_time);
            }
        });
    }

    pub(super) fn give_up(&self, world: &World) {
        self.abandon(&world.clusters);
        self.abandon(&world.hosted);
    }

    fn abandon<T: Registered>(&self, registry: &Registry<T>) {
        registry.change(&self.target, &self.target_uid, |member| match self.verb {
            Verb::Create | Verb::Import => member.fail("The operation was cancelled."),
            Verb::Update | Verb::Delete => member.settle(State::Running, self.end_time),
        });
    }
}

impl Outcome {
    /// About how many bytes it keeps from being freed.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Cluster(cluster) => cluster.weight(),
            Self::Hosted(resource) => resource.weight(),
            Self::Gone | Self::Cancelled | Self::Failed(_) => 0,
        }
    }
}
