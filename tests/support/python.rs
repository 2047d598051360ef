//! The Python environment of the tests, and programs that run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder of the environment's programs. Costs a moment when it is there, and else the time to install it.
pub fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(make)
}

/// A file of `tests/python/`.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)
}

fn make() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let script = checkout.join("scripts/python.sh");
    let made = Command::new(&script).stdin(Stdio::null()).status().expect("the script can be run");
    assert!(made.success(), "{} failed; it says above why", script.display());
    checkout.join(".cache/python/bin")
}
