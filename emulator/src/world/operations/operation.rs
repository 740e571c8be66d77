//! One operation: what it does, and what becomes of its cluster when it ends, well or badly.

use {
    crate::world::{
        World,
        attached_cluster::{AttachedCluster, State},
    },
    jiff::Timestamp,
    std::sync::Arc,
};

/// Something that is done to a cluster, and takes its time.
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
    /// With one less.
    Gone,
    /// Before its time, as somebody asked.
    Cancelled,
    /// Badly.
    Failed(Failure),
}

impl Operation {
    pub(super) fn succeed(&self, world: &World) -> Outcome {
        if self.verb == Verb::Delete {
            world.clusters.remove(&self.target, &self.target_uid);
            return Outcome::Gone;
        }
        let settled = self.change(world, |cluster| {
            // A deletion that began meanwhile goes on.
            let stopping = cluster.state == State::Stopping;
            let state = if stopping { State::Stopping } else { State::Running };
            cluster.settle(state, self.end_time);
            cluster.errors.clear();
        });
        settled.map_or(Outcome::Gone, Outcome::Cluster)
    }

    /// What was to be made or taken away is broken; what was to be changed stays as its clients
    /// see it, and says what went wrong.
    pub(super) fn fail(&self, world: &World, failure: &Failure) -> Outcome {
        self.change(world, |cluster| {
            cluster.fail(&failure.message);
            if self.verb == Verb::Update {
                cluster.settle(State::Degraded, self.end_time);
            }
        });
        Outcome::Failed(failure.clone())
    }

    pub(super) fn give_up(&self, world: &World) {
        self.change(world, |cluster| match self.verb {
            Verb::Create | Verb::Import => cluster.fail("The operation was cancelled."),
            Verb::Update | Verb::Delete => cluster.settle(State::Running, self.end_time),
        });
    }

    fn change(
        &self,
        world: &World,
        change: impl FnOnce(&mut AttachedCluster),
    ) -> Option<Arc<AttachedCluster>> {
        world.clusters.change(&self.target, &self.target_uid, change)
    }
}

impl Outcome {
    /// About how many bytes it keeps from being freed.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Cluster(cluster) => cluster.weight(),
            Self::Gone | Self::Cancelled | Self::Failed(_) => 0,
        }
    }
}
