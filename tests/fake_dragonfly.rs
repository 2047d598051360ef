//! The fake Dragonfly manager: the contract it shares with real ones, and the awkwardness it must not lose.

mod access;
mod contract;
mod results;
mod schedule;
mod sources;
mod target;
mod troubles;
