//! Logs of the real program, where no terminal is.

use serde_json::Value;

use crate::support::access;
use crate::support::outbound::outbound;
use crate::support::postgres::database;
use crate::support::server::Server;

const REQUEST: &str = "seen-by-the-client-1";

/// The log of a server that has answered one request with this id.
async fn log_of_a_request(variables: &[(&str, &str)]) -> String {
    let database = database().await;
    let mut all = vec![
        ("FOREWARM_DATABASE_URL", database.url.as_str()),
        ("FOREWARM_NO_WORKER", "true"),
        ("FOREWARM_LOG", "info"),
    ];
    all.extend(variables);
    let server = Server::start(&all).await;
    let _ = outbound();
    let answer = reqwest::Client::new()
        .get(format!("{}/api/v1/instances?q=hidden-in-the-query", server.url))
        .header("authorization", access::admin())
        .header("x-request-id", REQUEST)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], REQUEST);
    server.log()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_every_line_is_a_flat_json_object_and_names_its_request() {
    let log = log_of_a_request(&[]).await;

    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    assert!(lines.len() > 1);
    for line in &lines {
        let fields = line.as_object().unwrap();
        for name in ["timestamp", "level", "target", "message"] {
            assert!(fields[name].is_string(), "{line}");
        }
        assert!(fields.values().all(|value| !value.is_object() && !value.is_array()), "not flat: {line}");
    }
    let answered: Vec<&Value> = lines.iter().filter(|line| line["request_id"] == REQUEST).collect();
    let [answered] = answered.as_slice() else { panic!("one line for one request: {log}") };
    assert_eq!(answered["message"], "answered");
    assert_eq!(answered["path"], "/api/v1/instances");
    assert_eq!(answered["status"], 200);
    assert!(answered["milliseconds"].is_number(), "{answered}");
    assert!(!log.contains("hidden-in-the-query"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_can_be_had_anywhere() {
    let log = log_of_a_request(&[("FOREWARM_LOG_FORMAT", "text")]).await;

    let line = log.lines().find(|line| line.contains(REQUEST)).unwrap();
    assert!(line.contains("INFO") && line.contains("answered") && !line.starts_with('{'), "{line}");
}
