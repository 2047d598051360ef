//! A throw-away place for state directories, and looks at what is in them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use forewarm_store::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use sqlx::{Connection, PgConnection};

/// Far longer than anything here takes; only a failure waits this long.
const DEADLINE: Duration = Duration::from_secs(60);

pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("forewarm-").tempdir().unwrap();
        // The server's user must get through.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        Self { dir }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// The state directory, unless a test wants another.
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    pub fn pid_file(&self) -> PathBuf {
        self.state().join("data/postmaster.pid")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.state().join("server.log")).unwrap()
    }

    pub async fn start(&self) -> Result<Embedded, EmbeddedError> {
        start(&self.state()).await
    }
}

pub async fn start(state_dir: &Path) -> Result<Embedded, EmbeddedError> {
    Embedded::start(EmbeddedOptions { sync_initdb: false, ..EmbeddedOptions::new(state_dir) }).await
}

/// One value from the server.
pub async fn ask(url: &str, query: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// Whether the process is gone, or only waits for its parent to take note.
pub fn has_ended(pid: i32) -> bool {
    state(pid).is_none_or(|state| state == 'Z')
}

/// The third field of /proc/PID/stat, behind the parenthesised name.
pub fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}

/// Looks again and again until it is so; panics with `what` if it never is.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < DEADLINE, "still waiting: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
