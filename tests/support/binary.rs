//! The real `forewarm` program, for tests that run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program, built from what is in the tree now. Cargo does not build another package's program for a test, so it is
/// asked to here: a stale one would prove nothing. Costs a moment when there is nothing to build. It is the program of
/// every build but for its fail points, which do nothing unless a test says so (crates/worker/src/fail_point.rs).
pub fn forewarm() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

fn build() -> PathBuf {
    // This test is <target>/<profile>/deps/all-<hash>.
    let test = std::env::current_exe().unwrap();
    let profile_dir = test.ancestors().nth(2).unwrap();
    let profile = match profile_dir.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // What cargo tells this test of its own package. Build scripts look at it (ring's does), and would be run anew, with
    // all that depends on them, although nothing has changed.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    let status = command
        .args(["build", "--quiet", "--package", "forewarm", "--features", "fail-points"])
        .args(["--profile", profile, "--target-dir"])
        .arg(profile_dir.parent().unwrap())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdout(Stdio::null())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "`cargo build -p forewarm` failed");
    profile_dir.join("forewarm")
}
