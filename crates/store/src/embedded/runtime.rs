//! `runtime.json`: how other processes on this machine find the running server.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::EmbeddedError;
use super::layout::{Layout, open_own};

#[derive(Debug, Serialize, Deserialize)]
struct Runtime {
    url: String,
    /// The Forewarm that holds the state directory.
    pid: u32,
    server_pid: i32,
}

/// Where the embedded server of a running Forewarm is reached; for worker processes.
pub fn running_url(state_dir: &Path) -> Result<String, EmbeddedError> {
    let not_running = || EmbeddedError::NotRunning { dir: state_dir.to_owned() };
    let text = match fs::read(path(state_dir)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(not_running()),
        Err(error) => return Err(EmbeddedError::io("cannot read", path(state_dir))(error)),
    };
    let runtime: Runtime = serde_json::from_slice(&text).map_err(|_| not_running())?;
    // A killed Forewarm leaves the file behind.
    if is_alive(runtime.pid) { Ok(runtime.url) } else { Err(not_running()) }
}

/// Written aside and renamed, so that a reader never sees half of it.
pub(super) fn write(layout: &Layout, url: &str, server_pid: i32) -> Result<(), EmbeddedError> {
    let path = path(layout.state_dir());
    let aside = path.with_extension("json.new");
    let runtime = Runtime { url: url.to_owned(), pid: std::process::id(), server_pid };
    let text = serde_json::to_vec(&runtime).expect("strings and numbers are always JSON");
    let _ = fs::remove_file(&aside);
    open_own(OpenOptions::new().write(true).create_new(true), &aside)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| fs::rename(&aside, &path))
        .map_err(EmbeddedError::io("cannot write", path))
}

pub(super) fn remove(layout: &Layout) {
    // A file left behind is found out by its pid.
    let _ = fs::remove_file(path(layout.state_dir()));
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("runtime.json")
}

fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    // Not permitted to signal it means that it exists.
    !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}
