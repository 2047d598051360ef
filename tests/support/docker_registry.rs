//! Debian's `docker-registry` as a child process: an origin, with or without a door, or a pull-through mirror.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use super::counting_proxy::CountingProxy;
use super::token_server::TokenServer;

/// The one account of the registries that have a door.
pub const USERNAME: &str = "ann";
pub const PASSWORD: &str = "secret";
/// `secret` in bcrypt, with the lowest cost that there is.
const PASSWORD_HASH: &str = "$2b$04$hvZj4iWO9ApInH94cmMQgexkNFR8jDdPqqBTdhHk3TiHClOK4x0N.";

/// How long the program may take to open its port.
const START_TIME: Duration = Duration::from_secs(30);
/// How long a mirror may take to store what it has just passed on; it does that beside the answer.
const STORE_TIME: Duration = Duration::from_secs(20);

/// A running registry, asked through a proxy that counts. It is killed, and its storage removed, when dropped.
#[derive(Debug)]
pub struct DockerRegistry {
    _process: Child,
    directory: TempDir,
    proxy: CountingProxy,
    pub(super) door: Door,
}

/// Who may come in.
#[derive(Debug)]
pub(super) enum Door {
    Open,
    Basic,
    Token(TokenServer),
}

impl DockerRegistry {
    /// Anybody may read and write.
    pub async fn origin() -> Self {
        Self::start(&json!({}), Door::Open).await
    }

    /// Like [`Self::origin`], with pages of the catalog no longer than this.
    pub async fn with_catalog_pages_of(entries: usize) -> Self {
        Self::start(&json!({"catalog": {"maxentries": entries}}), Door::Open).await
    }

    /// Tells this address of everything that happens in it, with this value of `Authorization`.
    pub async fn telling(url: &str, authorization: &str) -> Self {
        let endpoint = json!({
            "name": "forewarm", "url": url, "headers": {"Authorization": [authorization]},
            "timeout": "3s", "threshold": 5, "backoff": "100ms",
        });
        Self::start(&json!({"notifications": {"endpoints": [endpoint]}}), Door::Open).await
    }

    /// Wants [`USERNAME`] and [`PASSWORD`] in a Basic header.
    pub async fn with_basic() -> Self {
        Self::start(&json!({}), Door::Basic).await
    }

    /// Wants tokens of a token server, which wants [`USERNAME`] and [`PASSWORD`].
    pub async fn with_tokens() -> Self {
        let server = TokenServer::start(USERNAME, PASSWORD).await;
        Self::start(&json!({}), Door::Token(server)).await
    }

    /// A pull-through mirror, empty at first.
    pub async fn mirror_of(origin: &Self) -> Self {
        let mut proxy = json!({"remoteurl": origin.url()});
        if !matches!(origin.door, Door::Open) {
            proxy["username"] = json!(USERNAME);
            proxy["password"] = json!(PASSWORD);
        }
        Self::start(&json!({"proxy": proxy}), Door::Open).await
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        self.proxy.url()
    }

    /// Whether a manifest or blob lies in the storage, whole.
    pub fn holds_blob(&self, digest: &str) -> bool {
        self.blob_path(digest).is_file()
    }

    /// Waits until the manifest or blob lies in the storage: a mirror writes it while the client already reads on.
    pub async fn comes_to_hold(&self, digest: &str) {
        let held = async {
            while !self.holds_blob(digest) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let held = tokio::time::timeout(STORE_TIME, held).await;
        assert!(held.is_ok(), "{digest} is not in the storage of {}", self.url());
    }

    /// Bytes of all manifests and blobs in the storage.
    pub fn stored_bytes(&self) -> u64 {
        let path = self.directory.path().join("data/docker/registry/v2/blobs");
        bytes_below(&path)
    }

    /// How many GETs of blobs came in since the start or [`Self::reset_counts`].
    pub fn blob_gets(&self) -> usize {
        self.count("GET", "/blobs/")
    }

    /// How many GETs of manifests came in.
    pub fn manifest_gets(&self) -> usize {
        self.count("GET", "/manifests/")
    }

    /// How many requests of this method came in whose path contains this.
    pub fn count(&self, method: &str, part: &str) -> usize {
        let requests = self.proxy.requests();
        let matching = requests.iter().filter(|(m, path)| m == method && path.contains(part));
        matching.count()
    }

    pub fn reset_counts(&self) {
        self.proxy.reset();
    }

    fn blob_path(&self, digest: &str) -> PathBuf {
        let (algorithm, hex) = digest.split_once(':').unwrap();
        let blobs = self.directory.path().join("data/docker/registry/v2/blobs");
        blobs.join(algorithm).join(&hex[..2]).join(hex).join("data")
    }

    async fn start(extra: &Value, door: Door) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = configuration(&directory, extra, &door);
        let path = directory.path().join("config.yml");
        // JSON is YAML.
        std::fs::write(&path, config.to_string()).unwrap();
        let mut process = Command::new("docker-registry")
            .args(["serve".as_ref(), path.as_os_str()])
            .env_clear()
            // Without it the child would be looked for in the system's usual places only.
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("docker-registry does not start ({error}): `make setup` installs it")
            });
        let address = address(process.stderr.take().unwrap()).await;
        let proxy = CountingProxy::start(&address).await;
        Self { _process: process, directory, proxy, door }
    }
}

fn configuration(directory: &TempDir, extra: &Value, door: &Door) -> Value {
    let mut config = json!({
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": true}},
        "storage": {"filesystem": {"rootdirectory": directory.path().join("data")}},
        // The system chooses the port, and the log tells it.
        "http": {"addr": "127.0.0.1:0", "secret": "test", "relativeurls": true},
    });
    match door {
        Door::Open => {}
        Door::Basic => {
            let path = directory.path().join("htpasswd");
            std::fs::write(&path, format!("{USERNAME}:{PASSWORD_HASH}\n")).unwrap();
            config["auth"] = json!({"htpasswd": {"realm": "test", "path": path}});
        }
        Door::Token(server) => {
            let path = directory.path().join("token.pem");
            std::fs::write(&path, server.certificate()).unwrap();
            config["auth"] = json!({"token": {
                "realm": server.url(), "service": TokenServer::SERVICE,
                "issuer": TokenServer::ISSUER, "rootcertbundle": path,
            }});
        }
    }
    let all = config.as_object_mut().unwrap();
    all.extend(extra.as_object().unwrap().clone());
    config
}

/// Reads the log up to the address, and goes on reading so that the program never waits for its reader.
async fn address(stderr: ChildStderr) -> String {
    let mut lines = BufReader::new(stderr).lines();
    let mut log = Vec::new();
    let listening = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let after = line.split_once("listening on ").map(|(_, after)| after.to_owned());
            log.push(line);
            if after.is_some() {
                return after;
            }
        }
        None
    };
    let after = tokio::time::timeout(START_TIME, listening).await;
    let Ok(Some(after)) = after else {
        panic!("docker-registry does not listen; its log:\n{}", log.join("\n"));
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let end = after.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
    after[..end.unwrap_or(after.len())].to_owned()
}

fn bytes_below(path: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
