//! What is broken: a server, workers, a database, a registry and an engine, with executions under way.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Cluster as Peers, Dragonfly, Knobs, TEST_TOKEN};
use forewarm_fake::registry::{self, Pushed, Registry};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use super::chance::Chance;
use super::checker::{self, Case, Verdict};
use super::cluster::Cluster;
use super::crew::Worker;
use super::haste;
use super::rows::Rows;
use crate::support::server::Server;

/// Far more than anything takes; whoever needs it has failed.
pub const PATIENCE: Duration = Duration::from_secs(180);
pub const POLL: Duration = Duration::from_millis(100);
const INSTANCE: &str = "dragonfly";
pub const RUN: &str = "/api/v1/projects/shop/policies/all/executions";

/// How large it is, and of what kind.
pub struct Setup {
    pub images: usize,
    pub executions: usize,
    pub workers: usize,
    pub max_in_flight: usize,
    /// Postgres is the scene's own, with these settings, and not shared with other tests.
    pub cluster: Option<Vec<(&'static str, &'static str)>>,
    /// The server runs an embedded Postgres in this folder.
    pub state: Option<PathBuf>,
    /// Where registry, engine and the scene's own Postgres listen, besides this machine's own address.
    pub address: Option<String>,
    pub registry: registry::Knobs,
    /// Seconds that processes get to end in order.
    pub drain: &'static str,
    /// The server does work, too.
    pub serve_works: bool,
    /// For how many seconds a submission that was sent may reach the engine.
    pub on_its_way: f64,
    /// What is broken is no excuse for a task that ends in error.
    pub all_succeed: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            images: 200,
            executions: 1,
            workers: 2,
            max_in_flight: 150,
            cluster: None,
            state: None,
            address: None,
            registry: registry::Knobs::default(),
            drain: "1",
            serve_works: false,
            on_its_way: 8.0,
            all_succeed: true,
        }
    }
}

pub struct Scene {
    pub chance: Chance,
    pub images: Registry,
    pub engine: Dragonfly,
    pub server: Server,
    pub crew: Vec<Worker>,
    pub executions: Vec<i64>,
    pushed: Vec<Pushed>,
    rows: Rows,
    setup: Setup,
}

impl Scene {
    /// Everything runs, and every execution has begun.
    pub async fn start(setup: Setup) -> Self {
        Self::start_with(setup, Chance::new()).await
    }

    pub async fn start_with(setup: Setup, chance: Chance) -> Self {
        let mut rows = Rows::make(&setup).await;
        let address = SocketAddr::new(setup.address.as_deref().unwrap_or("127.0.0.1").parse().unwrap(), 0);
        let images = Registry::start_at(address, setup.registry.clone()).await.unwrap();
        let names: Vec<String> =
            (0..setup.images).map(|i| format!("shop/app{}:v{}", i / 50, i % 50)).collect();
        let pushed = images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let engine = Dragonfly::start_at(address, fast_engine()).await.unwrap();
        let server = serve(&rows, &setup).await;
        rows.settle();
        checker::watch(rows.url()).await;
        furnish(&server, &images, &engine, &setup).await;
        let mut scene = Self {
            chance,
            images,
            engine,
            server,
            crew: Vec::new(),
            executions: Vec::new(),
            pushed,
            rows,
            setup,
        };
        for _ in 0..scene.setup.executions {
            scene.execute().await;
        }
        for _ in 0..scene.setup.workers {
            scene.hire(&[]);
        }
        scene
    }

    /// Runs the policy once more.
    pub async fn execute(&mut self) -> i64 {
        let execution = self.server.create(RUN, &json!({})).await;
        let id = execution["id"].as_i64().unwrap();
        self.executions.push(id);
        id
    }

    /// One more worker, with these variables besides the usual ones.
    pub fn hire(&mut self, variables: &[(&str, &str)]) -> &mut Worker {
        let worker = Worker::start(&self.variables(variables));
        self.crew.push(worker);
        self.crew.last_mut().unwrap()
    }

