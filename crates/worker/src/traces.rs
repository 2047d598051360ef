//! Spans of what is done for an execution, in the trace of the request, schedule or event that started it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{TimeDelta, Utc};
use forewarm_store::Store;
use forewarm_store::executions::Beginning;
use forewarm_traces::{TARGET, continue_in, is_on, link};
use tracing::{Span, trace_span};

use crate::running::Lane;

/// What is done later has a trace of its own that points back: stores of traces expect one to be over soon.
const TOGETHER: TimeDelta = TimeDelta::hours(1);
/// The most beginnings kept; they never change, so this only bounds memory.
const MOST: usize = 1_000;

pub(crate) struct Traces {
    store: Store,
    beginnings: Mutex<HashMap<i64, Option<Arc<Beginning>>>>,
}

impl Traces {
    pub fn new(store: Store) -> Self {
        Self { store, beginnings: Mutex::default() }
    }

    /// A span around one piece of work. Without an exporter it is none, and nothing is looked up.
    pub async fn span(&self, lane: Lane, execution_id: i64) -> Span {
        if !is_on() {
            return Span::none();
        }
        let span = trace_span!(target: TARGET, parent: None, "work", otel.name = word(lane), execution_id);
        if let Some(beginning) = self.beginning(execution_id).await {
            if Utc::now() - beginning.at < TOGETHER {
                continue_in(&span, &beginning.traceparent);
            } else {
                link(&span, &beginning.traceparent);
            }
        }
        span
    }

    /// A trace is worth no failure: without the database the span stands alone.
    async fn beginning(&self, execution_id: i64) -> Option<Arc<Beginning>> {
        if let Some(known) = self.lock().get(&execution_id) {
            return known.clone();
        }
        let beginning = self.store.executions().beginning(execution_id).await.ok()?.map(Arc::new);
        let mut beginnings = self.lock();
        if beginnings.len() >= MOST {
            beginnings.clear();
        }
        beginnings.insert(execution_id, beginning.clone());
        beginning
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Option<Arc<Beginning>>>> {
        self.beginnings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn word(lane: Lane) -> &'static str {
    match lane {
        Lane::Expand => "expand",
        Lane::Submit => "submit",
        Lane::Check => "check",
        Lane::Evaluate => "evaluate",
        Lane::Watch => "watch",
    }
}
