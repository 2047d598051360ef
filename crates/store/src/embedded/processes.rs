//! What /proc tells about processes. Where there is none (macOS) nothing is known, and Postgres's own checks remain.
//!
//! A zombie is not counted as alive: it has neither a command line nor a working directory any more.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(super) fn are_visible() -> bool {
    proc("self").join("cwd").exists()
}

/// Whether `pid` is alive and its command line names the data directory, as our servers' does.
pub(super) fn runs(pid: i32, data: &Path) -> bool {
    let line = fs::read(proc(&pid.to_string()).join("cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).any(|argument| argument == data.as_os_str().as_bytes())
}

/// The processes whose working directory is the data directory: a postmaster and its children, and nobody else.
pub(super) fn working_in(data: &Path) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| fs::read_link(proc(&pid.to_string()).join("cwd")).is_ok_and(|dir| dir == data))
        .collect()
}

fn proc(process: &str) -> PathBuf {
    Path::new("/proc").join(process)
}
