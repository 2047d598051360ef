//! Chance that can be had again: all of a run's comes from one seed, which is told.

use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Gives a run the seed of an earlier one.
const SEED: &str = "FOREWARM_SEED";

pub struct Chance {
    numbers: StdRng,
}

impl Chance {
    pub fn new() -> Self {
        let given = std::env::var(SEED).ok().map(|seed| seed.parse().expect("FOREWARM_SEED is a number"));
        let seed = given.unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
        eprintln!("chance: {SEED}={seed} repeats this run");
        Self { numbers: StdRng::seed_from_u64(seed) }
    }

    /// A number from 0 on.
    pub fn below(&mut self, limit: usize) -> usize {
        self.numbers.random_range(0..limit)
    }

    pub async fn pause(&mut self, milliseconds: Range<u64>) {
        tokio::time::sleep(Duration::from_millis(self.numbers.random_range(milliseconds))).await;
    }
}
