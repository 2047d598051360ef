//! The embedded Postgres: the system's own server binaries, run as a direct child of this process.
//!
//! One state directory (0700) holds the lock file, the cluster, the socket, the server's log and `runtime.json`. The
//! server never listens on TCP and keeps fsync on. It dies with us, however we die: see [`process`].

mod account;
mod binaries;
mod cluster;
mod error;
mod inspect;
mod layout;
mod log;
mod pidfile;
mod process;
mod processes;
mod runtime;
mod server;
mod supervise;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

pub use error::EmbeddedError;
pub use inspect::{Inspection, inspect};
pub use layout::default_state_dir;
pub use runtime::running_url;

use account::Account;
use binaries::Binaries;
use layout::Layout;
use server::Server;

/// The cluster's only role. Who may enter is decided by the state directory's mode.
const SUPERUSER: &str = "forewarm";

/// How the embedded server is run.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Made when missing; must be empty or an earlier state directory, because its owner and mode are changed.
    pub state_dir: PathBuf,
    /// Whether initdb flushes the new cluster to disk: off only for data that nobody will miss.
    pub sync_initdb: bool,
    pub max_connections: u32,
    /// More settings of the server (`fsync`, …); they win over ours.
    pub settings: Vec<(String, String)>,
    /// Root only: the user that the server runs as, in place of `postgres`, or `nobody` where that is missing.
    pub user: Option<String>,
}

impl EmbeddedOptions {
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
            sync_initdb: true,
            max_connections: 100,
            settings: Vec::new(),
            user: None,
        }
    }
}

/// A running embedded server. Dropping it without [`Embedded::stop`] asks the server to stop and does not wait.
#[derive(Debug)]
pub struct Embedded {
    // First, so that a drop signals the server before the lock is given up.
    server: Server,
    binaries: Binaries,
    layout: Layout,
    options: EmbeddedOptions,
}

impl Embedded {
    /// Takes the state directory, makes the cluster on first use, and starts the server; returns once it answers.
    pub async fn start(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let account = Account::choose(options.user.as_deref())?;
        let layout = Layout::open(&options.state_dir, account)?;
        let binaries = Binaries::find(layout.state_dir(), &layout.data())?;
        pidfile::clear(&layout).await?;
        cluster::ensure(&layout, &binaries, options.sync_initdb).await?;
        let server = Server::start(&layout, &binaries, &options).await?;
        runtime::write(&layout, &url(&layout), server.pid())?;
        let embedded = Self { server, binaries, layout, options };
        embedded.announce();
        Ok(embedded)
    }

    /// The server's address, the same after every restart. It holds no password.
    pub fn url(&self) -> String {
        url(&self.layout)
    }

    pub fn state_dir(&self) -> &Path {
        self.layout.state_dir()
    }

    /// The postmaster's process id.
    pub fn pid(&self) -> i32 {
        self.server.pid()
    }

    /// Resolves when the server dies, which it never does by itself.
    pub async fn wait(&self) -> ExitStatus {
        self.server.wait().await
    }

    /// Stops the server cleanly: sessions are cut, transactions rolled back, a checkpoint is written.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        let status = self.server.stop().await?;
        runtime::remove(&self.layout);
        tracing::info!(%status, "embedded Postgres has stopped");
        Ok(())
    }

    fn announce(&self) {
        tracing::warn!(
            state_dir = %self.state_dir().display(),
            "embedded Postgres {}, single node, back up with: {} '{}'",
            self.binaries.major(),
            self.binaries.program("pg_dump").display(),
            self.url(),
        );
    }
}

fn url(layout: &Layout) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    let socket_dir = layout.socket_dir().to_string_lossy();
    // Port and TLS are spelled out because libpq's and sqlx's defaults can be bent by the environment.
    format!(
        "postgres://{SUPERUSER}@localhost:{}/postgres?host={}&sslmode=disable",
        layout::PORT,
        utf8_percent_encode(&socket_dir, KEPT)
    )
}
