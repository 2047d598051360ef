//! A database of its own, a server on it, and in it the fakes: what each round of a measurement begins with.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::api::Api;
use crate::bench::Bench;
use crate::program::Program;

/// The token that the fake engines take.
const ENGINE_TOKEN: &str = forewarm_fake::dragonfly::TEST_TOKEN;
/// The most that an instance may be given at one time.
const IN_FLIGHT: u32 = 10_000;
/// What the registry proves itself with when it tells of a push.
pub const EVENT_SECRET: &str = "secret-of-the-registry";

/// The name of every project's only policy.
pub const POLICY: &str = "all";
/// The names of the instances.
pub const QUICK: &str = "quick";
pub const SLOW: &str = "slow";

pub struct Scene {
    pub database: String,
    pub server: Program,
    pub api: Api,
}

impl Scene {
    /// A migrated database with a server that leaves the work to workers. Engines are looked at every `check_seconds`, or
    /// as users have it that set nothing.
    pub async fn set(bench: &Bench, check_seconds: Option<u32>) -> anyhow::Result<Self> {
        let database = bench.postgres.create_database().await?;
        bench.binary.migrate(&database).await?;
        let (server, url) = serve(bench, &database, &[("FOREWARM_NO_WORKER", "true")]).await?;
        let api = Api::open(bench.client.clone(), &url).await?;
        let places = &bench.fakes.places;
        let hub =
            json!({"name": "hub", "kind": "oci", "url": places.registry, "event_secrets": [EVENT_SECRET]});
        api.create("/api/v1/registries", &hub).await?;
        let settings = check_seconds.map_or(json!({}), |seconds| json!({"check_seconds": seconds}));
        for (name, endpoint) in [(QUICK, &places.quick), (SLOW, &places.slow)] {
            let instance = json!({
                "name": name, "vendor": "dragonfly", "endpoint": endpoint, "max_in_flight": IN_FLIGHT,
                "auth": {"mode": "bearer", "secret": ENGINE_TOKEN}, "settings": settings,
            });
            api.create("/api/v1/instances", &instance).await?;
        }
        Ok(Self { database, server, api })
    }

    /// A project for a namespace of the registry, of the same name, with one policy ([`POLICY`]) that takes all of it.
    pub async fn policy(&self, namespace: &str, instance: &str, trigger: &Value) -> anyhow::Result<()> {
        let project = json!({"name": namespace, "registry": "hub", "namespace": namespace});
        self.api.create("/api/v1/projects", &project).await?;
        let policy = json!({"name": POLICY, "instances": [instance], "trigger": trigger});
        self.api.create(&format!("/api/v1/projects/{namespace}/policies"), &policy).await?;
        Ok(())
    }

    pub fn worker(&self, bench: &Bench, variables: &[(&str, &str)]) -> anyhow::Result<Program> {
        bench.binary.start("worker", &self.database, variables)
    }

    /// Stops the server and drops the database.
    pub async fn strike(self, bench: &Bench) -> anyhow::Result<()> {
        self.server.stop().await?;
        bench.postgres.drop_database(&self.database).await
    }
}

/// A ready server, and its address.
pub async fn serve(
    bench: &Bench,
    database: &str,
    variables: &[(&str, &str)],
) -> anyhow::Result<(Program, String)> {
    // Free a moment ago, and nobody else here asks for ports.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let mut all = variables.to_vec();
    all.push(("FOREWARM_LISTEN", &address));
    let mut server = bench.binary.start("serve", database, &all)?;
    let url = format!("http://{address}");
    server.until_ready(&url, &bench.client).await?;
    Ok((server, url))
}
