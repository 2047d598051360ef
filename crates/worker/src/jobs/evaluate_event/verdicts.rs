//! What an event means to each policy that waits for such events, cheap reasons first.

use forewarm_domain::delivery::{Outcome, Verdict};
use forewarm_domain::event::EventKind;
use forewarm_domain::filter::Selector;
use forewarm_domain::policy_index::within;
use forewarm_store::events::{Evaluation, Listener};

use super::End;
use crate::listeners::Listening;

/// The most verdicts that are kept of one event; those with an execution come first.
const MAX_LISTED: usize = 200;

#[derive(Default)]
pub(super) struct Verdicts {
    started: Vec<Verdict>,
    others: Vec<Verdict>,
    /// How many there are in all.
    total: i64,
    count_started: i64,
}

impl Verdicts {
    /// Those of an event that no policy could match, whatever its artifact is.
    pub fn without_look(listening: &Listening, event: &Evaluation, kinds: &[EventKind]) -> Self {
        let mut verdicts = Self::default();
        for listener in listening.concerned(&event.repository, kinds) {
            verdicts.leave_out_cheaply(listener, &event.repository, &event.tags);
        }
        verdicts
    }

    pub fn start(&mut self, listener: &Listener, execution_id: i64, reason: &str) {
        self.total += 1;
        self.count_started += 1;
        if self.started.len() < MAX_LISTED {
            self.started.push(Verdict { execution_id: Some(execution_id), ..verdict(listener, reason) });
        }
    }

    pub fn leave_out(&mut self, listener: &Listener, reason: &str) {
        self.total += 1;
        if self.others.len() < MAX_LISTED {
            self.others.push(verdict(listener, reason));
        }
    }

    /// Finds the reason among the filters that cost nothing.
    pub fn leave_out_cheaply(&mut self, listener: &Listener, repository: &str, tags: &[String]) {
        let listed = self.others.len() < MAX_LISTED;
        let reason = if listed { cheap_reason(listener, repository, tags) } else { String::new() };
        self.leave_out(listener, &reason);
    }

    pub fn end(self) -> End {
        let message = match self.count_started {
            0 => format!("none of {} started", policies(self.total)),
            started => format!("{started} of {} started", policies(self.total)),
        };
        End::Done { message, outcome: self.outcome() }
    }

    pub fn outcome(self) -> Outcome {
        let policies = self.started.into_iter().chain(self.others).take(MAX_LISTED).collect();
        Outcome { total: self.total, started: self.count_started, policies }
    }
}

fn verdict(listener: &Listener, reason: &str) -> Verdict {
    Verdict {
        project: listener.project.clone(),
        policy: listener.policy.clone(),
        execution_id: None,
        reason: reason.to_owned(),
    }
}

fn policies(count: i64) -> String {
    format!("{count} {}", if count == 1 { "policy" } else { "policies" })
}

fn cheap_reason(listener: &Listener, repository: &str, tags: &[String]) -> String {
    if !listener.enabled {
        return "disabled".to_owned();
    }
    let selector = match Selector::compile(&listener.filters) {
        Ok(selector) => selector,
        Err(found) => {
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            return format!("a filter cannot be used: {}", words.join("; "));
        }
    };
    let name = within(repository, &listener.namespace).unwrap_or(repository);
    if let Err(why) = selector.repository(name) {
        return why.reason;
    }
    if tags.is_empty() {
        return "no tag of it is known".to_owned();
    }
    let reasons: Vec<String> =
        tags.iter().filter_map(|tag| Some(selector.tag(tag).err()?.reason)).take(3).collect();
    reasons.join("; ")
}
