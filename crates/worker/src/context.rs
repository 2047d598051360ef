//! What every job has at hand.

use std::sync::Arc;
use std::time::Duration;

use forewarm_domain::task_log::TaskLog;
use forewarm_http::Outbound;
use forewarm_store::Store;
use forewarm_store::retention::Retention;

use crate::connections::Connections;
use crate::listeners::Listeners;
use crate::running::Running;
use crate::traces::Traces;

/// How a worker process works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the process in the queue: role and host.
    pub name: String,
    /// Submissions under way at one time.
    pub max_calls: usize,
    /// Tickets in hand at one time. Handlers take milliseconds; calls do not count.
    pub slots: usize,
    /// How long running calls may go on after the process was asked to stop.
    pub drain: Duration,
    /// How long a lease lasts. What a dead process had in hand is taken over after this time, plus one sweep.
    pub lease: Duration,
    /// How often the sweep looks for lost leases and tickets.
    pub sweep_interval: Duration,
    /// The time between two looks at the health of each instance and registry, a tenth more or less; 0 = none.
    pub health_interval: Duration,
    /// Which executions are kept.
    pub retention: Retention,
    /// How long entries of the audit log are kept.
    pub keep_audit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "worker".to_owned(),
            max_calls: 256,
            slots: 100,
            drain: Duration::from_secs(20),
            lease: Duration::from_secs(30),
            sweep_interval: Duration::from_secs(5),
            health_interval: Duration::from_secs(60),
            retention: Retention::default(),
            keep_audit: Duration::from_secs(365 * 24 * 60 * 60),
        }
    }
}

/// Cheap to clone; everything is shared.
#[derive(Clone)]
pub(crate) struct Context {
    pub store: Store,
    pub connections: Arc<Connections>,
    pub listeners: Arc<Listeners>,
    pub running: Running,
    pub traces: Arc<Traces>,
    pub settings: Arc<Settings>,
}

impl Context {
    pub fn new(store: Store, outbound: Outbound, settings: Settings) -> Self {
        Self {
            connections: Arc::new(Connections::new(store.clone(), outbound)),
            listeners: Arc::new(Listeners::new(store.clone())),
            traces: Arc::new(Traces::new(store.clone())),
            running: Running::new(settings.max_calls),
            settings: Arc::new(settings),
            store,
        }
    }

    pub fn task_log(&self) -> TaskLog {
        let clock = self.store.clock().clone();
        TaskLog::new(Arc::new(move || clock.local()))
    }
}
