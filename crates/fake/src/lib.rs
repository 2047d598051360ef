//! Faithful fakes of a Dragonfly manager, of Kraken, of Harbor and of an OCI registry, for tests and for the demo.
//!
//! Each is a real HTTP server on loopback. Nothing runs in the background: what would have happened since the last
//! request is worked out from the [`Clock`](clock::Clock) when the next request (or inspection) comes in.

mod acceptor;
mod answer;
mod bytes;
pub mod clock;
mod fault;
mod plain_http;
mod recorder;
mod server;

pub mod demo;
pub mod dragonfly;
pub mod harbor;
pub mod kraken;
pub mod registry;

pub use answer::Answer;
pub use bytes::{deterministic_bytes, sha256_digest};
pub use fault::{Fault, Faults};
pub use recorder::{Recorded, Recorder};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another test thread: the data of a fake is never half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
