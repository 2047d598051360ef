//! The database of a scene.

use std::path::PathBuf;

use forewarm_store::embedded::running_url;

use super::cluster::Cluster;
use super::scene::Setup;
use crate::support::postgres::{Database, database};

pub enum Rows {
    /// On the server of all tests.
    Shared(Database),
    /// On a server of the scene's own.
    Own(Cluster),
    /// On the embedded server of the scene's `forewarm serve`, whose address is known once that runs.
    Embedded { state: PathBuf, url: String },
}

impl Rows {
    pub async fn make(setup: &Setup) -> Self {
        match (&setup.state, &setup.cluster, &setup.address) {
            (Some(state), ..) => Self::Embedded { state: state.clone(), url: String::new() },
            (_, None, None) => Self::Shared(database().await),
            (_, settings, address) => {
                let settings = settings.clone().unwrap_or_default();
                Self::Own(Cluster::start(&settings, address.as_deref()).await)
            }
        }
    }

    /// The server runs.
    pub fn settle(&mut self) {
        if let Self::Embedded { state, url } = self {
            *url = running_url(state).unwrap();
        }
    }

    pub fn url(&self) -> &str {
        match self {
            Self::Shared(database) => &database.url,
            Self::Own(cluster) => &cluster.url,
            Self::Embedded { url, .. } => url,
        }
    }

    /// How processes are told of it; those on another machine by its address, where it has one.
    pub fn variable(&self, elsewhere: bool) -> (&str, &str) {
        match self {
            Self::Embedded { state, .. } => ("FOREWARM_STATE_DIR", state.to_str().unwrap()),
            Self::Own(cluster) if elsewhere && !cluster.remote_url.is_empty() => {
                ("FOREWARM_DATABASE_URL", &cluster.remote_url)
            }
            _ => ("FOREWARM_DATABASE_URL", self.url()),
        }
    }
}
