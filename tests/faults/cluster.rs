//! A Postgres of the test's own, to be broken.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

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

    /// SIGKILL to the postmaster, as the kernel does when memory runs out.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            kill_process(Pid::from_raw(server.pid()).unwrap(), Signal::KILL).unwrap();
            server.wait().await;
        }
    }
}
