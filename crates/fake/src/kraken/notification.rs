//! `POST /registry/notifications`: always 200, whatever becomes of it.

use super::event::{self, Event, Unreadable};
use super::state::State;
use crate::{Answer, Recorded, lock};

pub(crate) async fn receive(state: &State, request: &Recorded) -> Answer {
    let events = match event::parse(&request.body) {
        Ok(events) => events,
        Err(Unreadable::Syntax) => return Answer::new(500).text("decode body: invalid JSON\n"),
        // The handler dereferences the missing target, and its panic closes the connection.
        Err(Unreadable::NoTarget) => return Answer::hang_up(),
    };
    for event in events {
        lock(&state.events).push(event.clone());
        if event.accepted {
            preheat(state, &event).await;
        }
    }
    Answer::new(200)
}

/// The manifest and what it refers to. Of an index that was sent as an image, that is the child manifests alone.
async fn preheat(state: &State, event: &Event) {
    state.download(&event.repository, &event.digest).await;
    for digest in state.backend().references(&event.repository, &event.digest).await {
        state.download(&event.repository, &digest).await;
    }
}
