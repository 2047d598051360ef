//! What /proc tells about processes. Where there is none (macOS) nothing is known, and Postgres's own checks remain.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Whether `pid` is a corpse: a zombie that nobody has reaped (state `Z`), or on the way there (`X`).
pub(super) fn is_dead(pid: i32) -> bool {
    matches!(state(pid), Some('Z' | 'X' | 'x'))
}

/// Whether `pid` is alive and its command line names the data directory, as our servers' does.
pub(super) fn runs(pid: i32, data: &Path) -> bool {
    let Ok(line) = fs::read(proc(pid).join("cmdline")) else {
        return false;
    };
    let names_data = line
        .split(|byte| *byte == 0)
        .any(|argument| argument == data.as_os_str().as_bytes());
    names_data && !is_dead(pid)
}

/// The processes whose working directory is the data directory: the postmaster and its children, and nobody else.
pub(super) fn working_in(data: &Path) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| fs::read_link(proc(*pid).join("cwd")).is_ok_and(|dir| dir == data))
        .collect()
}

/// The third field of /proc/PID/stat; the second, a name in parentheses, may itself hold blanks and parentheses.
fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(proc(pid).join("stat")).ok()?;
    stat[stat.rfind(')')? + 1..].trim_start().chars().next()
}

fn proc(pid: i32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}
