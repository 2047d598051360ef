//! A real pull-through cache: the `docker-registry` program in front of the demo registry.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::Method;
use serde_json::json;
use tokio::process::{Child, Command};
use url::Url;

const PROGRAM: &str = "docker-registry";
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The running program; it ends with this value.
pub struct Mirror {
    url: String,
    storage: PathBuf,
    process: Child,
}

impl Mirror {
    /// Starts the program in front of `origin`; None when it is not installed.
    pub async fn start(origin: &str, folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(program) = find(PROGRAM) else {
            return Ok(None);
        };
        let port = free_port()?;
        let storage = folder.join("mirror");
        let config = folder.join("mirror.yml");
        fs::create_dir_all(&storage).context("the mirror's storage")?;
        fs::write(&config, configuration(origin, &storage, port)).context("the mirror's configuration")?;
        let log = folder.join("mirror.log");
        let output = fs::File::create(&log).context("the mirror's log")?;
        let process = command(&program)
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .context("the mirror cannot be started")?;
        let mut mirror = Self { url: format!("http://127.0.0.1:{port}"), storage, process };
        mirror.wait(&log).await?;
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

    async fn wait(&mut self, log: &Path) -> anyhow::Result<()> {
        let begun = Instant::now();
        let outbound = forewarm_http::Outbound::unguarded();
        let url = Url::parse(&format!("{}/v2/", self.url)).context("the mirror's address")?;
        while let Err(error) = outbound.client(false).request(Method::GET, &url)?.send().await {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the mirror does not answer: {error}");
            if let Some(status) = self.process.try_wait()? {
                anyhow::bail!("the mirror ended early ({status}): {}", last_line(log));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// The program, told to die with us however we die, and deaf to settings meant for another registry.
fn command(program: &Path) -> Command {
    // Linux lets a process ask for this only from within, which setpriv (util-linux) does without unsafe code of ours.
    let mut command = match find("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    let settings = std::env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("REGISTRY_")) {
        command.env_remove(name);
    }
    command
}

/// Where PATH has a program.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// JSON is YAML.
fn configuration(origin: &str, storage: &Path, port: u16) -> String {
    let configuration = json!({
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": storage}},
        "http": {"addr": format!("127.0.0.1:{port}")},
        "proxy": {"remoteurl": origin},
    });
    configuration.to_string()
}

fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().next_back().unwrap_or("it logged nothing").to_owned()
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr())?.port())
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
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
