//! A real `forewarm serve` process, driven over HTTP as a user would.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use super::access;
use super::binary::forewarm;
use super::keys::KEY;
use super::outbound::outbound;

/// Far more than it takes; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of the user `admin` of a new database.
pub const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// The process ends with this value.
pub struct Server {
    pub url: String,
    pub process: Child,
    client: reqwest::Client,
    /// What it is asked with.
    pub authorization: String,
    log: NamedTempFile,
}

impl Server {
    /// Uses a database that is migrated already.
    pub async fn on(database_url: &str) -> Self {
        Self::start(&[("FOREWARM_DATABASE_URL", database_url)]).await
    }

    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let log = NamedTempFile::new().unwrap();
        // An embedded database knows nobody yet.
        let is_new = !variables.iter().any(|(name, _)| *name == "FOREWARM_DATABASE_URL");
        let authorization = if is_new { access::basic("admin", ADMIN_PASSWORD) } else { access::admin() };
        let mut command = command("serve", variables);
        command.env("FOREWARM_ADMIN_PASSWORD", ADMIN_PASSWORD);
        let process = command.arg("--listen").arg(&address).stderr(log.reopen().unwrap()).spawn().unwrap();
        // Installs the TLS provider that every client of this process uses.
        let _ = outbound();
        let url = format!("http://{address}");
        let server = Self { url, process, client: reqwest::Client::new(), authorization, log };
        server.wait_until("/readyz", |status, _| status == 200).await;
        server
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    /// Posts what must be accepted.
    pub async fn create(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 201, "POST {path}: {answer}");
        answer
    }

    /// Asks until the answer is as wanted. A server that is not there yet is asked again.
    pub async fn wait_until(&self, path: &str, wanted: impl Fn(u16, &Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (status, answer) = self.get(path).await;
            if wanted(status, &answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "GET {path}: still {status} {answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for an execution's end and returns it.
    pub async fn ended(&self, id: i64) -> Value {
        let is_final =
            |_, answer: &Value| matches!(answer["status"].as_str(), Some("success" | "error" | "stopped"));
        self.wait_until(&format!("/api/v1/executions/{id}"), is_final).await
    }

    /// What the process has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        signal_to(&self.process, signal);
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        match request.header("authorization", &self.authorization).send().await {
            Ok(answer) => (answer.status().as_u16(), answer.json().await.unwrap_or_default()),
            Err(_) => (0, Value::Null),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// A `forewarm` process of one role, killed with the returned value.
pub fn command(role: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(forewarm());
    command.arg(role).stdin(Stdio::null()).kill_on_drop(true);
    command.env("FOREWARM_LOG", "warn").env("FOREWARM_DRAIN_SECONDS", "1");
    // Engines and registries of tests are on this machine.
    command.env("FOREWARM_ALLOW_LOOPBACK", "true");
    if variables.iter().any(|(name, _)| *name == "FOREWARM_DATABASE_URL") {
        // The embedded database has a key of its own.
        command.env("FOREWARM_KEY", KEY);
    }
    command.envs(variables.iter().copied());
    command
}

pub fn signal_to(process: &Child, signal: rustix::process::Signal) {
    let pid = i32::try_from(process.id().expect("it still runs")).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
}
