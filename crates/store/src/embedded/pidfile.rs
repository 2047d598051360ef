//! `postmaster.pid`: what it says, and what to do with one that an earlier server left.
//!
//! Everything here is done while holding the lock of the state directory, so the file belongs to an orphan or a corpse.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::EmbeddedError;
use super::layout::Layout;
use super::processes;

/// How long an orphan may take for its shutdown checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);
const REPEAT: Duration = Duration::from_secs(2);

/// What the server tells in its pid file: line 1 is the postmaster's pid, line 8 the state of its start.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub pid: i32,
    pub ready: bool,
}

impl PidFile {
    pub fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let pid = text.lines().next()?.trim().parse().ok()?;
        Some(Self { pid, ready: text.lines().nth(7).is_some_and(|state| state.trim() == "ready") })
    }
}

/// Makes the way free for a new server: stops an orphan, removes what a corpse left.
pub(super) async fn clear(layout: &Layout) -> Result<(), EmbeddedError> {
    let data = layout.data();
    if let Some(file) = PidFile::read(&layout.pid_file())
        && processes::runs(file.pid, &data)
    {
        stop_orphan(file.pid, &data).await?;
    }
    // Whoever outlived its postmaster still has the shared memory, and the pid file is what would tell Postgres so.
    wait_until_left(&data).await?;
    if processes::are_visible() {
        remove_stale(&layout.pid_file())?;
        remove_stale(&layout.socket_lock())?;
    }
    Ok(())
}

/// Postgres asks kill(pid, 0) whether the file's owner lives, and believes a zombie, and in a restarted container also
/// the stranger (even one of our own threads) that has got the old number. We know better: nobody works in the data.
fn remove_stale(path: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_file(path) {
        Ok(()) => {
            tracing::warn!(path = %path.display(), "removed what a dead Postgres left; the new one recovers");
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(EmbeddedError::io("cannot remove", path)(error)),
    }
    Ok(())
}

async fn stop_orphan(pid: i32, data: &Path) -> Result<(), EmbeddedError> {
    tracing::warn!(pid, "stopping a Postgres that an earlier Forewarm left running");
    let begin = Instant::now();
    let mut next_signal = begin;
    while processes::runs(pid, data) {
        let now = Instant::now();
        if now.duration_since(begin) > PATIENCE {
            return Err(EmbeddedError::Orphans { pids: pid.to_string(), data: data.to_owned() });
        }
        if now >= next_signal {
            // A failure means that it has just ended, or that the wait will tell.
            let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::INT));
            next_signal = now + REPEAT;
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Backends notice the death of their postmaster by themselves, but only when they next wait for something.
async fn wait_until_left(data: &Path) -> Result<(), EmbeddedError> {
    let begin = Instant::now();
    loop {
        let pids = processes::working_in(data);
        if pids.is_empty() {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            let pids = pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            return Err(EmbeddedError::Orphans { pids, data: data.to_owned() });
        }
        tokio::time::sleep(POLL).await;
    }
}
