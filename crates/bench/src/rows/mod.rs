//! The rows of the table, a file each.

mod in_flight;
mod latency;
mod reading;
mod run;
mod scaling;
mod selection;
mod start;
mod throughput;

use crate::bench::Bench;
use crate::figure::Figure;
use crate::pgbench::Pgbench;
use crate::scene::Scene;

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Row {
    /// Tasks a second of one execution of 10,000 artifacts.
    Throughput,
    /// The same with 100,000.
    Large,
    /// Looking at such an execution.
    Reading,
    /// 10,000 preheats that an engine works on for minutes.
    InFlight,
    /// From `POST …/executions` to the engine.
    FirstSubmit,
    /// From a registry's notification to the engine.
    Event,
    /// Two worker processes against one.
    Scaling,
    /// Policies' filters, and events against policies.
    Selection,
    /// Start, memory and size of an idle server.
    Start,
}

/// In the order in which they are measured.
pub const ALL: [Row; 9] = [
    Row::Start,
    Row::Selection,
    Row::FirstSubmit,
    Row::Event,
    Row::Throughput,
    Row::Large,
    Row::Reading,
    Row::InFlight,
    Row::Scaling,
];

/// What later rows are compared with, or use.
#[derive(Default)]
pub struct Known {
    pgbench: Option<Pgbench>,
    /// Tasks a second of 10,000 artifacts.
    rate: Option<f64>,
    /// A large execution that has ended, with its id and its number of tasks.
    large: Option<(Scene, i64, usize)>,
}

impl Known {
    /// What Postgres can do; measured once.
    async fn pgbench(&mut self, bench: &Bench) -> anyhow::Result<Pgbench> {
        if let Some(known) = &self.pgbench {
            return Ok(known.clone());
        }
        let measured = Pgbench::measure(bench).await?;
        Ok(self.pgbench.insert(measured).clone())
    }
}

pub async fn measure(row: Row, bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    match row {
        Row::Throughput => throughput::small(bench, known).await,
        Row::Large => throughput::large(bench, known).await,
        Row::Reading => reading::measure(bench, known).await,
        Row::InFlight => in_flight::measure(bench).await,
        Row::FirstSubmit => latency::of_request(bench, known).await,
        Row::Event => latency::of_event(bench, known).await,
        Row::Scaling => scaling::measure(bench).await,
        Row::Selection => selection::measure(),
        Row::Start => start::measure(bench).await,
    }
}
