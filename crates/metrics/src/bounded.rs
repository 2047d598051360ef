//! Counters, gauges and histograms, whose number of label sets is bounded whatever their labels say.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge;
use prometheus_client::metrics::histogram;

/// Label sets that one metric may have; what comes later is counted together.
const MOST: usize = 2_000;
/// The value of every label of what is counted together.
const OTHER: &str = "other";

type Labels<const N: usize> = [(&'static str, String); N];
type Buckets = fn() -> histogram::Histogram;

/// A family with the names of its labels.
pub(crate) struct Bounded<const N: usize, M, C = fn() -> M> {
    names: [&'static str; N],
    pub(crate) family: Family<Labels<N>, M, C>,
    known: AtomicUsize,
}

impl<const N: usize, M: Clone, C: MetricConstructor<M>> Bounded<N, M, C> {
    pub(crate) fn new(names: [&'static str; N], family: Family<Labels<N>, M, C>) -> Self {
        Self { names, family, known: AtomicUsize::new(0) }
    }

    fn of(&self, values: [&str; N]) -> M {
        let labels = self.labels(|place| values[place].to_owned());
        if let Some(metric) = self.family.get(&labels) {
            return metric.clone();
        }
        if self.known.load(Ordering::Relaxed) >= MOST {
            return self.family.get_or_create_owned(&self.labels(|_| OTHER.to_owned()));
        }
        self.known.fetch_add(1, Ordering::Relaxed);
        self.family.get_or_create_owned(&labels)
    }

    fn labels(&self, value: impl Fn(usize) -> String) -> Labels<N> {
        std::array::from_fn(|place| (self.names[place], value(place)))
    }
}

/// Only ever grows, from the start of the process.
pub struct Counter<const N: usize>(pub(crate) Bounded<N, counter::Counter>);

impl<const N: usize> Counter<N> {
    pub fn add(&self, labels: [&str; N]) {
        self.add_many(labels, 1);
    }

    pub fn add_many(&self, labels: [&str; N], number: u64) {
        self.0.of(labels).inc_by(number);
    }
}

/// A value of this moment.
pub struct Gauge<const N: usize>(pub(crate) Bounded<N, gauge::Gauge<f64, AtomicU64>>);

impl<const N: usize> Gauge<N> {
    pub fn set(&self, labels: [&str; N], value: f64) {
        self.0.of(labels).set(value);
    }
}

/// Durations, in fixed buckets, so that those of many processes can be added up.
pub struct Histogram<const N: usize>(pub(crate) Bounded<N, histogram::Histogram, Buckets>);

impl<const N: usize> Histogram<N> {
    pub fn observe(&self, labels: [&str; N], duration: Duration) {
        self.0.of(labels).observe(crate::seconds(duration));
    }
}
