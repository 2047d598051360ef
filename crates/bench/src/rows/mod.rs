//! The rows of the table, a file each.

mod throughput;

use crate::bench::Bench;
use crate::figure::Figure;
use crate::pgbench::Pgbench;

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Row {
    /// Tasks a second of one execution of 10,000 artifacts.
    Throughput,
    /// The same with 100,000.
    Large,
}

/// In the order in which they are measured.
pub const ALL: [Row; 2] = [Row::Throughput, Row::Large];

/// What later rows are compared with.
#[derive(Debug, Default)]
pub struct Known {
    pub pgbench: Option<Pgbench>,
    /// Tasks a second of 10,000 artifacts.
    pub rate: Option<f64>,
}

pub async fn measure(row: Row, bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    match row {
        Row::Throughput => throughput::small(bench, known).await,
        Row::Large => throughput::large(bench, known).await,
    }
}
