//! Tests of the embedded Postgres: real servers, started, killed and started again.
#![cfg(target_os = "linux")]

mod child;
mod place;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use forewarm_store::embedded::{Embedded, EmbeddedError, EmbeddedOptions, running_url};
use rustix::process::{Signal, geteuid, set_child_subreaper};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::postgres::database;
use child::{ChildProcess, Role, as_user, executable_for_all, send};
use place::{Place, ask, has_ended, mode, start, state, until};

/// No test, but what the other tests run as their second process.
#[tokio::test]
async fn child_process() {
    match Role::of_this_process() {
        Some((Role::Supervisor, dir)) => child::supervise(&dir).await,
        Some((Role::Undertaker, dir)) => recover_from_a_zombie(&dir).await,
        None => {}
    }
}

#[tokio::test]
async fn the_first_start_makes_a_cluster_and_later_starts_find_its_data() {
    let place = Place::new();
    let first = place.start().await.unwrap();
    let mut connection = PgConnection::connect(&first.url()).await.unwrap();
    connection
        .execute("CREATE TABLE kept AS SELECT 'still here' AS word")
        .await
        .unwrap();
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
        let options = EmbeddedOptions {
            user,
            sync_initdb: false,
            ..EmbeddedOptions::new(place.state())
        };
        let embedded = Embedded::start(options).await.unwrap();

        let uid = uid_of(expected);
        assert_eq!(
            fs::metadata(format!("/proc/{}", embedded.pid())).unwrap().uid(),
            uid
        );
        assert_eq!(fs::metadata(place.state()).unwrap().uid(), uid);
        let status = fs::read_to_string(format!("/proc/{}/status", embedded.pid())).unwrap();
        let groups = status
            .lines()
            .find_map(|line| line.strip_prefix("Groups:"))
            .unwrap();
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
    assert!(matches!(
        running_url(&place.state()),
        Err(EmbeddedError::NotRunning { .. })
    ));
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
    assert!(
        unfinished.exists() && !place.state().join("data").exists(),
        "killed in the middle"
    );

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
async fn recover_from_a_zombie(state_dir: &std::path::Path) {
    set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let mut supervisor = ChildProcess::spawn(Role::Supervisor, state_dir);
    let postmaster = supervisor.postmaster().unwrap();
    let mut connection = PgConnection::connect(&running_url(state_dir).unwrap())
        .await
        .unwrap();
    connection
        .execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        .await
        .unwrap();

    supervisor.signal(Signal::STOP); // or it would reap its child
    send(postmaster, Signal::KILL);
    supervisor.signal(Signal::KILL);
    supervisor.wait();
    until("the postmaster to be a zombie of ours", || {
        state(postmaster) == Some('Z')
    })
    .await;

    let embedded = start(state_dir).await.unwrap();
    println!("\nready: {}", embedded.pid());
    assert_eq!(state(postmaster), Some('Z'), "it was a zombie all along");
    assert_eq!(
        ask(&embedded.url(), "SELECT count(*)::text FROM kept").await,
        "1000"
    );
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
    orphan
        .arg("-c")
        .arg(format!("unix_socket_directories={}", place.state().display()));
    orphan
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
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
async fn a_second_instance_on_the_same_directory_is_refused_at_once() {
    let place = Place::new();
    let first = place.start().await.unwrap();
    let refused = place.start().await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::InUse { .. }), "{refused}");
    assert_eq!(ask(&first.url(), "SELECT 'unharmed'").await, "unharmed");
    first.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_dies_is_noticed() {
    let place = Place::new();
    let embedded = place.start().await.unwrap();
    send(embedded.pid(), Signal::KILL);
    let status = tokio::time::timeout(Duration::from_secs(60), embedded.wait())
        .await
        .unwrap();
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

    until("another server to be announced", || {
        server_pid(&place) != i64::from(first)
    })
    .await;
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
        until("a restart or the end", || {
            supervised.is_finished() || server_pid(&place) != i64::from(pid)
        })
        .await;
        pid = i32::try_from(server_pid(&place)).unwrap();
    }
    let error = supervised.await.unwrap().unwrap_err();
    assert!(
        matches!(error, EmbeddedError::KeepsDying { times: 5, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn workers_find_the_running_server_by_its_state_directory() {
    let place = Place::new();
    assert!(matches!(
        running_url(&place.state()),
        Err(EmbeddedError::NotRunning { .. })
    ));
    let embedded = place.start().await.unwrap();
    let url = running_url(&place.state()).unwrap();
    assert_eq!(url, embedded.url());
    assert_eq!(ask(&url, "SELECT 'worker'").await, "worker");
    embedded.stop().await.unwrap();
    assert!(matches!(
        running_url(&place.state()),
        Err(EmbeddedError::NotRunning { .. })
    ));
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
async fn a_state_directory_that_the_servers_user_cannot_enter_is_refused_with_advice() {
    if !geteuid().is_root() {
        return; // the server runs as ourselves, who can
    }
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap(); // like /root
    let refused = start(&home.path().join("state")).await.unwrap_err().to_string();
    assert!(
        refused.contains("runs as user postgres, who cannot enter"),
        "{refused}"
    );
    assert!(refused.contains(&home.path().display().to_string()), "{refused}");
    assert!(refused.contains("/var/lib/forewarm"), "{refused}");
}

#[tokio::test]
async fn somebody_elses_directory_is_left_alone() {
    let place = Place::new();
    fs::create_dir(place.state()).unwrap();
    fs::write(place.state().join("thesis.txt"), "mine").unwrap();
    let before = mode(&place.state());
    let refused = place.start().await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::NotOurs { .. }), "{refused}");
    assert_eq!(mode(&place.state()), before);
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_not_touched() {
    let place = Place::new();
    place.start().await.unwrap().stop().await.unwrap();
    fs::write(place.state().join("data/PG_VERSION"), "9\n").unwrap();
    let refused = place.start().await.unwrap_err().to_string();
    assert!(refused.contains("was made by Postgres 9"), "{refused}");
    assert!(
        refused.contains("pg_dump") && refused.contains("postgresql-9"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_wrong_pg_bin_is_an_error_and_not_passed_over() {
    let place = Place::new();
    let mut child = ChildProcess::spawn_as(Role::Supervisor, &place.state(), |command| {
        command.env("PG_BIN", place.path()).stderr(Stdio::null());
    });
    assert_eq!(child.postmaster(), None);
    assert!(!child.wait().success());
    assert!(!place.state().join("data").exists());
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why_in_one_line() {
    let place = Place::new();
    let settings = vec![("shared_buffers".to_owned(), "a lot".to_owned())];
    let options = EmbeddedOptions {
        settings,
        sync_initdb: false,
        ..EmbeddedOptions::new(place.state())
    };
    let error = Embedded::start(options).await.unwrap_err().to_string();
    assert!(
        error.contains("postgres ended early") && error.contains("shared_buffers"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1);
}

#[tokio::test]
async fn every_test_has_a_migrated_database_of_its_own() {
    let (mine, yours) = (database().await, database().await);
    let (my_pool, your_pool) = (mine.pool().await, yours.pool().await);
    assert!(forewarm_store::is_migrated(&my_pool).await.unwrap());
    my_pool
        .execute("CREATE TABLE secret_diary (page text)")
        .await
        .unwrap();
    let seen = your_pool.execute("SELECT * FROM secret_diary").await;
    assert!(seen.unwrap_err().to_string().contains("does not exist"));
}

fn server_pid(place: &Place) -> i64 {
    let text = fs::read(place.state().join("runtime.json")).unwrap();
    let runtime: serde_json::Value = serde_json::from_slice(&text).unwrap();
    runtime["server_pid"].as_i64().unwrap()
}

fn uid_of(user: &str) -> u32 {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(user))
        .expect("the user exists");
    line.split(':').nth(2).unwrap().parse().unwrap()
}
