//! A real pull-through cache: the `docker-registry` program in front of the demo registry.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::process::{Child, Command};

const PROGRAM: &str = "docker-registry";
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The running program; it ends with this value.
pub struct Mirror {
    url: String,
    storage: PathBuf,
    _process: Child,
}

impl Mirror {
    /// Starts the program in front of `origin`; None when it is not installed.
    pub async fn start(origin: &str, folder: &Path) -> anyhow::Result<Option<Self>> {
        let port = free_port()?;
        let storage = folder.join("mirror");
        let config = folder.join("mirror.yml");
        std::fs::create_dir_all(&storage).context("the mirror's storage")?;
        std::fs::write(&config, configuration(origin, &storage, port))
            .context("the mirror's configuration")?;
        let log = std::fs::File::create(folder.join("mirror.log")).context("the mirror's log")?;
        let process = Command::new(PROGRAM)
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        let process = match process {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("the mirror cannot be started"),
        };
        let mirror = Self { url: format!("http://127.0.0.1:{port}"), storage, _process: process };
        mirror.wait().await?;
        Ok(Some(mirror))
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn storage(&self) -> &Path {
        &self.storage
    }

    /// Bytes of all files in its storage.
    pub fn stored_bytes(&self) -> u64 {
        bytes_below(&self.storage)
    }

    async fn wait(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let outbound = forewarm_http::Outbound::new();
        while let Err(error) = outbound.client(false).get(format!("{}/v2/", self.url)).send().await {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the mirror does not answer: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn configuration(origin: &str, storage: &Path, port: u16) -> String {
    format!(
        "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
         http: {{addr: '127.0.0.1:{port}'}}\nproxy: {{remoteurl: '{origin}'}}\n",
        storage.display()
    )
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr())?.port())
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
