//! The long-running operations of the GKE Multi-Cloud API. They run on the world's clock: whoever
//! looks after their time has come finds them done, and their clusters as they left them.

pub mod operation;
pub mod rules;

use {
    crate::world::{
        World,
        attached_cluster::AttachedCluster,
        operations::{
            operation::{Failure, Operation, Outcome, Verb},
            rules::FailureRules,
        },
    },
    jiff::{SignedDuration, Timestamp},
    std::{
        collections::{BTreeMap, VecDeque},
        sync::{
            Mutex, MutexGuard, PoisonError,
            atomic::{AtomicI64, Ordering},
        },
    },
};

/// How many finished operations are kept, and how many bytes of what they ended with; then the
/// oldest is forgotten.
const FINISHED: usize = 10_000;
const PINNED: usize = 32 << 20;

/// How many operations run at once. One more ends the oldest before its time, which only a clock
/// that stands still leaves to be seen.
const RUNNING: usize = 10_000;

/// The operations, running and done.
#[derive(Debug)]
pub struct Operations {
    /// Which are to fail.
    pub rules: FailureRules,
    state: Mutex<Store>,
    /// When the next running operation ends, in microseconds, so that most looks take no lock.
    next: AtomicI64,
}

#[derive(Debug, Default)]
struct Store {
    operations: BTreeMap<String, Operation>,
    running: Vec<String>,
    /// Each with the bytes that it keeps from being freed.
    finished: VecDeque<(String, usize)>,
    pinned: usize,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            rules: FailureRules::default(),
            state: Mutex::default(),
            next: AtomicI64::new(i64::MAX),
        }
    }
}

impl World {
    /// Begins an operation.
    pub fn start_operation(&self, verb: Verb, target: &AttachedCluster) -> Operation {
        let failure = self.operations.rules.failure_of(verb, &target.name);
        let operation = Operation { failure, ..self.operation(verb, &target.name, &target.uid) };
        if let Some(oldest) = self.operations.start(operation.clone()) {
            self.end(&oldest);
        }
        operation
    }

    /// An operation that has no cluster to work on and is done as it begins.
    pub fn finished_operation(&self, verb: Verb, target: &str, outcome: Outcome) -> Operation {
        let operation = self.passing_operation(verb, target, outcome);
        self.operations.keep(operation.clone());
        operation
    }

    /// The same, but nobody will find it: nothing was to be done.
    pub fn passing_operation(&self, verb: Verb, target: &str, outcome: Outcome) -> Operation {
        let operation = self.operation(verb, target, "");
        let end_time = operation.create_time;
        Operation { end_time, outcome: Some(outcome), ..operation }
    }

    /// Ends the operations whose time has come.
    pub fn settle_operations(&self) {
        let now = self.clock.now();
        for operation in self.operations.take_due(now) {
            self.end(&operation);
        }
    }

    /// Ends a running operation before its time. Says whether there is one of that name at all.
    pub fn cancel_operation(&self, name: &str) -> bool {
        if let Some(operation) = self.operations.take_running(name) {
            operation.give_up(self);
            self.operations.finish(name, self.clock.now(), Outcome::Cancelled);
        }
        self.operations.get(name).is_some()
    }

    /// Ends a running operation badly, now. Says whether there is a running one of that name.
    pub fn fail_operation(&self, name: &str, failure: Failure) -> bool {
        let Some(operation) = self.operations.take_running_as_is(name) else { return false };
        let end_time = self.clock.now();
        self.end(&Operation { failure: Some(failure), end_time, ..operation });
        true
    }

    fn end(&self, operation: &Operation) {
        let outcome = match &operation.failure {
            Some(failure) => operation.fail(self, failure),
            None => operation.succeed(self),
        };
        self.operations.finish(&operation.name, operation.end_time, outcome);
    }

    fn operation(&self, verb: Verb, target: &str, target_uid: &str) -> Operation {
        let create_time = self.clock.now();
        let runs = SignedDuration::try_from(self.settings.google_operation_duration);
        let end_time = create_time.saturating_add(runs.unwrap_or(SignedDuration::MAX));
        let location = target.match_indices('/').nth(3).map_or(target.len(), |(slash, _)| slash);
        let parent = &target[..location];
        Operation {
            name: format!("{parent}/operations/{}", self.entropy.uuid()),
            verb,
            target: target.to_owned(),
            target_uid: target_uid.to_owned(),
            create_time,
            end_time: end_time.unwrap_or(Timestamp::MAX),
            requested_cancellation: false,
            outcome: None,
            failure: None,
        }
    }
}

impl Operations {
    /// The operation of that name.
    pub fn get(&self, name: &str) -> Option<Operation> {
        self.lock().operations.get(name).cloned()
    }

    /// The operations of `projects/P/locations/L`, oldest first.
    pub fn list(&self, parent: &str) -> Vec<Operation> {
        self.list_below(&format!("{parent}/operations/"))
    }

