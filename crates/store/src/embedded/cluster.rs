//! Making the cluster on first use, so that a crash at any point leaves either none or a whole one.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use super::binaries::Binaries;
use super::layout::Layout;
use super::log::Log;
use super::process::{LOCALE, Process, command};
use super::{EmbeddedError, SUPERUSER};

/// Does nothing when there is a cluster.
pub(super) async fn ensure(layout: &Layout, binaries: &Binaries, sync: bool) -> Result<(), EmbeddedError> {
    let unfinished = layout.unfinished_data();
    discard(&unfinished).await?;
    if layout.data().join("PG_VERSION").exists() {
        return Ok(());
    }
    initdb(layout, binaries, sync).await?;
    fs::rename(&unfinished, layout.data()).map_err(EmbeddedError::io("cannot rename", unfinished))?;
    if sync {
        // The rename must outlive a power cut too, or the next start would make a second, empty cluster.
        let dir = layout.state_dir();
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(EmbeddedError::io("cannot sync", dir))?;
    }
    Ok(())
}

async fn initdb(layout: &Layout, binaries: &Binaries, sync: bool) -> Result<(), EmbeddedError> {
    let log = Log::open(layout)?;
    // SIGKILL: initdb's answer to a softer signal is to clear the directory, by then perhaps the next start's.
    let mut initdb = command(binaries.program("initdb"), layout, &log, Signal::KILL)?;
    initdb.arg("--pgdata").arg(layout.unfinished_data());
    // Trust is safe: only who may enter the 0700 state directory reaches the socket.
    initdb.args([
        "--username",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale",
        LOCALE,
        "--no-instructions",
    ]);
    if !sync {
        initdb.arg("--no-sync");
    }
    let status = Process::spawn(initdb, layout.account())?.wait().await;
    if status.success() {
        return Ok(());
    }
    Err(EmbeddedError::EndedEarly { program: "initdb", status: status.to_string(), log: log.tail() })
}

/// Removes what an interrupted initdb left. Its last helper process may still be writing for a moment.
async fn discard(dir: &Path) -> Result<(), EmbeddedError> {
    let mut attempts = 0;
    loop {
        match fs::remove_dir_all(dir) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound && !dir.exists() => return Ok(()),
            Err(error) if attempts == 40 => return Err(EmbeddedError::io("cannot remove", dir)(error)),
            Err(_) => attempts += 1,
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
