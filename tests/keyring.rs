//! Secrets at rest: what the database holds of them, who can open it, and how keys are changed.

mod columns;
mod command;
mod locked;
mod plain;
mod rotation;
mod start;

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::execution::{Spec, Work};
use forewarm_domain::instance::Instance;
use forewarm_domain::options::OriginAccess;
use forewarm_domain::registry::Registry;
use forewarm_store::keyring::Key;
use forewarm_store::outcome::Written;
use forewarm_store::registries::RegistryDraft;
use forewarm_store::{Clock, Keyring, Store};
use sqlx::PgPool;

use crate::support::lab::Lab;
use crate::support::postgres::Database;

/// A file address with the permission to read it.
const PRESIGNED: &str = "http://files.test/model.bin?X-Signature=hidden-signature&part=1";

/// One secret in every column, written under the tests' key.
struct Vault {
    lab: Lab,
    registry: Registry,
    instance: Instance,
    execution: i64,
}

impl Vault {
    async fn fill() -> Self {
        let lab = Lab::start().await;
        let registry = registry(&lab.store, "hub").await;
        let draft = Lab::draft("edge", "mirror", "http://mirror.test:5000");
        let auth = Auth::Header { name: "X-Token".to_owned(), value: Secret::new("hidden-instance") };
        let instance = lab.instance(forewarm_store::instances::InstanceDraft { auth, ..draft }).await;
        let spec = files(&instance);
        let execution = lab.execute_with(spec, access()).await;
        lab.run_due().await;
        Self { lab, registry, instance, execution }
    }

    fn pool(&self) -> &PgPool {
        self.lab.store.pool()
    }

    /// The same database, as a process with other keys sees it.
    fn seen_with(&self, keys: Keyring) -> Store {
        Store::new(self.pool().clone(), Clock::database()).with_keys(keys)
    }

    /// A column as text, whatever its type.
    async fn text(&self, table: &str, column: &str) -> String {
        let query = format!("SELECT {column}::text FROM {table} ORDER BY id DESC LIMIT 1");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(self.pool()).await.unwrap()
    }

    async fn run(&self, statement: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(self.pool()).await.unwrap();
    }
}

fn files(instance: &Instance) -> Spec {
    let urls = vec![PRESIGNED.parse().unwrap(), "http://files.test/open.bin".parse().unwrap()];
    Lab::spec(Work::Files { urls }, &[instance])
}

fn access() -> OriginAccess {
    OriginAccess {
        headers: [("X-Pass".to_owned(), Secret::new("hidden-header"))].into(),
        username: Some("ann".to_owned()),
        password: Some(Secret::new("hidden-password")),
    }
}

fn draft(name: &str) -> RegistryDraft {
    RegistryDraft {
        name: name.to_owned(),
        kind: "oci".to_owned(),
        description: String::new(),
        url: "http://registry.test:5000".parse().unwrap(),
        auth: Auth::Basic { username: "ann".to_owned(), password: Secret::new("hidden-registry") },
        insecure_tls: false,
        repositories: vec![],
        event_secrets: vec![Secret::new("hidden-event-one"), Secret::new("hidden-event-two")],
        watch_interval_seconds: None,
    }
}

async fn registry(store: &Store, name: &str) -> Registry {
    match store.registries().create(&draft(name)).await.unwrap() {
        Written::Done(registry) => registry,
        _ => panic!("the registry could not be written"),
    }
}

/// Keyrings of new keys, one of each and one with both, the new one first.
struct Rings {
    old: String,
    new: String,
}

impl Rings {
    fn draw() -> Self {
        let draw = || Key::generate().text().to_string();
        Self { old: draw(), new: draw() }
    }

    fn old(&self) -> Keyring {
        Keyring::parse(&self.old).unwrap()
    }

    fn new_one(&self) -> Keyring {
        Keyring::parse(&self.new).unwrap()
    }

    fn both(&self) -> Keyring {
        Keyring::parse(&format!("{},{}", self.new, self.old)).unwrap()
    }
}

/// A database of its own under a keyring.
async fn store_with(database: &Database, keys: Keyring) -> Store {
    Store::new(database.pool().await, Clock::database()).with_keys(keys)
}
