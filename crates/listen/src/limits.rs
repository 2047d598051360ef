//! What a connection may cost.

use std::time::Duration;

/// The defaults fit what people and programs do, behind a load balancer too.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at one time; more wait in the system's queue.
    pub connections: usize,
    /// How long the TLS handshake may take.
    pub handshake: Duration,
    /// How long a request's head may take from its first byte (HTTP/1).
    pub head: Duration,
    /// How long a connection is kept on which nothing is written and no request is worked on: an idle client, or one that
    /// does not read its answer. Longer than load balancers keep theirs (60 s as a rule), so that they end it and not we.
    pub silence: Duration,
    /// Bytes of a request's head.
    pub head_bytes: u32,
    /// Headers of a request.
    pub headers: usize,
    /// How long requests may go on after the server was asked to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            silence: Duration::from_secs(75),
            head_bytes: 32 * 1024,
            headers: 100,
            drain: Duration::from_secs(10),
        }
    }
}
