//! Where metrics are declared: their names, help texts and labels, in the order of the text.

use std::fmt;

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram;
use prometheus_client::registry::Registry;

use crate::bounded::{Bounded, Counter, Gauge, Histogram};

/// Before every name.
const PREFIX: &str = "forewarm";

/// Upper bounds of buckets, in seconds.
#[derive(Clone, Copy)]
pub(crate) enum Buckets {
    /// Of requests and calls: 1 ms to 2 minutes.
    Calls,
    /// Of tasks and executions: 100 ms to 6 hours.
    Work,
}

pub(crate) struct List {
    registry: Registry,
    /// Names as one asks for them.
    names: Vec<String>,
}

impl List {
    pub(crate) fn new() -> Self {
        Self { registry: Registry::with_prefix(PREFIX), names: Vec::new() }
    }

    /// The name is written without `_total`, which the text appends.
    pub(crate) fn counter<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> Counter<N> {
        let counter = Bounded::new(labels, Family::default());
        self.registry.register(name, help, counter.family.clone());
        self.names.push(format!("{PREFIX}_{name}_total"));
        Counter(counter)
    }

    pub(crate) fn gauge<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> Gauge<N> {
        let gauge = Bounded::new(labels, Family::default());
        self.registry.register(name, help, gauge.family.clone());
        self.names.push(format!("{PREFIX}_{name}"));
        Gauge(gauge)
    }

    pub(crate) fn histogram<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
        buckets: Buckets,
    ) -> Histogram<N> {
        let histogram = Bounded::new(labels, Family::new_with_constructor(buckets.constructor()));
        self.registry.register(name, help, histogram.family.clone());
        self.names.push(format!("{PREFIX}_{name}"));
        Histogram(histogram)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // A String takes whatever is written.
        let _: fmt::Result = encode_registry(&mut text, &self.registry);
        text
    }
}

impl Buckets {
    fn constructor(self) -> fn() -> histogram::Histogram {
        match self {
            Self::Calls => || {
                histogram::Histogram::new([
                    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
                ])
            },
            Self::Work => || {
                histogram::Histogram::new([
                    0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 21600.0,
                ])
            },
        }
    }
}
