//! The program from outside: what it prints and how it exits.

use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::binary::forewarm;
use crate::support::fake_api::{FakeApi, Script};

/// Nothing listens there: the port is reserved.
const NOBODY: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn help_names_every_command_and_every_option_its_variable() {
    let help = stdout(&run(&["--help"]).await);
    for command in
        ["serve", "worker", "migrate", "openapi", "healthcheck", "preheat", "policy", "warm", "demo"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing in:\n{help}");
        let help = stdout(&run(&[command, "--help"]).await);
        for option in options(&help) {
            let is_clap = option.starts_with("-h, --help");
            assert!(is_clap || option.contains("[env: FOREWARM_"), "{command} {option}");
        }
    }
}

/// What help says about each option.
fn options(help: &str) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    for line in help.lines() {
        let text = line.trim_start();
        if text.starts_with('-') && line.len() - text.len() <= 6 {
            options.push(text.to_owned());
        } else if let Some(option) = options.last_mut() {
            option.push(' ');
            option.push_str(text);
        }
    }
    options
}

#[tokio::test]
async fn help_of_preheat_tells_its_exit_codes_and_shows_examples() {
    let help = stdout(&run(&["preheat", "--help"]).await);
    for part in ["Exit code: 0 if every task succeeded", "Examples:", "--scope all_peers", "-o json"] {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
}

#[tokio::test]
async fn openapi_prints_the_checked_in_document() {
    let output = run(&["openapi"]).await;
    assert_eq!(output.status.code(), Some(0));
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/forewarm.json");
    assert_eq!(stdout(&output), std::fs::read_to_string(checked_in).unwrap());
}

#[tokio::test]
async fn bad_usage_exits_with_2_and_says_why() {
    for (args, why) in [
        (&["preheat"][..], "<IMAGE>"),
        (&["preheat", "a", "--file", "http://host/b"], "cannot be used with"),
        (&["preheat", "a", "--count", "0"], "0 is not in 1..=200"),
        (&["preheat", "a", "--percentage", "101"], "101 is not in 1..=100"),
        (&["preheat", "a", "--count", "1", "--percentage", "1"], "cannot be used with"),
        (&["preheat", "a", "--scope", "everyone"], "single_seed_peer, all_seed_peers, all_peers"),
        (&["preheat", "a", "--platform", "arm"], "os/architecture"),
        (&["preheat", "a", "--timeout", "soon"], "like 90s, 10m or 1h30m"),
        (&["preheat", "a", "--header", "hunter2"], "Name: value"),
        (&["preheat", "a", "--output", "xml"], "text, json"),
        (&["preheat", "a", "--server", "ftp://host"], "must be an http or https URL"),
        (&["no-such-command"], "no-such-command"),
        (&[], "Usage"),
    ] {
        let output = run(args).await;
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(stdout(&output), "", "{args:?}");
        assert!(stderr(&output).contains(why), "{args:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn an_error_tells_each_cause_once() {
    let output = run(&["migrate", "--database-url", "postgres://u:p@127.0.0.1:99999/x"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: FOREWARM_DATABASE_URL is no Postgres URL: the database failed: error with configuration: invalid port \
         number\n"
    );
}

#[tokio::test]
async fn healthcheck_tells_by_its_exit_code_whether_a_server_is_ready() {
    let api = FakeApi::start(Script::default()).await;
    let output = run(&["healthcheck", "--url", &api.url]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let api = FakeApi::start(Script::not_ready("the database is gone")).await;
    let output = run(&["healthcheck", "--url", &api.url]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "not ready: the server answered 503: the database is gone\n");

    let output = run(&["healthcheck", "--url", NOBODY]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("connection refused"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_preheat_that_succeeds_shows_its_steps_and_exits_with_0() {
    let looks = [
        execution("pending", [0, 0, 0, 0, 0]),
        execution("running", [1, 1, 0, 0, 0]),
        execution("success", [0, 0, 2, 0, 0]),
    ];
    let tasks = [task(1, "success", "linux/amd64", ""), task(2, "success", "linux/arm64", "")];
    let api = FakeApi::start(Script::executions(looks).tasks(tasks)).await;
    let output = run(&["preheat", "host/shop/web:v1", "--server", &api.url]).await;
    assert_eq!(
        stdout(&output),
        "execution 7 started\n\
         success shop/web:v1 (linux/amd64) on seeds\n\
         success shop/web:v1 (linux/arm64) on seeds\n\
         0 of 2 tasks done, 1 running\n\
         2 of 2 tasks done\n\
         execution 7: success, 2 of 2 tasks succeeded\n"
    );
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(api.preheats(), [json!({"type": "image", "images": ["host/shop/web:v1"]})]);
}

#[tokio::test]
async fn a_preheat_with_a_failed_task_prints_its_message_and_exits_with_1() {
    let looks = [execution("running", [0, 2, 0, 0, 0]), execution("error", [0, 0, 1, 1, 0])];
    let tasks = [
        task(1, "success", "linux/amd64", ""),
        task(2, "error", "linux/arm64", "peer 10.0.0.1: no space left on device"),
    ];
    let api = FakeApi::start(Script::executions(looks).tasks(tasks)).await;
    let output = run(&["preheat", "host/shop/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let end = "error: shop/web:v1 (linux/arm64) on seeds: peer 10.0.0.1: no space left on device\n\
               execution 7: error, 1 of 2 tasks succeeded\n";
    assert!(stdout(&output).ends_with(end), "{}", stdout(&output));
}

#[tokio::test]
async fn a_preheat_that_is_stopped_or_never_gets_a_task_exits_with_1() {
    let stopped = Script::executions([execution("stopped", [0, 0, 1, 0, 1])]);
    let api = FakeApi::start(stopped.tasks([task(1, "stopped", "linux/amd64", "stopped by a user")])).await;
    let output = run(&["preheat", "host/shop/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(1));
    let line = "stopped: shop/web:v1 (linux/amd64) on seeds: stopped by a user\n";
    assert!(stdout(&output).contains(line), "{}", stdout(&output));

    let mut failed = execution("error", [0, 0, 0, 0, 0]);
    failed["message"] = json!("registry main: connection refused");
    let api = FakeApi::start(Script::executions([failed])).await;
    let output = run(&["preheat", "host/shop/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(1));
    let line = "execution 7: error, 0 of 0 tasks succeeded: registry main: connection refused\n";
    assert!(stdout(&output).ends_with(line), "{}", stdout(&output));
}

#[tokio::test]
async fn json_has_stdout_for_itself() {
    let ended = execution("error", [0, 0, 1, 1, 0]);
    let tasks = [task(1, "success", "linux/amd64", ""), task(2, "error", "linux/arm64", "gone")];
    let looks = [execution("running", [0, 2, 0, 0, 0]), ended.clone()];
    let api = FakeApi::start(Script::executions(looks).tasks(tasks.clone())).await;
    let output = run(&["preheat", "host/shop/web:v1", "-o", "json", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document, json!({"execution": ended, "tasks": tasks}));
    assert!(stderr(&output).contains("2 of 2 tasks done, 1 failed\n"), "{}", stderr(&output));
}

#[tokio::test]
async fn every_option_reaches_the_server() {
    let api = FakeApi::start(Script::executions([execution("success", [0, 0, 0, 0, 0])])).await;
    let image = ["shop/web:v1", "shop/db:v1", "--registry", "main", "--instance", "a", "--instance", "b"];
    let peers =
        ["--scope", "all_peers", "--count", "3", "--platform", "linux/arm64", "--platform", "linux/arm/v7"];
    let rest =
        ["--timeout", "1h1m", "--header", "X-Api-Key: hunter2", "--header", "X: y:z", "--server", &api.url];
    let output = run(&[&["preheat"][..], &image, &peers, &rest].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let file = ["preheat", "--file", "http://host/a", "http://host/b", "--file", "http://host/c?d=e,f"];
    run(&[&file[..], &["--scope", "all_seed_peers", "--percentage", "50", "--server", &api.url]].concat())
        .await;
    let wanted = [
        json!({
            "type": "image", "images": ["shop/web:v1", "shop/db:v1"], "registry": "main", "instances": ["a", "b"],
            "access": {"headers": {"X-Api-Key": "hunter2", "X": "y:z"}},
            "options": {
                "platforms": ["linux/arm64", "linux/arm/v7"], "scope": "all_peers", "count": 3,
                "timeout_seconds": 3660,
            },
        }),
        json!({
            "type": "file", "urls": ["http://host/a", "http://host/b", "http://host/c?d=e,f"],
            "options": {"scope": "all_seed_peers", "percentage": 50},
        }),
    ];
    assert_eq!(api.preheats(), wanted);
}

#[tokio::test]
async fn variables_take_the_place_of_options() {
    let api = FakeApi::start(Script::executions([execution("success", [0, 0, 0, 0, 0])])).await;
    let output = command(&["preheat", "shop/web:v1"])
        .env("FOREWARM_SERVER", &api.url)
        .env("FOREWARM_PREHEAT_INSTANCE", "a,b")
        .env("FOREWARM_PREHEAT_TIMEOUT", "90s")
        .env("FOREWARM_PREHEAT_HEADER", "A: b,c\nD: e")
        .env("FOREWARM_PREHEAT_OUTPUT", "json")
        .output();
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice::<Value>(&output.stdout).unwrap();
    let wanted = json!({
        "type": "image", "images": ["shop/web:v1"], "instances": ["a", "b"],
        "access": {"headers": {"A": "b,c", "D": "e"}}, "options": {"timeout_seconds": 90},
    });
    assert_eq!(api.preheats(), [wanted]);
}

#[tokio::test]
async fn what_the_server_refuses_exits_with_2_and_the_servers_words() {
    let script = Script::executions([json!({"errors": [
        {"code": "INVALID", "message": "images[0]: no registry has the host 'host'"},
        {"code": "INVALID", "message": "options.count: must be 1 to 200"},
    ]})]);
    script.executions.lock().unwrap()[0].0 = 400;
    let api = FakeApi::start(script).await;
    let output = run(&["preheat", "host/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(2));
    let words = "error: the server answered 400: images[0]: no registry has the host 'host'; \
                 options.count: must be 1 to 200\n";
    assert_eq!((stdout(&output), stderr(&output).as_str()), (String::new(), words));

    let output = run(&["preheat", "host/web:v1", "--server", NOBODY]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("connection refused"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_server_that_is_away_for_a_moment_is_waited_for() {
    let away = json!({"errors": [{"code": "UNAVAILABLE", "message": "the database is gone"}]});
    let start = execution("pending", [0, 0, 0, 0, 0]);
    let script = Script::executions([start, away.clone(), away, execution("success", [0, 0, 1, 0, 0])]);
    script.executions.lock().unwrap()[1].0 = 503;
    script.executions.lock().unwrap()[2].0 = 503;
    let api = FakeApi::start(script.tasks([task(1, "success", "linux/amd64", "")])).await;
    let output = run(&["preheat", "host/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line = "the server answered 503: the database is gone; trying again\n";
    assert_eq!(stdout(&output).matches(line).count(), 1, "{}", stdout(&output));
}

#[tokio::test]
async fn an_execution_that_vanishes_exits_with_2_and_names_it() {
    let gone = json!({"errors": [{"code": "NOT_FOUND", "message": "there is no execution 7"}]});
    let script = Script::executions([execution("pending", [0, 0, 0, 0, 0]), gone]);
    script.executions.lock().unwrap()[1].0 = 404;
    let api = FakeApi::start(script).await;
    let output = run(&["preheat", "host/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("execution 7") && stderr(&output).contains("404"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn of_many_tasks_only_the_failed_ones_are_asked_for() {
    let tasks = (0..250).map(|id| match id % 2 {
        0 => task(id, "success", "linux/amd64", ""),
        _ => task(id, "error", "linux/amd64", &format!("reason {id}")),
    });
    let api =
        FakeApi::start(Script::executions([execution("error", [0, 0, 125, 125, 0])]).tasks(tasks)).await;
    let output = run(&["preheat", "host/web:v1", "--server", &api.url]).await;
    assert_eq!(output.status.code(), Some(1));
    let stdout = stdout(&output);
    assert_eq!(stdout.lines().filter(|line| line.contains(": reason ")).count(), 125);
    assert!(stdout.ends_with("execution 7: error, 125 of 250 tasks succeeded\n"), "{stdout}");
    assert_eq!(api.task_lists(), vec![Some("error".to_owned()); 2]);
}

async fn run(args: &[&str]) -> Output {
    command(args).output().await.unwrap()
}

/// The program in an environment that says nothing.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(forewarm());
    command.env_clear().args(args).kill_on_drop(true);
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Execution 7 with these numbers of tasks: pending, running, success, error, stopped.
fn execution(status: &str, counts: [u64; 5]) -> Value {
    let [pending, running, success, error, stopped] = counts;
    json!({
        "id": 7, "trigger": "manual", "status": status, "message": "", "warnings": [], "expanded": true,
        "counts": {
            "total": counts.iter().sum::<u64>(), "pending": pending, "running": running, "success": success,
            "error": error, "stopped": stopped,
        },
    })
}

fn task(id: u64, status: &str, platform: &str, message: &str) -> Value {
    json!({
        "id": id, "execution_id": 7, "instance": "seeds", "vendor": "dragonfly", "status": status,
        "message": message, "attempt": 1, "max_attempts": 5,
        "target": {
            "type": "image", "repository": "shop/web", "tags": ["v1"], "platform": platform,
            "digest": format!("sha256:{:064x}", id),
        },
    })
}

#[tokio::test]
async fn warm_prints_a_table_and_tells_by_its_exit_code_whether_anything_is() {
    let entry = json!({
        "instance": "seeds", "registry": "hub", "repository": "shop/web", "digest": "sha256:0123456789abcdef",
        "artifact_digest": "sha256:0123456789abcdef", "platform": "linux/amd64", "tags": ["v1"],
        "proof": "blobs_present", "since": "2026-03-01T12:00:00.5Z", "proven_at": "2026-03-01T12:00:00.5Z",
        "fresh_until": "2026-03-01T18:00:00.5Z", "fresh": true, "execution": 7,
    });
    let mut old = entry.clone();
    (old["instance"], old["fresh"]) = (json!("edge"), json!(false));
    let api = FakeApi::start(Script::warm([old, entry.clone()])).await;

    let output = run(&["warm", "host/shop/web:v1", "--server", &api.url]).await;
    assert_eq!(
        stdout(&output),
        "INSTANCE  PLATFORM     DIGEST               STATE     SINCE                 UNTIL ABOUT           PROOF          EXECUTION\n\
         edge      linux/amd64  sha256:0123456789ab  was warm  2026-03-01T12:00:00Z  2026-03-01T18:00:00Z  blobs_present  7\n\
         seeds     linux/amd64  sha256:0123456789ab  warm      2026-03-01T12:00:00Z  2026-03-01T18:00:00Z  blobs_present  7\n"
    );
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));

    let output = run(&["warm", "host/shop/web:v1", "-o", "json", "--server", &api.url]).await;
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document[1], entry);

    let api = FakeApi::start(Script::default()).await;
    let output = run(&["warm", "host/shop/web:v1", "--server", &api.url]).await;
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "nothing is known to be warm\n"));
    let output = run(&["warm", "host/shop/web:v1", "--server", NOBODY]).await;
    assert_eq!(output.status.code(), Some(2));
}