    /// What a process of this scene must be told.
    pub fn variables<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut variables = usual(self.rows.variable(true), self.setup.drain);
        variables.extend(more);
        variables
    }

    /// SIGKILL to a worker, and another in its place.
    pub async fn replace_worker(&mut self, index: usize) {
        self.crew[index].kill().await;
        let mut worker = Worker::start(&self.variables(&[]));
        std::mem::swap(&mut self.crew[index], &mut worker);
    }

    /// SIGKILL to the server, and another in its place.
    pub async fn replace_server(&mut self) {
        self.server.process.kill().await.unwrap();
        self.server = serve(&self.rows, &self.setup).await;
    }

    /// The scene's own Postgres.
    pub fn cluster(&mut self) -> &mut Cluster {
        match &mut self.rows {
            Rows::Own(cluster) => cluster,
            _ => panic!("the database of this scene is not the test's to break"),
        }
    }

    pub fn database(&self) -> &str {
        self.rows.url()
    }

    pub fn tasks(&self) -> usize {
        self.pushed.len() * self.executions.len()
    }

    /// Waits until the engine has been given this many jobs.
    pub async fn until_jobs(&self, count: usize) {
        let begun = Instant::now();
        while self.engine.received().len() < count {
            assert!(
                begun.elapsed() < PATIENCE,
                "the engine has {} jobs, not {count}",
                self.engine.received().len()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until nothing is left to do: all executions have ended, and their tickets are gone.
    pub async fn until_done(&self) {
        let (mut moved, mut least) = (Instant::now(), i64::MAX);
        loop {
            let left = self.left_to_do().await;
            match left {
                Ok(0) => return,
                Ok(left) if left < least => (moved, least) = (Instant::now(), left),
                _ if moved.elapsed() < PATIENCE => {}
                _ => panic!("nothing moves any more; still to do: {left:?}\n{}", self.left_over().await),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Every execution that there is.
    pub async fn every_execution(&self) -> Vec<i64> {
        let mut connection = PgConnection::connect(self.rows.url()).await.unwrap();
        sqlx::query_scalar("SELECT id FROM executions ORDER BY id").fetch_all(&mut connection).await.unwrap()
    }

    /// Whether the server can read its database.
    pub async fn answers(&self) -> bool {
        self.server.get("/readyz").await.0 == 200
    }

    /// Tasks that somebody is working on, or says so.
    pub async fn leases(&self) -> i64 {
        let mut connection = PgConnection::connect(self.rows.url()).await.unwrap();
        let leases = "SELECT count(*) FROM tasks WHERE lease_token IS NOT NULL";
        sqlx::query_scalar(leases).fetch_one(&mut connection).await.unwrap()
    }

    /// Open executions, tasks and tickets.
    async fn left_to_do(&self) -> Result<i64, sqlx::Error> {
        let mut connection = PgConnection::connect(self.rows.url()).await?;
        let asked = checker::being_asked(&self.engine);
        haste::spare_waiting(&mut connection, &asked, self.setup.on_its_way).await?;
        let left = "SELECT (SELECT count(*) FROM executions WHERE status IN ('pending', 'running'))
                         + (SELECT count(*) FROM tasks WHERE status IN ('pending', 'running'))
                         + (SELECT count(*) FROM apalis.jobs WHERE status NOT IN ('Done', 'Killed'))";
        let left = sqlx::query_scalar(left).fetch_one(&mut connection).await;
        connection.close().await?;
        left
    }

    /// The first of what is left to do, in words.
    async fn left_over(&self) -> String {
        let mut connection = PgConnection::connect(self.rows.url()).await.unwrap();
        let rows = "SELECT format('task %s: %s %s, seq %s, due %s, leased %s: %s', id, status, stage, seq, due_at,
                                  lease_token IS NOT NULL, message)
                    FROM tasks WHERE status IN ('pending', 'running')
                    UNION ALL
                    SELECT format('ticket: %s, run at %s, held by %s, last seen %s: %s', j.status, run_at, lock_by,
                                  last_seen, convert_from(job, 'UTF8'))
                    FROM apalis.jobs j LEFT JOIN apalis.workers w ON w.id = j.lock_by
                    WHERE j.status NOT IN ('Done', 'Killed')
                    LIMIT 20";
        let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut connection).await.unwrap();
        rows.join("\n")
    }

    /// Judges what became of it, when all is done.
    pub async fn verdict(&self) -> Verdict {
        let mut told = Vec::new();
        for id in &self.executions {
            let (status, answer) = self.server.get(&format!("/api/v1/executions/{id}")).await;
            assert_eq!(status, 200, "{answer}");
            told.push((*id, answer));
        }
        let case = Case {
            database: self.rows.url(),
            registry: self.images.url(),
            images: &self.pushed,
            engines: vec![(INSTANCE, &self.engine)],
            executions: &self.executions,
            all_succeed: self.setup.all_succeed,
        };
        case.judge(&told).await
    }
}

/// Lives a hundred times as fast: what a real manager shows after 30 s it shows after 0.3 s.
pub fn fast_engine() -> Knobs {
    let cluster = Peers { job_rate_limit: 1_000_000, ..Peers::new(1) };
    Knobs { clock: Clock::scaled(100.0), clusters: vec![cluster], ..Knobs::default() }
}

async fn serve(rows: &Rows, setup: &Setup) -> Server {
    let mut variables = usual(rows.variable(false), setup.drain);
    if !setup.serve_works {
        variables.push(("FOREWARM_NO_WORKER", "true"));
    }
    Server::start(&variables).await
}

fn usual<'a>(database: (&'a str, &'a str), drain: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        database,
        ("FOREWARM_DATABASE_CONNECTIONS", "10"),
        ("FOREWARM_LEASE_SECONDS", "3"),
        ("FOREWARM_DRAIN_SECONDS", drain),
        ("FOREWARM_HEALTH_SECONDS", "0"),
        ("FOREWARM_KEEP_EXECUTIONS", "1000000"),
        ("FOREWARM_LOG", "info"),
    ]
}

async fn furnish(server: &Server, images: &Registry, engine: &Dragonfly, setup: &Setup) {
    server.create("/api/v1/registries", &json!({"name": "hub", "kind": "oci", "url": images.url()})).await;
    let instance = json!({
        "name": INSTANCE, "vendor": "dragonfly", "endpoint": engine.url(),
        "auth": {"mode": "bearer", "secret": TEST_TOKEN}, "settings": {"check_seconds": 1},
        "max_in_flight": setup.max_in_flight,
    });
    server.create("/api/v1/instances", &instance).await;
    server.create("/api/v1/projects", &json!({"name": "shop", "registry": "hub", "namespace": "shop"})).await;
    let policy = json!({"name": "all", "instances": [INSTANCE], "filters": [], "max_attempts": 5});
    let _: Value = server.create("/api/v1/projects/shop/policies", &policy).await;
}
