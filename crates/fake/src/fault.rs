//! Faults that a test orders in advance.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::recorder::Recorded;
use crate::{Answer, lock};

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The connection closes and nothing was processed.
    DropBefore,
    /// The request is processed, then the connection closes without an answer.
    DropAfter,
    /// Answered by this alone; nothing is processed.
    Answer(Answer),
    /// Processed; the body is cut in half, and its announced length with it.
    Truncated,
    /// Processed; the connection breaks in the middle of the body.
    BreakMidBody,
    /// Processed; really waits this long (at most ten seconds) before it answers.
    Delay(Duration),
    /// Processed; the body comes in small pieces with this pause between them, ten seconds in all at most.
    Dribble(Duration),
}

impl Fault {
    pub fn status(status: u16, body: &str) -> Self {
        Self::Answer(Answer::new(status).text(body))
    }

    /// A moved page, as a wrong path of a manager answers.
    pub fn moved(location: &str) -> Self {
        Self::Answer(Answer::new(301).header("location", location))
    }

    /// What a proxy says when the server behind it is gone.
    pub fn bad_gateway() -> Self {
        let page =
            "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
        Self::Answer(Answer::new(502).body("text/html", page))
    }

    /// A page of some other application.
    pub fn html() -> Self {
        Self::Answer(
            Answer::new(200).body("text/html; charset=utf-8", "<!doctype html><title>Welcome</title>"),
        )
    }

    /// `429` with a `Retry-After` in seconds.
    pub fn too_many(retry_after: u64) -> Self {
        Self::Answer(Answer::new(429).header("retry-after", retry_after.to_string()).text("slow down"))
    }
}

/// The faults that are still to come; shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

/// Describes which requests a fault hits. By default the next one.
#[derive(Debug, Clone)]
pub struct Rule {
    faults: Faults,
    method: Option<String>,
    path: String,
    skip: usize,
    times: usize,
    fault: Option<Fault>,
}

impl Faults {
    /// Hits the next request, whatever it is.
    pub fn next(&self, fault: Fault) {
        self.on("", "").inject(fault);
    }

    /// Hits requests of this method (empty: any) whose path contains `path`. Finish with [`Rule::inject`].
    pub fn on(&self, method: &str, path: &str) -> Rule {
        Rule {
            faults: self.clone(),
            method: (!method.is_empty()).then(|| method.to_owned()),
            path: path.to_owned(),
            skip: 0,
            times: 1,
            fault: None,
        }
    }

    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The fault for this request, if one is due. A rule that has done its work is forgotten.
    pub(crate) fn take(&self, request: &Recorded) -> Option<Fault> {
        let mut rules = lock(&self.0);
        let index = rules.iter_mut().position(|rule| rule.is_due(request))?;
        let rule = &mut rules[index];
        rule.times -= 1;
        if rule.times == 0 {
            return rules.remove(index).fault;
        }
        rule.fault.clone()
    }
}

impl Rule {
    /// Lets this many matching requests through first.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times: times.max(1), ..self }
    }

    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    pub fn inject(self, fault: Fault) {
        let faults = self.faults.clone();
        // The rule in the list must not keep the list alive.
        let rule = Self { fault: Some(fault), faults: Faults::default(), ..self };
        lock(&faults.0).push(rule);
    }

    fn is_due(&mut self, request: &Recorded) -> bool {
        let hit = self.method.as_ref().is_none_or(|method| *method == request.method)
            && request.path.contains(&self.path);
        if hit && self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        hit
    }
}
