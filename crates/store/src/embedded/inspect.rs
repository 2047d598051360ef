//! Looks at a state directory without touching anything: what a start would meet.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::binaries::Binaries;
use super::pidfile::PidFile;
use super::{EmbeddedError, processes};

/// What is there.
#[derive(Debug)]
pub struct Inspection {
    /// The server's binaries and their major version, or why there are none.
    pub binaries: Result<(PathBuf, u32), EmbeddedError>,
    /// Whether a database lies there.
    pub has_data: bool,
    /// Whom the data belongs to, when it is not the user that the server would run as: uid, and that user's name.
    pub foreign_owner: Option<(u32, String)>,
    /// The process that the pid file names, when no such server runs. A start clears that up.
    pub stale_pid: Option<i32>,
    /// Bytes that may still be written on its disk; None = unknown.
    pub free_bytes: Option<u64>,
}

/// Looks at a directory that need not be there yet.
pub fn inspect(state_dir: &Path) -> Inspection {
    let data = state_dir.join("data");
    let binaries = Binaries::find(state_dir, &data);
    Inspection {
        binaries: binaries.map(|found| (found.program("postgres"), found.major())),
        has_data: data.join("PG_VERSION").is_file(),
        foreign_owner: foreign_owner(&data),
        stale_pid: stale_pid(&data),
        free_bytes: free_bytes(state_dir),
    }
}

fn foreign_owner(data: &Path) -> Option<(u32, String)> {
    let owner = fs::metadata(data).ok()?.uid();
    let account = Account::choose(None).ok()?;
    (owner != account.uid).then_some((owner, account.name))
}

fn stale_pid(data: &Path) -> Option<i32> {
    let file = PidFile::read(&data.join("postmaster.pid"))?;
    (processes::are_visible() && !processes::runs(file.pid, data)).then_some(file.pid)
}

/// Of the nearest directory above that there is.
fn free_bytes(dir: &Path) -> Option<u64> {
    let there = dir.ancestors().find(|dir| dir.exists())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
