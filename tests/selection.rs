//! Which artifacts pass: filters, criteria of projects, and the order in which they are looked up.

mod combinations;
mod criteria;
mod looks;
