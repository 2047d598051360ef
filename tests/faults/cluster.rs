//! A Postgres of the test's own, to be broken.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use forewarm_store::embedded::{Embedded, EmbeddedOptions};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::postgres::prepare;

pub struct Cluster {
    /// None: it is down.
    server: Option<Embedded>,
    folder: TempDir,
    settings: Vec<(String, String)>,
    pub url: String,
    /// For processes that cannot reach its socket; empty without an address.
    pub remote_url: String,
}

impl Cluster {
    /// With these settings; also on this address of the network, if any.
    pub async fn start(settings: &[(&str, &str)], address: Option<&str>) -> Self {
        let folder = tempfile::Builder::new().prefix("forewarm-").tempdir().unwrap();
        // The server's user must get through.
        set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (url, remote_url) = (String::new(), String::new());
        let mut cluster = Self { server: None, folder, settings, url, remote_url };
        if let Some(address) = address {
            cluster.listen_on(address);
        }
        cluster.up().await;
        prepare(&cluster.url).await.unwrap();
        cluster
    }

    fn listen_on(&mut self, address: &str) {
        let rules = self.folder.path().join("hba.conf");
        std::fs::write(&rules, format!("local all all trust\nhost all all {address}/24 trust\n")).unwrap();
        let rules = rules.to_str().unwrap();
        self.settings.push(("hba_file".to_owned(), rules.to_owned()));
        self.settings.push(("listen_addresses".to_owned(), address.to_owned()));
        self.remote_url = format!("postgres://forewarm@{address}:5432/postgres?sslmode=disable");
    }

    pub async fn up(&mut self) {
        let options = EmbeddedOptions {
            sync_initdb: false,
            settings: self.settings.clone(),
            ..EmbeddedOptions::new(self.folder.path().join("state"))
        };
        let server = Embedded::start(options).await.unwrap();
        self.url = server.url();
        self.server = Some(server);
    }

    /// In order: sessions are cut, transactions rolled back.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await.unwrap();
        }
    }

    /// SIGSTOP to every process of it for a while, as a disk does that does not answer.
    pub async fn stand_still(&self, time: Duration) {
        let postmaster = self.server.as_ref().unwrap().pid();
        let all = processes_of(postmaster);
        let signal_all = |signal| {
            for pid in &all {
                // A session may have ended by itself.
                let _ = kill_process(Pid::from_raw(*pid).unwrap(), signal);
            }
        };
        signal_all(Signal::STOP);
        tokio::time::sleep(time).await;
        signal_all(Signal::CONT);
    }

    /// SIGKILL to the postmaster, as the kernel does when memory runs out.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            kill_process(Pid::from_raw(server.pid()).unwrap(), Signal::KILL).unwrap();
            server.wait().await;
        }
    }
}

/// A process and its children.
fn processes_of(pid: i32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let children = children.split_whitespace().map(|child| child.parse().unwrap());
    std::iter::once(pid).chain(children).collect()
}
