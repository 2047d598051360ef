//! What is refused, and with which words.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use forewarm_store::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use rustix::process::geteuid;

use super::child::{ChildProcess, Role};
use super::place::{Place, ask, mode, start};

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
async fn a_state_directory_that_the_servers_user_cannot_enter_is_refused_with_advice() {
    if !geteuid().is_root() {
        return; // the server runs as ourselves, who can
    }
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap(); // like /root
    let refused = start(&home.path().join("state")).await.unwrap_err().to_string();
    assert!(refused.contains("runs as user postgres, who cannot enter"), "{refused}");
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
    assert!(refused.contains("pg_dump") && refused.contains("postgresql-9"), "{refused}");
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
    let options = EmbeddedOptions { settings, sync_initdb: false, ..EmbeddedOptions::new(place.state()) };
    let error = Embedded::start(options).await.unwrap_err().to_string();
    assert!(error.contains("postgres ended early") && error.contains("shared_buffers"), "{error}");
    assert_eq!(error.lines().count(), 1);
}
