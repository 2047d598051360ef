//! Passwords that are made up, and those in files.

use std::path::Path;

use anyhow::Context as _;
use forewarm_domain::Secret;
use rand::RngExt as _;
use rand::distr::Alphanumeric;

/// Letters and digits: about 143 random bits.
const LENGTH: usize = 24;

pub fn generate() -> Secret {
    let text: String = rand::rng().sample_iter(Alphanumeric).take(LENGTH).map(char::from).collect();
    Secret::new(text)
}

/// The first line of a file.
pub fn read(path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    anyhow::ensure!(!line.is_empty(), "{} is empty", path.display());
    Ok(Secret::new(line))
}
