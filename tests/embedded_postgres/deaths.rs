//! Deaths: of the server, of ourselves, of both at once, and what the next start makes of it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use forewarm_store::embedded::{EmbeddedError, running_url};
use rustix::process::{Signal, geteuid, set_child_subreaper};
use sqlx::{Connection, Executor, PgConnection};

use super::child::{ChildProcess, Role, send};
use super::place::{Place, ask, has_ended, start, state, until};

#[tokio::test]
async fn sigterm_stops_the_server_cleanly() {
    let place = Place::new();
    let mut child = ChildProcess::spawn(Role::Supervisor, &place.state());
    let postmaster = child.postmaster().unwrap();
    child.signal(Signal::TERM);

    assert!(child.wait().success());
    assert!(has_ended(postmaster));
    assert!(!place.pid_file().exists());
    assert!(!place.state().join("runtime.json").exists());
    assert!(place.log().contains("database system is shut down"));
}

#[tokio::test]
async fn the_server_shuts_down_cleanly_when_we_are_killed() {
    let place = Place::new();
    let mut child = ChildProcess::spawn(Role::Supervisor, &place.state());
    let postmaster = child.postmaster().unwrap();
    child.signal(Signal::KILL);
    child.wait();

    until("the server to notice our death", || has_ended(postmaster)).await;
    assert!(!place.pid_file().exists());
    assert!(place.log().contains("received fast shutdown request"));
    assert!(place.log().contains("database system is shut down"));
    assert!(matches!(running_url(&place.state()), Err(EmbeddedError::NotRunning { .. })));
    place.start().await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_start_right_after_our_death_waits_for_the_old_server_to_end() {
    let place = Place::new();
    let mut child = ChildProcess::spawn(Role::Supervisor, &place.state());
    let old = child.postmaster().unwrap();
    child.signal(Signal::KILL);
    child.wait();

    let embedded = place.start().await.unwrap();
    assert!(has_ended(old));
    assert_ne!(embedded.pid(), old);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_killed_initdb_left_is_discarded() {
    let place = Place::new();
    let mut child = ChildProcess::spawn(Role::Supervisor, &place.state());
    let unfinished = place.state().join("data.init");
    until("initdb to be at work", || unfinished.join("base").exists()).await;
    child.signal(Signal::KILL);
    child.wait();
    assert!(unfinished.exists() && !place.state().join("data").exists(), "killed in the middle");

    let embedded = place.start().await.unwrap();
    assert!(!unfinished.exists());
    assert_eq!(ask(&embedded.url(), "SELECT 'whole'").await, "whole");
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_zombie_postmaster_is_told_from_a_living_one_and_no_row_is_lost() {
    let place = Place::new();
    let mut undertaker = ChildProcess::spawn(Role::Undertaker, &place.state());
    let postmaster = undertaker.postmaster();
    assert!(undertaker.wait().success(), "see the panic above");
    assert!(postmaster.is_some(), "the scenario ran");
    assert!(place.log().contains("automatic recovery in progress"));
}

/// Server and supervisor are killed at once, and the process that inherits the postmaster's corpse does not reap it:
/// that is how it goes in a container whose PID 1 is an ordinary program.
pub async fn recover_from_a_zombie(state_dir: &Path) {
    set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let mut supervisor = ChildProcess::spawn(Role::Supervisor, state_dir);
    let postmaster = supervisor.postmaster().unwrap();
    let mut connection = PgConnection::connect(&running_url(state_dir).unwrap()).await.unwrap();
    connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n").await.unwrap();

    supervisor.signal(Signal::STOP); // or it would reap its child
    send(postmaster, Signal::KILL);
    supervisor.signal(Signal::KILL);
    supervisor.wait();
    until("the postmaster to be a zombie of ours", || state(postmaster) == Some('Z')).await;

    let embedded = start(state_dir).await.unwrap();
    println!("\nready: {}", embedded.pid());
    assert_eq!(state(postmaster), Some('Z'), "it was a zombie all along");
    assert_eq!(ask(&embedded.url(), "SELECT count(*)::text FROM kept").await, "1000");
    assert_eq!(ask(&embedded.url(), "SHOW fsync").await, "on");
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_living_orphan_on_the_same_data_is_stopped_first() {
    let place = Place::new();
    let embedded = place.start().await.unwrap();
    let program = fs::read_link(format!("/proc/{}/exe", embedded.pid())).unwrap();
    embedded.stop().await.unwrap();
    let data = place.state().join("data");
    let owner = fs::metadata(&data).unwrap();
    let mut orphan = Command::new(program);
    orphan.arg("-D").arg(&data).arg("-c").arg("listen_addresses=");
    orphan.arg("-c").arg(format!("unix_socket_directories={}", place.state().display()));
    orphan.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    if geteuid().is_root() {
        orphan.uid(owner.uid()).gid(owner.gid());
    }
    let mut orphan = orphan.spawn().unwrap();
    until("the orphan to be ready", || {
        fs::read_to_string(place.pid_file())
            .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    })
    .await;

    let embedded = place.start().await.unwrap();
    assert!(orphan.wait().unwrap().success(), "a clean shutdown");
    assert_eq!(ask(&embedded.url(), "SELECT 'mine'").await, "mine");
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_dies_is_noticed() {
    let place = Place::new();
    let embedded = place.start().await.unwrap();
    send(embedded.pid(), Signal::KILL);
    let status = tokio::time::timeout(Duration::from_secs(60), embedded.wait()).await.unwrap();
    assert!(!status.success());
}

#[tokio::test]
async fn a_server_that_dies_is_restarted_at_the_same_address() {
    let place = Place::new();
    let embedded = place.start().await.unwrap();
    let (url, first) = (embedded.url(), embedded.pid());
    let (shutdown, asked) = tokio::sync::oneshot::channel::<()>();
    let supervised = tokio::spawn(embedded.supervise(async { drop(asked.await) }));
    send(first, Signal::KILL);

    until("another server to be announced", || server_pid(&place) != i64::from(first)).await;
    assert_eq!(running_url(&place.state()).unwrap(), url);
    assert_eq!(ask(&url, "SELECT 'back'").await, "back");
    shutdown.send(()).unwrap();
    supervised.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_keeps_dying_ends_the_supervision() {
    let place = Place::new();
    let embedded = place.start().await.unwrap();
    let mut pid = embedded.pid();
    let supervised = tokio::spawn(embedded.supervise(std::future::pending()));
    while !supervised.is_finished() {
        send(pid, Signal::KILL);
        until("a restart or the end", || supervised.is_finished() || server_pid(&place) != i64::from(pid))
            .await;
        pid = i32::try_from(server_pid(&place)).unwrap();
    }
    let error = supervised.await.unwrap().unwrap_err();
    assert!(matches!(error, EmbeddedError::KeepsDying { times: 5, .. }), "{error}");
}

fn server_pid(place: &Place) -> i64 {
    let text = fs::read(place.state().join("runtime.json")).unwrap();
    let runtime: serde_json::Value = serde_json::from_slice(&text).unwrap();
    runtime["server_pid"].as_i64().unwrap()
}
