//! Lines at which a test can end the process, as a power cut would. Compiled in by the feature `fail-points` alone.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The point that ends the process, and after how many passes: `FAILPOINTS=submitted=17`.
static ARMED: LazyLock<Option<(String, AtomicU64)>> = LazyLock::new(|| {
    let text = std::env::var("FAILPOINTS").ok()?;
    let (name, passes) = text.split_once('=')?;
    Some((name.to_owned(), AtomicU64::new(passes.parse().ok()?)))
});

/// Ends the process without a word when it is told to end at this pass.
pub(crate) fn pass(name: &str) {
    if let Some((armed, left)) = &*ARMED
        && armed == name
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        std::process::abort();
    }
}
