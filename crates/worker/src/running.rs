//! The calls that this process has under way: bounded, apart from the queue's slots, and drained at the end.
//!
//! A call to an engine may take minutes, and a slot of the queue that is held for long stops the heartbeats of the
//! worker (apalis 1.0.0); so handlers hand their work over and return.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a handler waits for a free place before it gives the ticket back.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long calls get to give their leases back once the drain time is over.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Expansions under way at one time; each makes several requests at once.
const MAX_EXPANSIONS: usize = 16;
/// Events evaluated at one time.
const MAX_EVALUATIONS: usize = 16;
/// Questions to engines at one time. Most of them wait to be asked together with others (Dragonfly), or for each other
/// (Kraken); each takes some 10 KB meanwhile.
const MAX_CHECKS: usize = 2_000;
/// How many places are worth a moment of waiting for more.
const FEW: usize = 16;
const MOMENT: Duration = Duration::from_millis(10);
/// Watched registries looked at at one time.
const MAX_WATCHES: usize = 4;

/// Kinds of calls that must not wait for each other: reading an image through a mirror takes minutes, asking how a job
/// is going takes none.
#[derive(Clone, Copy)]
pub(crate) enum Lane {
    Expand,
    Submit,
    Check,
    Evaluate,
    Watch,
}

#[derive(Clone)]
pub(crate) struct Running {
    expansions: Arc<Semaphore>,
    submissions: Arc<Semaphore>,
    checks: Arc<Semaphore>,
    evaluations: Arc<Semaphore>,
    watches: Arc<Semaphore>,
    tracker: TaskTracker,
    /// Cancelled when the drain begins: no job is begun any more.
    draining: CancellationToken,
    /// Cancelled when the drain time is over: whoever still works gives its lease back.
    over: CancellationToken,
}

/// A place among the running calls.
pub(crate) struct Place(#[allow(dead_code)] OwnedSemaphorePermit);

fn take_free(all: &Arc<Semaphore>, most: usize, places: &mut Vec<Place>) {
    while places.len() < most
        && let Ok(permit) = all.clone().try_acquire_owned()
    {
        places.push(Place(permit));
    }
}

impl Running {
    pub fn new(max_calls: usize) -> Self {
        Self {
            expansions: Arc::new(Semaphore::new(MAX_EXPANSIONS)),
            submissions: Arc::new(Semaphore::new(max_calls)),
            checks: Arc::new(Semaphore::new(MAX_CHECKS)),
            evaluations: Arc::new(Semaphore::new(MAX_EVALUATIONS)),
            watches: Arc::new(Semaphore::new(MAX_WATCHES)),
            tracker: TaskTracker::new(),
            draining: CancellationToken::new(),
            over: CancellationToken::new(),
        }
    }

    /// A place, or None when all of the lane stay taken for a while.
    pub async fn place(&self, lane: Lane) -> Option<Place> {
        self.places(lane, 1, Instant::now() + PATIENCE).await.pop()
    }

    /// As many places as are free, `most` at most; where none is, waits for one until `give_up`. Where only a few are, waits
    /// a moment for more: leases that are taken together cost little more than one.
    pub async fn places(&self, lane: Lane, most: usize, give_up: Instant) -> Vec<Place> {
        let all = self.of(lane);
        let first = tokio::time::timeout_at(give_up.into(), all.clone().acquire_owned()).await;
        let Ok(Ok(first)) = first else { return Vec::new() };
        let mut places = vec![Place(first)];
        take_free(all, most, &mut places);
        if places.len() < most.min(FEW) {
            tokio::time::sleep(MOMENT).await;
            take_free(all, most, &mut places);
        }
        places
    }

    fn of(&self, lane: Lane) -> &Arc<Semaphore> {
        match lane {
            Lane::Expand => &self.expansions,
            Lane::Submit => &self.submissions,
            Lane::Check => &self.checks,
            Lane::Evaluate => &self.evaluations,
            Lane::Watch => &self.watches,
        }
    }

    pub fn spawn(&self, place: Place, work: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(async move {
            let _place = place;
            work.await;
        });
    }

    /// Does a job's own work to its end, also when the queue lets go of it in the middle: a lease that was just taken would
    /// be nobody's. The drain waits for it. None = the process is ending, and the work was not begun.
    pub async fn attend<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        // Counted before the look: a drain that sees nobody at work can rely on it.
        let _counted = self.tracker.token();
        if self.draining.is_cancelled() {
            return None;
        }
        self.tracker.spawn(work).await.ok()
    }

    /// Resolves when the process cannot wait any longer.
    pub fn over(&self) -> CancellationToken {
        self.over.clone()
    }

    pub async fn wait_until_idle(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.tracker.reopen();
    }

    /// Waits for all calls to end; after `time` tells them to give up, and waits for that.
    pub async fn drain(&self, time: Duration) {
        self.draining.cancel();
        self.tracker.close();
        if tokio::time::timeout(time, self.tracker.wait()).await.is_err() {
            tracing::info!(calls = self.tracker.len(), "drain time is over: giving leases back");
            self.over.cancel();
            if tokio::time::timeout(LAST_WORDS, self.tracker.wait()).await.is_err() {
                tracing::warn!(
                    calls = self.tracker.len(),
                    "leases could not be given back; they run out by themselves"
                );
            }
        }
    }
}
