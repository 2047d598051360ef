//! The database: does it answer, may we do there what we must, is its schema ours, does its clock agree.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use forewarm_store::{Server, Store, StoreError, knock, standing};

use super::findings::Findings;
use crate::database::DatabaseArgs;
use crate::explain::explain;

const CHECK: &str = "database";
/// Postgres 14, the oldest that the SQL is written for.
const OLDEST: i32 = 140_000;
/// Connections that Postgres keeps for its superusers, and a few for other processes.
const SPARE: i32 = 10;
/// A check-up holds few connections itself.
const CONNECTIONS: u32 = 2;
/// Clocks that differ more make logs of several machines hard to read.
const NOTEWORTHY: TimeDelta = TimeDelta::seconds(2);
/// Tokens and certificates are refused for less.
const WRONG: TimeDelta = TimeDelta::seconds(60);

/// The store, if its database answers.
pub async fn reach(args: &DatabaseArgs, findings: &mut Findings) -> Option<Store> {
    let url = match args.url() {
        Ok(url) => url,
        Err(error) => {
            findings.problem(CHECK, explain(&error));
            return None;
        }
    };
    let store = match Store::open(&url, CONNECTIONS) {
        Ok(store) => store,
        Err(error) => {
            findings.problem(CHECK, format!("FOREWARM_DATABASE_URL is no Postgres URL: {error}"));
            return None;
        }
    };
    let asked = Instant::now();
    if let Err(error) = knock(&url).await {
        findings.problem(
            CHECK,
            format!("it does not answer: {error}; is it running, and are address, user and password right?"),
        );
        return None;
    }
    findings.ok(CHECK, format!("answers within {} ms", asked.elapsed().as_millis()));
    Some(store)
}

pub async fn look_at_server(
    store: &Store,
    connections: u32,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let server = store.server().await?;
    match server.version_number {
        OLDEST.. => findings.ok(CHECK, format!("is Postgres {}", server.version)),
        _ => findings.problem(CHECK, format!("is Postgres {}: 14 or later is needed", server.version)),
    }
    look_at_rights(&server, findings);
    if i64::from(connections) > i64::from(server.max_connections - SPARE) {
        findings.warning(
            CHECK,
            format!(
                "lets {} connections in, and one process of ours may hold {connections}: raise its max_connections or \
                 lower --database-connections",
                server.max_connections
            ),
        );
    }
    if !server.is_durable {
        findings.warning(
            CHECK,
            "does not write at once to the disk what it promises (fsync or synchronous_commit is off): when its machine \
             fails, executions are lost",
        );
    }
    Ok(())
}

/// What `forewarm migrate` needs, now or at the next update.
fn look_at_rights(server: &Server, findings: &mut Findings) {
    if !server.may_create {
        findings.warning(
            CHECK,
            "our role has no CREATE on the database, which migrations need: GRANT CREATE ON DATABASE … TO …",
        );
    }
    if !server.lacking.is_empty() {
        let lacking = server.lacking.join(" and ");
        findings.problem(
            CHECK,
            format!("has no extension {lacking}: install the package postgresql-contrib there"),
        );
    }
}

/// Whether what lies in the tables can be read.
pub async fn look_at_schema(store: &Store, findings: &mut Findings) -> Result<bool, StoreError> {
    const CHECK: &str = "schema";
    let standing = standing(store.pool()).await?;
    match (standing.missing, standing.unknown) {
        (0, 0) => findings.ok(CHECK, "is that of this version"),
        (0, unknown) => findings.warning(
            CHECK,
            format!("a newer version has changed it (by migrations unknown here: {unknown}): update this program"),
        ),
        (missing, _) => findings.problem(
            CHECK,
            format!("is not up to date (migrations missing: {missing}): run `forewarm migrate`, or start `forewarm serve --migrate`"),
        ),
    }
    Ok(standing.missing == 0)
}

/// Compares the database's clock with the middle of the time that asking took.
pub async fn look_at_clock(store: &Store, findings: &mut Findings) -> Result<(), StoreError> {
    const CHECK: &str = "clock";
    let before = Utc::now();
    let theirs = store.now().await?;
    let took = Utc::now() - before;
    let apart = (theirs - (before + took / 2)).abs() - took / 2;
    let seconds = apart.as_seconds_f64().max(0.0);
    let message = format!(
        "this machine and the database's are {seconds:.1} s apart; times of executions are the database's, those of logs \
         this machine's, and tokens and certificates may be refused: set both by NTP"
    );
    match apart {
        apart if apart > WRONG => findings.problem(CHECK, message),
        apart if apart > NOTEWORTHY => findings.warning(CHECK, message),
        _ => findings.ok(CHECK, "this machine and the database's agree"),
    }
    Ok(())
}

/// A duration in words: whole seconds, minutes or hours.
pub fn words(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
