//! What can go wrong with the embedded Postgres; each message is one line that says what to do.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "no Postgres server binaries (initdb and postgres, version 14 or later) were found; install them with: {install} \
         (or name their directory in PG_BIN, or an existing server in FOREWARM_DATABASE_URL)"
    )]
    NoBinaries { install: &'static str },

    #[error(
        "PG_BIN names {dir}, which does not hold a working initdb and postgres of version 14 or later; correct or unset it"
    )]
    BadPgBin { dir: PathBuf },

    #[error(
        "the cluster in {data} was made by Postgres {cluster}, but the binaries found are of version {found}; install \
         Postgres {cluster} (apt-get install postgresql-{cluster}), dump with pg_dump, then restore into a new state directory"
    )]
    VersionMismatch { data: PathBuf, cluster: u32, found: String },

    #[error(
        "the state directory {dir} is in use by another Forewarm process; stop it, or choose another state directory"
    )]
    InUse { dir: PathBuf },

    #[error(
        "{dir} is not empty and no state directory of Forewarm, so its owner and mode are left alone; choose an empty or a new directory"
    )]
    NotOurs { dir: PathBuf },

    #[error(
        "Postgres runs as user {user}, who cannot enter {blocked}; choose a state directory outside of it, such as /var/lib/forewarm"
    )]
    Unreachable { user: String, blocked: PathBuf },

    #[error(
        "no user {name} on this machine to run Postgres as (it refuses to run as root); create it with: useradd --system {name}"
    )]
    NoUser { name: String },

    #[error("neither XDG_STATE_HOME nor HOME is set, so there is no default state directory; name one")]
    NoHome,

    #[error(
        "the socket directory {dir} is not usable: {reason}; choose a state directory with a path of at most 90 bytes"
    )]
    SocketDir { dir: PathBuf, reason: String },

    #[error("{what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },

    #[error("{program} could not be run as user {user}: {source}")]
    Spawn { program: PathBuf, user: String, source: io::Error },

    #[error("{program} ended early ({status}): {log}")]
    EndedEarly { program: &'static str, status: String, log: String },

    #[error("postgres was not ready after {seconds} s: {log}")]
    NotReady { seconds: u64, log: String },

    #[error(
        "processes {pids} of an earlier server still use {data} and do not stop; end them with: kill -QUIT {pids}"
    )]
    Orphans { pids: String, data: PathBuf },

    #[error("postgres (pid {pid}) does not stop")]
    NotStopped { pid: i32 },

    #[error("postgres died {times} times within {seconds} s, the last time with {status}: {log}")]
    KeepsDying { times: usize, seconds: u64, status: String, log: String },

    #[error(
        "no Forewarm with an embedded Postgres runs on {dir}; start `forewarm serve` there, or set FOREWARM_DATABASE_URL"
    )]
    NotRunning { dir: PathBuf },
}

impl EmbeddedError {
    /// For `map_err` on file operations: `what` is a phrase such as "cannot create".
    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
