//! Tests of `forewarm demo`: the real program, with everything that it starts.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::support::binary::forewarm;

/// Far longer than a demo takes; only a failure waits this long.
const DEADLINE: Duration = Duration::from_secs(240);

#[tokio::test]
async fn it_runs_a_policy_on_every_engine_and_ends_well() {
    let place = place();
    let output = run(demo(place.path()).arg("--once")).await;
    let shown = shown(&output);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("lives 15 times as fast as a real one"), "{shown}");
    for instance in ["dragonfly", "kraken", "mirror"] {
        let row = row(&shown, instance);
        let [tasks, succeeded] = [row[1], row[2]].map(|count| count.parse::<usize>().unwrap());
        assert!(tasks > 0 && tasks == succeeded, "{shown}");
    }
    let (before, _) = shown.split_once(" bytes now lie in the mirror's storage").expect(&shown);
    let bytes: u64 = before.lines().next_back().unwrap().parse().unwrap();
    assert!(bytes > 0, "{shown}");
    for (trigger, message) in [("event", "1 artifact of 1 repository matched"), ("schedule", "already warm")]
    {
        let line =
            shown.lines().find(|line| line.contains(&format!(" by {trigger}: success: "))).expect(&shown);
        assert!(line.contains(message), "{line}");
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn without_docker_registry_it_says_so_and_goes_on() {
    let place = place();
    let nothing = TempDir::new().unwrap();
    let output = run(demo(place.path()).arg("--once").env("PATH", nothing.path())).await;
    let shown = shown(&output);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("docker-registry is not installed"), "{shown}");
    assert_eq!(row(&shown, "kraken")[1], row(&shown, "kraken")[2], "{shown}");
    assert!(!shown.contains("mirror's storage"), "{shown}");
}

#[tokio::test]
async fn settings_for_another_registry_do_not_reach_the_mirror() {
    let place = place();
    // An address that cannot be listened on: were it heeded, the mirror would end at once.
    let output = run(demo(place.path()).arg("--once").env("REGISTRY_HTTP_ADDR", "192.0.2.1:1")).await;
    assert!(output.status.success(), "{}", shown(&output));
}

#[tokio::test]
async fn what_it_started_dies_with_it() {
    let place = place();
    let mut demo = demo(place.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut mirror = None;
    // The policy runs once all is up.
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(rest) = line.trim_start().strip_prefix("mirror     http://") {
            mirror = rest.split_whitespace().next().map(str::to_owned);
        }
        if line.starts_with("Running policy") {
            break;
        }
    }
    let mirror = mirror.expect("the mirror's address is shown");
    TcpStream::connect(&mirror).await.expect("the mirror is up");
    let folder = std::fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
    let postmaster = folder.join("postgres/data/postmaster.pid");
    assert!(postmaster.exists());

    demo.kill().await.unwrap(); // SIGKILL: nothing can be tidied up
    let begun = Instant::now();
    while postmaster.exists() || TcpStream::connect(&mirror).await.is_ok() {
        assert!(begun.elapsed() < DEADLINE, "something outlives the demo");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused_with_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = place();
    let state = place.path().join("state");
    for command in ["demo", "serve"] {
        let mut command = program(&[command, "--listen", &address], place.path());
        let output = run(command.env("FOREWARM_STATE_DIR", &state)).await;
        let shown = shown(&output);
        assert_eq!(output.status.code(), Some(2), "{shown}");
        for part in [&*address, "--listen", "FOREWARM_LISTEN"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(!state.exists(), "the port comes before the database");
    }
}

/// Where a demo makes its folder; Postgres runs as another user if this is root, who must get through.
fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o711)).unwrap();
    place
}

fn demo(place: &Path) -> Command {
    program(&["demo", "--listen", "127.0.0.1:0"], place)
}

fn program(args: &[&str], place: &Path) -> Command {
    let mut command = Command::new(forewarm());
    let settings = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("FOREWARM_"));
    for name in settings {
        command.env_remove(name);
    }
    command.args(args).env("TMPDIR", place).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(command: &mut Command) -> Output {
    let output = tokio::time::timeout(DEADLINE, command.output()).await;
    output.expect("it ends in time").unwrap()
}

fn shown(output: &Output) -> String {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{stdout}{stderr}")
}

/// The fields of an instance's row in the table: name, tasks, succeeded, …
fn row<'a>(shown: &'a str, instance: &str) -> Vec<&'a str> {
    let (_, table) = shown.split_once("blobs confirmed").expect(shown);
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.find(|row| row.first() == Some(&instance)).expect(shown)
}
