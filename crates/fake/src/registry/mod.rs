//! A fake OCI registry in memory: the distribution API, its authentication, and its ways to misbehave.

mod auth;
mod content;
mod files;
mod knobs;
mod lie;
mod listing;
mod manifests;
pub(crate) mod media;
mod notification;
mod push;
mod referrers;
mod routes;
mod spec;
mod state;
mod token;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use auth::{Auth, Bearer};
pub use content::{Manifest, Pushed};
pub use knobs::{Cursors, Knobs, Links, Storage};
pub use lie::Lie;
pub use notification::NOTIFICATION;
pub use spec::{ArtifactSpec, ImageSpec, IndexSpec};

pub(crate) use auth::basic_pair;
pub(crate) use content::Content;
pub(crate) use routes::main_answer;
pub(crate) use state::State as Distribution;

use crate::clock::Clock;
use crate::server::{Bound, Server, any_port};
use crate::{Faults, Recorded, Recorder};
use routes::{MainService, StorageService, TokenService};
use state::State;

/// A running registry. It stops when dropped.
#[derive(Debug)]
pub struct Registry {
    state: Arc<State>,
    main: Server,
    token: Option<Server>,
    storage: Option<Server>,
}

impl Registry {
    /// Starts with default [`Knobs`]: no authentication, everything supported.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Knobs::default()).await
    }

    pub async fn start_with(knobs: Knobs) -> io::Result<Self> {
        Self::start_at(any_port(), knobs).await
    }

    /// Listens on a fixed address.
    pub async fn start_at(address: SocketAddr, knobs: Knobs) -> io::Result<Self> {
        let main = Bound::bind(address).await?;
        let token = Bound::bind(any_port()).await?;
        let storage = Bound::bind(any_port()).await?;
        let elsewhere = matches!(&knobs.auth, Auth::Bearer(bearer) if bearer.other_port);
        let redirects = knobs.storage == Storage::Redirect;
        let realm = if elsewhere { token.url() } else { main.url() };
        let state = Arc::new(State::new(knobs, main.url(), format!("{realm}/token"), storage.url()));
        Ok(Self {
            main: main.serve(Arc::new(MainService(Arc::clone(&state)))),
            token: elsewhere.then(|| token.serve(Arc::new(TokenService(Arc::clone(&state))))),
            storage: redirects.then(|| storage.serve(Arc::new(StorageService(Arc::clone(&state))))),
            state,
        })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        self.main.url()
    }

    /// What another fake that has this one behind it needs.
    pub(crate) fn distribution(&self) -> &Arc<Distribution> {
        &self.state
    }

    /// `127.0.0.1:port`, as in an image reference.
    pub fn host(&self) -> String {
        self.main.address.to_string()
    }

    pub fn clock(&self) -> &Clock {
        &self.state.knobs.clock
    }

    /// The requests to the registry itself.
    pub fn recorder(&self) -> &Recorder {
        &self.main.recorder
    }

    /// The requests to the token server on a port of its own.
    pub fn token_requests(&self) -> Vec<Recorded> {
        self.token.as_ref().map(|server| server.recorder.requests()).unwrap_or_default()
    }

    /// The requests to the storage that blobs are redirected to.
    pub fn storage_requests(&self) -> Vec<Recorded> {
        self.storage.as_ref().map(|server| server.recorder.requests()).unwrap_or_default()
    }

    pub fn faults(&self) -> &Faults {
        &self.main.faults
    }

    /// From now on the registry lies so.
    pub fn lie(&self, lie: Lie) {
        crate::lock(&self.state.lies).push(lie);
    }

    pub fn stop_lying(&self) {
        crate::lock(&self.state.lies).clear();
    }

    /// How many tokens were given.
    pub fn tokens_given(&self) -> usize {
        crate::lock(&self.state.tokens).len()
    }

    /// How often a manifest's content was served, by `repository:tag`, `repository@digest` as it was asked for.
    pub fn manifest_gets(&self, repository: &str, reference: &str) -> usize {
        self.state.count(&format!("/v2/{repository}/manifests/{reference}"))
    }

    /// How often a blob's content was served (or redirected to), in any repository.
    pub fn blob_gets(&self, digest: &str) -> usize {
        self.state.count_where(|path| path.ends_with(&format!("/blobs/{digest}")))
    }

    /// How often any blob's content was served (or redirected to).
    pub fn total_blob_gets(&self) -> usize {
        self.state.count_where(|path| path.contains("/blobs/"))
    }

    /// How often any manifest's content was served.
    pub fn total_manifest_gets(&self) -> usize {
        self.state.count_where(|path| path.contains("/manifests/"))
    }

    /// Forgets what was served so far.
    pub fn reset_counts(&self) {
        crate::lock(&self.state.served).clear();
    }

    /// Closes the port and finishes open answers.
    pub async fn stop(&mut self) {
        self.main.stop().await;
        for server in [&mut self.token, &mut self.storage].into_iter().flatten() {
            server.stop().await;
        }
    }
}