    /// The operations whose names begin so, oldest first.
    pub fn list_below(&self, prefix: &str) -> Vec<Operation> {
        let state = self.lock();
        let of_parent = state.operations.range(prefix.to_owned()..);
        let mut operations: Vec<Operation> = of_parent
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(_, operation)| operation.clone())
            .collect();
        drop(state);
        operations.sort_by_key(|operation| operation.create_time);
        operations
    }

    /// Forgets a finished operation; a running one stays. Says whether there is one of that name.
    pub fn forget(&self, name: &str) -> bool {
        let mut state = self.lock();
        if state.running.iter().any(|running| running == name) {
            return true;
        }
        let place = state.finished.iter().position(|(finished, _)| finished == name);
        if let Some((_, weight)) = place.and_then(|place| state.finished.remove(place)) {
            state.pinned -= weight;
        }
        state.operations.remove(name).is_some()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.rules.clear();
        let mut state = self.lock();
        *state = Store::default();
        self.next.store(i64::MAX, Ordering::Release);
    }

    /// Gives the oldest of those that run, taken out, when there are too many.
    fn start(&self, operation: Operation) -> Option<Operation> {
        let mut state = self.lock();
        let oldest = (state.running.len() >= RUNNING).then(|| state.running.remove(0));
        let oldest = oldest.and_then(|name| state.operations.get(&name).cloned());
        state.running.push(operation.name.clone());
        self.next.fetch_min(operation.end_time.as_microsecond(), Ordering::AcqRel);
        state.operations.insert(operation.name.clone(), operation);
        oldest
    }

    fn keep(&self, operation: Operation) {
        let mut state = self.lock();
        let weight = operation.outcome.as_ref().map_or(0, Outcome::weight);
        state.bury(operation.name.clone(), weight);
        state.operations.insert(operation.name.clone(), operation);
    }

    fn take_due(&self, now: Timestamp) -> Vec<Operation> {
        if now.as_microsecond() < self.next.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut state = self.lock();
        let mut due = state.take(|operation| operation.end_time <= now);
        due.sort_by_key(|operation| operation.end_time);
        self.next.store(state.next_end(), Ordering::Release);
        due
    }

    fn take_running_as_is(&self, name: &str) -> Option<Operation> {
        self.lock().take(|operation| operation.name == name).pop()
    }

    fn take_running(&self, name: &str) -> Option<Operation> {
        let mut state = self.lock();
        let taken = state.take(|operation| operation.name == name).pop();
        if let Some(operation) = state.operations.get_mut(name).filter(|_| taken.is_some()) {
            operation.requested_cancellation = true;
        }
        taken
    }

    fn finish(&self, name: &str, end_time: Timestamp, outcome: Outcome) {
        let mut state = self.lock();
        if let Some(operation) = state.operations.get_mut(name) {
            operation.end_time = end_time;
            let weight = outcome.weight();
            operation.outcome = Some(outcome);
            state.bury(name.to_owned(), weight);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// The running operations that fit, which run no longer from now on.
    fn take(&mut self, fits: impl Fn(&Operation) -> bool) -> Vec<Operation> {
        let Self { operations, running, .. } = self;
        let mut taken = Vec::new();
        running.retain(|name| match operations.get(name) {
            Some(operation) if !fits(operation) => true,
            operation => {
                taken.extend(operation.cloned());
                false
            }
        });
        taken
    }

    fn next_end(&self) -> i64 {
        let running = self.running.iter().filter_map(|name| self.operations.get(name));
        running.map(|operation| operation.end_time.as_microsecond()).min().unwrap_or(i64::MAX)
    }

    fn bury(&mut self, name: String, weight: usize) {
        while (self.finished.len() >= FINISHED || self.pinned + weight > PINNED)
            && let Some((oldest, freed)) = self.finished.pop_front()
        {
            self.operations.remove(&oldest);
            self.pinned -= freed;
        }
        self.finished.push_back((name, weight));
        self.pinned += weight;
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{
            attached_cluster::{Fleet, Oidc, State},
            callers::Callers,
            key_set::Keys,
            settings::Settings,
        },
        std::sync::Arc,
    };

    const PARENT: &str = "projects/p/locations/l";

    fn world() -> World {
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        world.clock.freeze();
        world
    }

    fn cluster(id: &str, size: usize) -> AttachedCluster {
        AttachedCluster {
            name: format!("{PARENT}/attachedClusters/{id}"),
            description: "d".repeat(size),
            oidc: Oidc::default(),
            platform_version: String::new(),
            distribution: String::new(),
            fleet: Fleet::default(),
            state: State::Provisioning,
            uid: id.to_owned(),
            create_time: Timestamp::UNIX_EPOCH,
            update_time: Timestamp::UNIX_EPOCH,
            etag: String::new(),
            kubernetes_version: String::new(),
            annotations: BTreeMap::new(),
            errors: Vec::new(),
            authorization: None,
            logging: None,
            monitoring: None,
            proxy: None,
            binary_authorization: None,
            security_posture: None,
            system_components: None,
        }
    }

    #[test]
    fn finished_operations_keep_few_bytes_from_being_freed() {
        let operations = world().operations;
        let world = world();
        for id in 0..100 {
            let outcome = Outcome::Cluster(Arc::new(cluster(&id.to_string(), 1 << 20)));
            operations.keep(world.passing_operation(Verb::Create, PARENT, outcome));
        }
        let kept = operations.list(PARENT);
        assert!((20..=32).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().all(|operation| operations.forget(&operation.name)));
        assert_eq!(operations.lock().pinned, 0);
    }

    #[test]
    fn a_frozen_clock_lets_only_so_many_run() {
        let world = world();
        let first = world.clusters.create(cluster("first", 1)).unwrap();
        let oldest = world.start_operation(Verb::Create, &first);
        let other = cluster("other", 1);
        for _ in 0..RUNNING {
            world.start_operation(Verb::Update, &other);
        }
        assert_eq!(world.operations.lock().running.len(), RUNNING);
        let ended = world.operations.get(&oldest.name).unwrap();
        assert!(matches!(ended.outcome, Some(Outcome::Cluster(_))), "{ended:?}");
        assert_eq!(world.clusters.get(&first.name).unwrap().state, State::Running);
    }
}
