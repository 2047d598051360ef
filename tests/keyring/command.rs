//! `forewarm key`, and where processes find their keys.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use forewarm_store::Keyring;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::process::Command;

use super::{Rings, store_with};
use crate::support::binary::forewarm;
use crate::support::postgres::{Database, database};
use crate::support::server::Server;

/// Runs the program in an environment that says nothing but this.
async fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(forewarm());
    command.env_clear().args(args).envs(variables.iter().copied()).kill_on_drop(true);
    command.output().await.unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    // Root's Postgres runs as another user, who must get through.
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).unwrap();
    let file = folder.path().join("keys");
    (folder, file)
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_new_key_is_printed_or_written_where_only_its_owner_reads_it() {
    let printed = run(&["key", "generate"], &[]).await;
    let ring = Keyring::parse(&out(&printed)).unwrap();
    assert!(err(&printed).contains(ring.active_id().unwrap()));

    let (_folder, file) = folder();
    let path = file.to_str().unwrap();
    let made = run(&["key", "generate", "--file", path], &[]).await;
    let first = Keyring::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(made.status.success() && mode(&file) == 0o600, "{}", err(&made));
    assert!(out(&made).contains(first.active_id().unwrap()));

    run(&["key", "generate", "--file", path], &[]).await;
    let both = Keyring::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let ids: Vec<&str> = both.ids().collect();
    assert_eq!(
        (ids.len(), ids[1]),
        (2, first.active_id().unwrap()),
        "the new one comes first, the old one stays"
    );
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn a_file_that_holds_no_key_is_left_alone() {
    let (_folder, file) = folder();
    write(&file, "precious\n", 0o600);
    let output = run(&["key", "generate", "--file", file.to_str().unwrap()], &[]).await;
    assert!(!output.status.success());
    assert!(
        err(&output).contains("key 1 is unreadable") && !err(&output).contains("precious"),
        "{}",
        err(&output)
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_and_rotated_from_a_file_without_showing_them() {
    let (database, rings) = (database().await, Rings::draw());
    let old = store_with(&database, rings.old()).await;
    old.introduce_keys().await.unwrap();
    super::registry(&old, "hub").await;
    let (_folder, file) = folder();
    write(&file, &format!("{}\n{}\n", rings.new, rings.old), 0o600);
    let variables =
        [("FOREWARM_DATABASE_URL", database.url.as_str()), ("FOREWARM_KEY_FILE", file.to_str().unwrap())];

    let early = run(&["key", "rotate"], &variables).await;
    assert!(err(&early).contains("no process has been started with key"), "{}", err(&early));
    let store = store_with(&database, rings.both()).await;
    assert_eq!(store.census().await.unwrap().of(rings.old().active_id().unwrap()), 3, "nothing was changed");
    store.introduce_keys().await.unwrap();

    let (new_id, old_id) =
        (rings.new_one().active_id().unwrap().to_owned(), rings.old().active_id().unwrap().to_owned());
    let row = |id: &str, role: &str, values: u64| format!("{id}  {role:<8}{values:>8}");
    let listed = out(&run(&["key", "list"], &variables).await);
    assert!(
        listed.contains(&row(&new_id, "active", 0)) && listed.contains(&row(&old_id, "opens", 3)),
        "{listed}"
    );

    let rotated = run(&["key", "rotate"], &variables).await;
    assert!(rotated.status.success(), "{}", err(&rotated));
    let said = out(&rotated);
    assert!(said.contains("3 values in 2 rows") && said.contains(&format!("{old_id} any more")), "{said}");
    let listed_after = out(&run(&["key", "list"], &variables).await);
    assert!(listed_after.contains(&row(&new_id, "active", 3)), "{listed_after}");
    for text in [&listed, &listed_after, &said, &err(&rotated)] {
        assert!(!text.contains(&rings.old) && !text.contains(&rings.new), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_tells_what_remains_under_a_key_that_is_not_at_hand() {
    let (database, rings) = (database().await, Rings::draw());
    let old = store_with(&database, rings.old()).await;
    super::registry(&old, "hub").await;
    store_with(&database, rings.new_one()).await.introduce_keys().await.unwrap();
    let variables = [("FOREWARM_DATABASE_URL", database.url.as_str()), ("FOREWARM_KEY", rings.new.as_str())];

    let rotated = run(&["key", "rotate"], &variables).await;
    assert_eq!(rotated.status.code(), Some(1));
    let wanted = format!("3 values are still encrypted with key {}", rings.old().active_id().unwrap());
    assert!(err(&rotated).contains(&wanted), "{}", err(&rotated));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_database_of_its_own_serve_makes_a_key_file_and_finds_it_again() {
    let (folder, _) = folder();
    let state = folder.path().join("state");
    let variables = [("FOREWARM_STATE_DIR", state.to_str().unwrap()), ("FOREWARM_LOG", "info")];
    let mut server = Server::start(&variables).await;
    let file = state.join("key");
    assert_eq!(mode(&file), 0o600);
    let log = server.log();
    assert_eq!(log.matches("made a key for the secrets").count(), 1, "{log}");
    assert!(log.contains(file.to_str().unwrap()), "{log}");
    let text = std::fs::read_to_string(&file).unwrap();
    let key = text.lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    assert!(!log.contains(&key), "the log holds the key itself");

    server.signal(Signal::TERM);
    assert!(server.process.wait().await.unwrap().success());
    drop(server);
    let server = Server::start(&variables).await;
    assert!(!server.log().contains("made a key"), "{}", server.log());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_given_database_no_process_starts_without_a_key_and_none_makes_one() {
    let database = database().await;
    let (folder, _) = folder();
    let state = folder.path().join("state");
    let variables =
        [("FOREWARM_DATABASE_URL", database.url.as_str()), ("FOREWARM_STATE_DIR", state.to_str().unwrap())];
    for args in [["serve", "--listen=127.0.0.1:0"].as_slice(), &["worker"], &["key", "list"]] {
        let output = run(args, &variables).await;
        assert!(!output.status.success());
        assert!(err(&output).contains("forewarm key generate --file FILE"), "{args:?}: {}", err(&output));
    }
    assert!(!state.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_another_key_is_told_which_one_is_needed() {
    let (database, rings) = (database().await, Rings::draw());
    store_with(&database, rings.old()).await.introduce_keys().await.unwrap();
    let refused = run_with(&database, &rings.new).await;
    assert!(!refused.status.success());
    assert!(err(&refused).contains(rings.old().active_id().unwrap()), "{}", err(&refused));

    let variables = [("FOREWARM_DATABASE_URL", database.url.as_str())];
    let forgotten = run(&["key", "forget", rings.old().active_id().unwrap()], &variables).await;
    assert!(forgotten.status.success(), "{}", err(&forgotten));
    assert!(run_with(&database, &rings.new).await.status.success(), "its first value may come now");
}

/// A command that needs the key and ends by itself.
async fn run_with(database: &Database, key: &str) -> Output {
    let variables = [
        ("FOREWARM_DATABASE_URL", database.url.as_str()),
        ("FOREWARM_KEY", key),
        ("FOREWARM_DRAIN_SECONDS", "0"),
    ];
    let mut command = Command::new(forewarm());
    command.env_clear().arg("worker").envs(variables).kill_on_drop(true);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let worker = command.spawn().unwrap();
    let store = store_with(database, Keyring::none()).await;
    let id = worker.id();
    let ended = tokio::spawn(worker.wait_with_output());
    let key_id = Keyring::parse(key).unwrap().active_id().unwrap().to_owned();
    while !ended.is_finished() && !store.known_keys().await.unwrap().contains(&key_id) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    if !ended.is_finished() {
        let pid = i32::try_from(id.unwrap()).unwrap();
        let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::TERM);
    }
    ended.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_key_file_that_others_can_write_is_refused_and_one_that_they_can_read_is_warned_about() {
    let (database, rings) = (database().await, Rings::draw());
    store_with(&database, rings.old()).await.introduce_keys().await.unwrap();
    let (_folder, file) = folder();
    let variables = [
        ("FOREWARM_DATABASE_URL", database.url.as_str()),
        ("FOREWARM_KEY_FILE", file.to_str().unwrap()),
        ("FOREWARM_LOG", "warn"),
    ];
    write(&file, &rings.old, 0o622);
    let output = run(&["key", "rotate"], &variables).await;
    assert!(
        !output.status.success() && err(&output).contains("can be written by others"),
        "{}",
        err(&output)
    );

    write(&file, &rings.old, 0o644);
    let output = run(&["key", "rotate"], &variables).await;
    assert!(output.status.success() && err(&output).contains("can be read by others"), "{}", err(&output));

    write(&file, &rings.old, 0o600);
    let output = run(&["key", "rotate"], &variables).await;
    assert!(output.status.success() && err(&output).is_empty(), "{}", err(&output));
}
