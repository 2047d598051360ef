//! The proxy: its routes, and nginx in front of them.

use std::sync::Arc;

use async_trait::async_trait;

use super::state::State;
use super::{notification, prefetch};
use crate::server::Service;
use crate::{Answer, Recorded, lock};

/// nginx lets this many requests through each second, and this many more at once.
const RATE: f64 = 100.0;
const BURST: f64 = 20.0;

pub(crate) struct ProxyService(pub(crate) Arc<State>);

#[async_trait]
impl Service for ProxyService {
    async fn answer(&self, request: &Recorded) -> Answer {
        let nginx = self.0.knobs.nginx;
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/health") => Answer::new(200).text("OK\n"),
            // nginx hands everything that it does not know to the embedded registry.
            ("POST", "/registry/notifications") if !nginx => notification::receive(&self.0, request).await,
            ("POST", "/proxy/v1/registry/prefetch" | "/proxy/v2/registry/prefetch")
                if nginx && self.is_over_rate() =>
            {
                Answer::new(429).text("Too Many Requests\n")
            }
            ("POST", "/proxy/v1/registry/prefetch") => prefetch::start(&self.0, request, false).await,
            ("POST", "/proxy/v2/registry/prefetch") => prefetch::start(&self.0, request, true).await,
            _ => Answer::new(404).text("404 page not found\n"),
        }
    }
}

impl ProxyService {
    fn is_over_rate(&self) -> bool {
        let now = self.0.knobs.clock.now();
        let mut bucket = lock(&self.0.bucket);
        let (last, level) = bucket.unwrap_or((now, 0.0));
        let passed = (now - last).to_std().unwrap_or_default().as_secs_f64();
        let level = (level - passed * RATE).max(0.0);
        let over = level > BURST;
        *bucket = Some((now, if over { level } else { level + 1.0 }));
        over
    }
}
