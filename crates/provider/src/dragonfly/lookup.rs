//! Answers many questions for jobs with few requests: a page of the manager's list tells of hundreds of them, and every
//! request leaves a row in its audit table.
//!
//! Questions that come while others are being answered wait, and are answered together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tokio::sync::oneshot;

use super::client::Client;
use super::job::Job;
use crate::ProviderError;
use crate::text::Blotter;

/// How long the first question waits for others: those of one ticket come one after the other.
const GATHER: Duration = Duration::from_millis(50);
/// Fewer are asked for one by one.
const WORTH_A_LIST: usize = 8;
/// Rows of a page. A finished job's row holds its results, some kilobytes or many.
const PAGE_SIZES: [u32; 4] = [500, 100, 20, 1];
/// Single questions under way at one time.
const AT_A_TIME: usize = 16;

/// What is known of a job; None = the manager knows no such job (any more).
type Answer = Result<Option<Arc<Job>>, ProviderError>;

/// The questions of one instance.
#[derive(Default)]
pub(super) struct Lookup(Mutex<Waiting>);

/// By the number of the job.
type Questions = BTreeMap<u64, Vec<Question>>;

struct Question {
    answer: oneshot::Sender<Answer>,
    /// Hides the secrets of the task: the manager gives them back in its words.
    blotter: Blotter,
}

#[derive(Default)]
struct Waiting {
    questions: Questions,
    is_asking: bool,
}

impl Lookup {
    pub(super) async fn job(self: &Arc<Self>, id: u64, client: &Arc<Client>, blotter: Blotter) -> Answer {
        let (answer, answered) = oneshot::channel();
        if self.enter(id, Question { answer, blotter }) {
            // A task of its own: whoever asked first may go away before the others have their answers.
            tokio::spawn(Arc::clone(self).ask(Arc::clone(client)));
        }
        let lost = || ProviderError::transient(format!("{}: a question was lost on the way", client.place()));
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Whether nobody is asking yet.
    fn enter(&self, id: u64, question: Question) -> bool {
        let mut waiting = self.lock();
        waiting.questions.entry(id).or_default().push(question);
        !std::mem::replace(&mut waiting.is_asking, true)
    }

    async fn ask(self: Arc<Self>, client: Arc<Client>) {
        let mut done = Done { lookup: &self, is_sure: false };
        tokio::time::sleep(GATHER).await;
        while let Some(questions) = self.take() {
            Round { client: &client, questions }.answer().await;
            tokio::time::sleep(GATHER).await;
        }
        done.is_sure = true;
    }

    /// The questions that wait; None = there are none, and whoever asks next begins anew.
    fn take(&self) -> Option<Questions> {
        let mut waiting = self.lock();
        let questions = std::mem::take(&mut waiting.questions);
        waiting.is_asking = !questions.is_empty();
        waiting.is_asking.then_some(questions)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Questions that are answered together.
struct Round<'a> {
    client: &'a Client,
    questions: Questions,
}

impl Round<'_> {
    async fn answer(mut self) {
        if !self.list().await
            && let Some(&id) = self.questions.keys().next()
        {
            // What is wrong with the list need not be wrong with all; one question tells.
            match self.client.job(id).await {
                Ok(job) => self.tell(id, &Ok(job.map(Arc::new))),
                Err(error) => return self.tell_all(error),
            }
        }
        let (client, ids) = (self.client, self.questions.keys().copied().collect::<Vec<_>>());
        let single = |id| async move { (id, client.job(id).await.map(|job| job.map(Arc::new))) };
        let mut answers = stream::iter(ids).map(single).buffer_unordered(AT_A_TIME);
        while let Some((id, answer)) = answers.next().await {
            self.tell(id, &answer);
        }
    }

    /// Reads those pages of the list that hold the jobs, as long as that is worth it; false = it cannot be read. What is
    /// not where it should be, because rows came or went meanwhile, is left for single questions.
    async fn list(&mut self) -> bool {
        if self.questions.len() < WORTH_A_LIST {
            return true;
        }
        let Ok(Some(newest)) = self.client.jobs(1, 1).await else { return false };
        let newest = newest.first().map_or(0, |job| job.id);
        let (mut sizes, mut page, mut before) = (PAGE_SIZES.as_slice(), 0, u64::MAX);
        for _ in 0..self.questions.len() {
            // Numbers are given one by one and the newest comes first, so a job's number tells where it is at most.
            let Some((&next, _)) = self.questions.range(..before).next_back() else { break };
            let [size, smaller @ ..] = sizes else { return false };
            let place = u32::try_from(newest.saturating_sub(next)).unwrap_or(u32::MAX);
            page = page.max(place / size).saturating_add(1);
            match self.client.jobs(page, *size).await {
                Ok(Some(jobs)) => {
                    let Some(last) = jobs.last() else { break };
                    before = last.id;
                    for job in jobs {
                        self.tell(job.id, &Ok(Some(Arc::new(job))));
                    }
                }
                Ok(None) => (sizes, page) = (smaller, 0),
                Err(_) => return false,
            }
        }
        true
    }

    fn tell(&mut self, id: u64, answer: &Answer) {
        for asked in self.questions.remove(&id).unwrap_or_default() {
            let answer = answer.clone().map_err(|error| error.cleaned(&asked.blotter));
            // Whoever asked may have gone away.
            let _ = asked.answer.send(answer);
        }
    }

    /// What was said of one job may hold its secrets, so nobody hears it before everybody's are hidden.
    fn tell_all(&mut self, error: ProviderError) {
        let error =
            self.questions.values().flatten().fold(error, |error, asked| error.cleaned(&asked.blotter));
        let answer = Err(error);
        while let Some(&id) = self.questions.keys().next() {
            self.tell(id, &answer);
        }
    }
}

/// Lets the next question begin anew after a panic, too.
struct Done<'a> {
    lookup: &'a Lookup,
    is_sure: bool,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        if !self.is_sure {
            self.lookup.lock().is_asking = false;
        }
    }
}
