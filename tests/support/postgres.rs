//! A real Postgres for the tests: one embedded server per test process, one database per test.
//!
//! The server lives in a slot under target/tmp, which the next run uses again: no cluster is made twice, nothing piles
//! up, and processes that run in parallel each lock a slot of their own. It dies with the test process.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use forewarm_store::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor};
use tokio::sync::oneshot;

use super::access;

/// More processes than this do not run the tests of one checkout at a time.
const SLOTS: usize = 64;
/// The migrated database that every test's is a copy of.
const TEMPLATE: &str = "template_forewarm";
const CONNECTIONS_PER_TEST: u32 = 8;

/// An empty, migrated database of the test's own, with one user and its token ([`access`]); dropped with this value.
pub struct Database {
    pub url: String,
    name: String,
}

/// A fresh database. Fails the test with the reason when there is no Postgres.
pub async fn database() -> Database {
    let (reply, answer) = oneshot::channel();
    SERVER.send(Request::Create(reply)).expect("the server's thread never ends");
    match answer.await.expect("the server's thread answers") {
        Ok(database) => database,
        Err(reason) => panic!("no test database: {reason}"),
    }
}

impl Database {
    /// A pool on this database, small enough for many tests at once.
    pub async fn pool(&self) -> PgPool {
        let options = PgPoolOptions::new().max_connections(CONNECTIONS_PER_TEST);
        options.connect(&self.url).await.expect("the test database can be connected to")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The thread does it: a destructor cannot wait, and the test's runtime is about to end.
        let _ = SERVER.send(Request::Drop(std::mem::take(&mut self.name)));
    }
}

enum Request {
    Create(oneshot::Sender<Result<Database, String>>),
    Drop(String),
}

/// The thread that owns the server. It serves one request at a time, since a template can be copied by one only.
static SERVER: LazyLock<Sender<Request>> = LazyLock::new(|| {
    let (sender, requests) = channel();
    thread::Builder::new()
        .name("test-postgres".to_owned())
        .spawn(|| serve(requests))
        .expect("a thread can be started");
    sender
});

#[allow(clippy::needless_pass_by_value)] // the end of the channel belongs to the thread
fn serve(requests: Receiver<Request>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let mut server = runtime.block_on(Server::start()).map_err(|error| error.to_string());
    for request in requests {
        match (request, &mut server) {
            (Request::Create(reply), Ok(server)) => {
                let created = runtime.block_on(server.create()).map_err(|error| error.to_string());
                let _ = reply.send(created);
            }
            (Request::Create(reply), Err(reason)) => drop(reply.send(Err(reason.clone()))),
            // What fails to be dropped is dropped by the slot's next user.
            (Request::Drop(name), Ok(server)) => drop(runtime.block_on(server.drop_database(&name))),
            (Request::Drop(_), Err(_)) => {}
        }
    }
}

struct Server {
    embedded: Embedded,
    admin: PgConnection,
    created: usize,
}

impl Server {
    async fn start() -> anyhow::Result<Self> {
        let embedded = start_in_a_free_slot().await?;
        let admin = PgConnection::connect(&embedded.url()).await?;
        let mut server = Self { embedded, admin, created: 0 };
        server.drop_leftovers().await?;
        server.prepare_template().await?;
        Ok(server)
    }

    async fn create(&mut self) -> anyhow::Result<Database> {
        self.created += 1;
        let name = format!("test_{}", self.created);
        self.run(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await?;
        Ok(Database { url: self.url_of(&name), name })
    }

    async fn drop_database(&mut self, name: &str) -> anyhow::Result<()> {
        self.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    /// Migrates the template of the slot's last user, or makes it anew if that one knew other migrations.
    async fn prepare_template(&mut self) -> anyhow::Result<()> {
        if self.exists(TEMPLATE).await? && self.migrate_template().await.is_ok() {
            return Ok(());
        }
        self.drop_database(TEMPLATE).await?;
        self.run(&format!("CREATE DATABASE {TEMPLATE}")).await?;
        self.migrate_template().await
    }

    async fn migrate_template(&mut self) -> anyhow::Result<()> {
        prepare(&self.url_of(TEMPLATE)).await
    }

    async fn drop_leftovers(&mut self) -> anyhow::Result<()> {
        let names: Vec<String> =
            sqlx::query_scalar("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")
                .fetch_all(&mut self.admin)
                .await?;
        for name in names {
            self.drop_database(&name).await?;
        }
        Ok(())
    }

    async fn exists(&mut self, name: &str) -> anyhow::Result<bool> {
        let query =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)").bind(name);
        Ok(query.fetch_one(&mut self.admin).await?)
    }

    async fn run(&mut self, statement: &str) -> anyhow::Result<()> {
        self.admin.execute(sqlx::AssertSqlSafe(statement)).await?;
        Ok(())
    }

    fn url_of(&self, name: &str) -> String {
        let mut url = url::Url::parse(&self.embedded.url()).expect("the server's address is a URL");
        url.set_path(name);
        url.into()
    }
}

/// Migrates a database and lets the tests' administrator in.
pub async fn prepare(url: &str) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new().max_connections(2).connect(url).await?;
    let prepared = async {
        forewarm_store::migrate(&pool).await?;
        access::let_in(&pool).await
    };
    let prepared = prepared.await;
    // A template with a session on it cannot be copied.
    pool.close().await;
    Ok(prepared?)
}

async fn start_in_a_free_slot() -> anyhow::Result<Embedded> {
    // Root's server runs as another user, who must be able to enter; one user's slots are no use to the other.
    let mine = format!("forewarm-postgres-{}", rustix::process::geteuid().as_raw());
    match start_under(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(&mine)).await {
        // A checkout under /root cannot be entered by the server's user.
        Err(EmbeddedError::Unreachable { .. }) => Ok(start_under(&std::env::temp_dir().join(&mine)).await?),
        started => Ok(started?),
    }
}

async fn start_under(dir: &Path) -> Result<Embedded, EmbeddedError> {
    let mut last = None;
    for slot in 0..SLOTS {
        match Embedded::start(options(dir.join(slot.to_string()))).await {
            Err(error @ EmbeddedError::InUse { .. }) => last = Some(error),
            started => return started,
        }
    }
    Err(last.expect("there is at least one slot"))
}

/// Test data may be lost with the machine, so nothing waits for the disk.
fn options(slot: PathBuf) -> EmbeddedOptions {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    EmbeddedOptions {
        sync_initdb: false,
        max_connections: 300,
        settings: vec![setting("fsync", "off"), setting("full_page_writes", "off")],
        ..EmbeddedOptions::new(slot)
    }
}

/// Refuses the next so many inserts into a table. A sequence counts them, since no rollback takes it back.
pub async fn break_inserts(pool: &PgPool, table: &str, times: u32) {
    let sql = format!(
        "CREATE SEQUENCE refused_inserts;
         CREATE FUNCTION refuse_inserts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('refused_inserts') <= {times} THEN RAISE EXCEPTION 'broken on purpose'; END IF;
             RETURN NULL;
         END $$;
         CREATE TRIGGER refuse_inserts BEFORE INSERT ON {table} EXECUTE FUNCTION refuse_inserts();"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}
