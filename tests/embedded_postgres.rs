//! Tests of the embedded Postgres: real servers, started, killed and started again.
#![cfg(target_os = "linux")]

mod child;
mod deaths;
mod place;
mod refusals;

use std::fs;
use std::os::unix::fs::MetadataExt;

use forewarm_store::embedded::{Embedded, EmbeddedError, EmbeddedOptions, running_url};
use rustix::process::{Signal, geteuid};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::postgres::database;
use child::{ChildProcess, Role, as_user, executable_for_all};
use place::{Place, ask, mode, start};

#[tokio::test]
async fn child_process() {
    match Role::of_this_process() {
        Some((Role::Supervisor, dir)) => child::supervise(&dir).await,
        Some((Role::Undertaker, dir)) => deaths::recover_from_a_zombie(&dir).await,
        None => {}
    }
}

#[tokio::test]
async fn the_first_start_makes_a_cluster_and_later_starts_find_its_data() {
    let place = Place::new();
    let first = place.start().await.unwrap();
    let mut connection = PgConnection::connect(&first.url()).await.unwrap();
    connection.execute("CREATE TABLE kept AS SELECT 'still here' AS word").await.unwrap();
    first.stop().await.unwrap();
    assert!(!place.pid_file().exists());

    let second = place.start().await.unwrap();
    assert_eq!(ask(&second.url(), "SELECT word FROM kept").await, "still here");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_is_durable_and_not_on_the_network() {
    let place = Place::new();
    let embedded = place.start().await.unwrap();
    let url = embedded.url();

    assert_eq!(ask(&url, "SHOW fsync").await, "on");
    assert_eq!(ask(&url, "SHOW full_page_writes").await, "on");
    assert_eq!(ask(&url, "SHOW synchronous_commit").await, "on");
    assert_eq!(ask(&url, "SHOW listen_addresses").await, "");
    assert_eq!(ask(&url, "SHOW server_encoding").await, "UTF8");
    assert_eq!(ask(&url, "SHOW max_connections").await, "100");
    assert_eq!(mode(&place.state()), 0o700);
    assert_eq!(mode(&place.state().join("runtime.json")), 0o600);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn root_runs_the_server_as_postgres_or_else_as_the_user_it_names() {
    if !geteuid().is_root() {
        return; // only root can become somebody else
    }
    for (wanted, expected) in [(None, "postgres"), (Some("nobody"), "nobody")] {
        let place = Place::new();
        let user = wanted.map(str::to_owned);
        let options = EmbeddedOptions { user, sync_initdb: false, ..EmbeddedOptions::new(place.state()) };
        let embedded = Embedded::start(options).await.unwrap();

        let uid = uid_of(expected);
        assert_eq!(fs::metadata(format!("/proc/{}", embedded.pid())).unwrap().uid(), uid);
        assert_eq!(fs::metadata(place.state()).unwrap().uid(), uid);
        let status = fs::read_to_string(format!("/proc/{}/status", embedded.pid())).unwrap();
        let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
        assert_eq!(groups.trim(), "", "root's supplementary groups are gone");
        embedded.stop().await.unwrap();
    }
}

#[tokio::test]
async fn an_ordinary_user_runs_the_server_as_itself() {
    let place = Place::new();
    let mut child = if geteuid().is_root() {
        let nobody = uid_of("nobody");
        fs::create_dir(place.state()).unwrap();
        std::os::unix::fs::chown(place.state(), Some(nobody), Some(nobody)).unwrap();
        let program = executable_for_all(&place.path());
        ChildProcess::spawn_as(Role::Supervisor, &place.state(), as_user(program, nobody))
    } else {
        ChildProcess::spawn(Role::Supervisor, &place.state())
    };
    let postmaster = child.postmaster().expect("the child starts its server");
    let me = fs::metadata(place.state()).unwrap().uid();
    assert_eq!(fs::metadata(format!("/proc/{postmaster}")).unwrap().uid(), me);
    child.signal(Signal::TERM);
    assert!(child.wait().success());
    assert!(!place.pid_file().exists());
}

#[tokio::test]
async fn workers_find_the_running_server_by_its_state_directory() {
    let place = Place::new();
    assert!(matches!(running_url(&place.state()), Err(EmbeddedError::NotRunning { .. })));
    let embedded = place.start().await.unwrap();
    let url = running_url(&place.state()).unwrap();
    assert_eq!(url, embedded.url());
    assert_eq!(ask(&url, "SELECT 'worker'").await, "worker");
    embedded.stop().await.unwrap();
    assert!(matches!(running_url(&place.state()), Err(EmbeddedError::NotRunning { .. })));
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_and_full_of_odd_characters_works() {
    let place = Place::new();
    let long = place.path().join("a, b + c% \"d\"".repeat(8));
    let odd = place.path().join("a, b + c%");
    for state_dir in [long, odd] {
        let embedded = start(&state_dir).await.unwrap();
        assert_eq!(ask(&embedded.url(), "SELECT 'reached'").await, "reached");
        embedded.stop().await.unwrap();
    }
}

#[tokio::test]
async fn every_test_has_a_migrated_database_of_its_own() {
    let (mine, yours) = (database().await, database().await);
    let (my_pool, your_pool) = (mine.pool().await, yours.pool().await);
    assert!(forewarm_store::is_migrated(&my_pool).await.unwrap());
    my_pool.execute("CREATE TABLE secret_diary (page text)").await.unwrap();
    let seen = your_pool.execute("SELECT * FROM secret_diary").await;
    assert!(seen.unwrap_err().to_string().contains("does not exist"));
}

fn uid_of(user: &str) -> u32 {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.split(':').next() == Some(user)).expect("the user exists");
    line.split(':').nth(2).unwrap().parse().unwrap()
}
