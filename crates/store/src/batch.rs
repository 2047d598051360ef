//! Group commit: what many callers want written at one moment is written by one statement, in one transaction.
//!
//! A commit costs round trips and a flush of the disk, whatever it holds. The first caller's item goes at once; what
//! comes while it is being written goes together after it, so one who is alone waits for nobody.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::StoreError;

/// The most items written together.
const MOST: usize = 500;
/// The time between the beginnings of two groups, as long as more comes than one item at a time: what a group costs of
/// itself is worth dozens of items.
const PACE: Duration = Duration::from_millis(30);

/// Where to tell what came of an item.
type Teller<O> = oneshot::Sender<Result<O, StoreError>>;

/// Items that wait to be written, each with whoever wants to know what came of it.
pub(crate) struct Batch<I, O> {
    waiting: Mutex<Waiting<I, O>>,
}

struct Waiting<I, O> {
    items: VecDeque<(I, Teller<O>)>,
    has_writer: bool,
}

impl<I, O> Default for Batch<I, O> {
    fn default() -> Self {
        Self { waiting: Mutex::new(Waiting { items: VecDeque::new(), has_writer: false }) }
    }
}

impl<I: Send + Sync + 'static, O: Send + 'static> Batch<I, O> {
    /// Writes an item, together with others, by `write`, which answers for each of its items in their order. A group
    /// that fails for another reason than an outage is tried item by item, so that one that cannot be written harms
    /// nobody else.
    pub async fn submit<W, F>(self: &Arc<Self>, item: I, write: W) -> Result<O, StoreError>
    where
        W: Fn(Arc<Vec<I>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<O>, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        if self.enter(item, answer) {
            // A task of its own: a caller that is dropped must not take the others' items with it.
            tokio::spawn(Arc::clone(self).work(write));
        }
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Computation("a group of writes was lost".to_owned())))
    }

    /// Whether a writer is needed.
    fn enter(&self, item: I, answer: Teller<O>) -> bool {
        let mut waiting = self.lock();
        waiting.items.push_back((item, answer));
        !std::mem::replace(&mut waiting.has_writer, true)
    }

    async fn work<W, F>(self: Arc<Self>, write: W)
    where
        W: Fn(Arc<Vec<I>>) -> F + Send + Sync,
        F: Future<Output = Result<Vec<O>, StoreError>> + Send + 'static,
    {
        let mut place = Place { batch: &self, is_given_up: false };
        while let Some((items, answers)) = self.take() {
            let pause = tokio::time::sleep(if items.len() > 1 { PACE } else { Duration::ZERO });
            for (answer, outcome) in answers.into_iter().zip(written(items, &write).await) {
                // Whoever asked may have gone away.
                let _ = answer.send(outcome);
            }
            pause.await;
        }
        place.is_given_up = true;
    }

    /// What waits; None = nothing does, and the next item needs a writer.
    fn take(&self) -> Option<(Vec<I>, Vec<Teller<O>>)> {
        let mut waiting = self.lock();
        if waiting.items.is_empty() {
            waiting.has_writer = false;
            return None;
        }
        let count = waiting.items.len().min(MOST);
        Some(waiting.items.drain(..count).unzip())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<I, O>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn written<I, O, W, F>(items: Vec<I>, write: &W) -> Vec<Result<O, StoreError>>
where
    W: Fn(Arc<Vec<I>>) -> F,
    F: Future<Output = Result<Vec<O>, StoreError>>,
{
    let items = Arc::new(items);
    let error = match write(items.clone()).await {
        Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
        Err(error) => Arc::new(error),
    };
    let all_fail = |count| (0..count).map(|_| Err(StoreError::Together(error.clone()))).collect();
    if items.len() == 1 || error.is_unavailable() {
        return all_fail(items.len());
    }
    let count = items.len();
    // Nobody has them any more: the write is over.
    let Some(items) = Arc::into_inner(items) else { return all_fail(count) };
    let mut outcomes = Vec::new();
    for item in items {
        let one = write(Arc::new(vec![item])).await;
        outcomes.push(one.and_then(|one| {
            one.into_iter().next().ok_or_else(|| StoreError::Computation("a write had no answer".to_owned()))
        }));
    }
    outcomes
}

/// A writer's place, which a panic frees, too.
struct Place<'a, I, O> {
    batch: &'a Batch<I, O>,
    is_given_up: bool,
}

impl<I, O> Drop for Place<'_, I, O> {
    fn drop(&mut self) {
        if !self.is_given_up {
            self.batch.waiting.lock().unwrap_or_else(PoisonError::into_inner).has_writer = false;
        }
    }
}
