//! `--metrics-listen`: a port for Prometheus and for probes, of servers and of workers.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::openmetrics::Scrape;
use crate::support::outbound::outbound;
use crate::support::postgres::database;
use crate::support::server::{Server, command};

/// Far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_its_metrics_and_its_readiness_on_a_port_of_its_own() {
    let database = database().await;
    let address = free_address();
    let variables =
        [("FOREWARM_DATABASE_URL", database.url.as_str()), ("FOREWARM_METRICS_LISTEN", address.as_str())];
    let mut worker = command("worker", &variables).spawn().unwrap();

    wait_until(&address, "/readyz", |status, _| status == 200).await;
    let tasks = [("queue", "forewarm.tasks")];
    let alive = |_, text: &str| Scrape::read(text).value("forewarm_queue_workers", &tasks) == Some(1.0);
    let text = wait_until(&address, "/metrics", alive).await;

    let scrape = Scrape::read(&text);
    assert_eq!(scrape.value("forewarm_database_up", &[]), Some(1.0));
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(scrape.value("forewarm_build_info", &version), Some(1.0));
    assert_eq!(get(&address, "/livez").await.0, 200);
    assert_eq!(get(&address, "/api/v1/vendors").await.0, 404, "nothing else is there");
    worker.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_has_such_a_port_too_and_keeps_its_own_closed_to_strangers() {
    let database = database().await;
    let address = free_address();
    let server = Server::start(&[
        ("FOREWARM_DATABASE_URL", &database.url),
        ("FOREWARM_METRICS_LISTEN", &address),
        ("FOREWARM_NO_WORKER", "true"),
    ])
    .await;

    let (status, text) = get(&address, "/metrics").await;

    assert_eq!(status, 200);
    let scrape = Scrape::read(&text);
    assert!(scrape.sum("forewarm_http_requests_total", ("route", "/readyz")) >= 1.0);
    let own = server.url.trim_start_matches("http://").to_owned();
    assert_eq!(get(&own, "/metrics").await.0, 401);
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn wait_until(address: &str, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let (status, text) = get(address, path).await;
        if status != 0 && wanted(status, &text) {
            return text;
        }
        assert!(begun.elapsed() < PATIENCE, "GET {path}: still {status} {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn get(address: &str, path: &str) -> (u16, String) {
    // Installs the TLS provider that every client of this process uses.
    let _ = outbound();
    match reqwest::get(format!("http://{address}{path}")).await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap()),
        Err(_) => (0, String::new()),
    }
}
