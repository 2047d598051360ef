//! Traces: one execution, from the request that started it to the calls of its engine, through real processes.

use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Dragonfly, Knobs, TEST_TOKEN};
use forewarm_fake::registry::Registry as FakeRegistry;
use serde_json::json;

use crate::support::access;
use crate::support::otlp::{Collector, Span};
use crate::support::outbound::outbound;
use crate::support::postgres::{Database, database};
use crate::support::server::{Server, command};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CLIENT: &str = "b7ad6b7169203331";

/// A server without a worker, one image, and an engine that has it at once.
struct Scene {
    server: Server,
    engine: Dragonfly,
    images: FakeRegistry,
    database: Database,
    collector: Collector,
}

impl Scene {
    /// `traced`: whether the server is told of the collector.
    async fn start(traced: bool) -> Self {
        let database = database().await;
        let collector = Collector::start().await;
        let mut variables =
            vec![("FOREWARM_DATABASE_URL", database.url.as_str()), ("FOREWARM_NO_WORKER", "true")];
        if traced {
            variables.extend(exporting(&collector));
        }
        let server = Server::start(&variables).await;
        let images = FakeRegistry::start().await.unwrap();
        images.holds(&["shop/web:v1"]);
        let engine = Dragonfly::start_with(at_once()).await.unwrap();
        server.create("/api/v1/registries", &json!({ "name": "hub", "url": images.url() })).await;
        let instance = json!({
            "name": "seeds", "vendor": "dragonfly", "endpoint": engine.url(),
            "auth": { "mode": "bearer", "secret": TEST_TOKEN }, "settings": { "check_seconds": 1 },
        });
        server.create("/api/v1/instances", &instance).await;
        Self { server, engine, images, database, collector }
    }

    /// Starts a preheat as a client that has a trace of its own, and waits for its end.
    async fn preheat(&self) -> i64 {
        let _ = outbound();
        let body = json!({
            "type": "image", "registry": "hub", "images": ["shop/web:v1"], "instances": ["seeds"],
        });
        let answer = reqwest::Client::new()
            .post(format!("{}/api/v1/preheats", self.server.url))
            .header("authorization", access::admin())
            .header("traceparent", format!("00-{TRACE}-{CLIENT}-01"))
            .json(&body)
            .send()
            .await
            .unwrap();
        let execution: serde_json::Value = answer.json().await.unwrap();
        let id = execution["id"].as_i64().unwrap_or_else(|| panic!("{execution}"));
        let ended = self.server.ended(id).await;
        assert_eq!(ended["status"], "success", "{ended}");
        id
    }

    async fn stored(&self, execution: i64) -> Option<String> {
        let traceparent =
            sqlx::query_scalar("SELECT traceparent FROM executions WHERE id = $1").bind(execution);
        traceparent.fetch_one(&self.database.pool().await).await.unwrap()
    }

    /// What the engine and the registry were sent as `traceparent`, each once; those of others left out.
    fn sent(&self) -> Vec<String> {
        let requests = [self.engine.recorder().requests(), self.images.recorder().requests()].concat();
        let mut sent: Vec<String> =
            requests.iter().filter_map(|request| request.header("traceparent")).map(str::to_owned).collect();
        sent.sort();
        sent.dedup();
        sent
    }
}

/// An engine whose time flies: it shows the end of a job half a minute late.
fn at_once() -> Knobs {
    Knobs { clock: Clock::scaled(100.0), ..Knobs::default() }
}

fn exporting(collector: &Collector) -> [(&'static str, &str); 2] {
    // Batches go out ten times a second.
    [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "100")]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_clients_request_to_the_calls_of_the_engine() {
    let scene = Scene::start(true).await;
    let mut variables =
        vec![("FOREWARM_DATABASE_URL", scene.database.url.as_str()), ("OTEL_SERVICE_NAME", "the-worker")];
    variables.extend(exporting(&scene.collector));
    let mut worker = command("worker", &variables).spawn().unwrap();

    let id = scene.preheat().await;

    let names = ["POST /api/v1/preheats", "expand", "submit", "check", "engine preheat", "engine progress"];
    let spans = scene.collector.spans_with(&names).await;
    let [request, expand, submit, check, preheat, progress] = names.map(|name| {
        let of_ours = |span: &&Span| span.name == name && span.trace == TRACE;
        spans.iter().find(of_ours).unwrap_or_else(|| panic!("no {name} in the trace: {spans:#?}"))
    });
    assert_eq!(request.parent, CLIENT, "the request goes on with its client's trace");
    for job in [expand, submit, check] {
        assert_eq!(job.parent, request.id, "{}", job.name);
        assert_eq!((job.service.as_str(), job.links), ("the-worker", 0));
    }
    assert_eq!(request.service, "forewarm");
    assert_eq!(preheat.parent, submit.id);
    let checks: Vec<&str> =
        spans.iter().filter(|span| span.name == "check").map(|span| span.id.as_str()).collect();
    assert!(checks.contains(&progress.parent.as_str()));
    assert_eq!(scene.stored(id).await, Some(format!("00-{TRACE}-{}-01", request.id)));
    let sent = scene.sent();
    assert!(sent.contains(&format!("00-{TRACE}-{}-01", preheat.id)), "the engine was told: {sent:?}");
    assert!(sent.contains(&format!("00-{TRACE}-{}-01", expand.id)), "the registry was told: {sent:?}");
    assert!(!spans.iter().any(|span| span.name.contains("/readyz")), "probes are left out");
    worker.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_of_yesterday_is_pointed_back_to() {
    let scene = Scene::start(true).await;
    let body =
        json!({ "type": "image", "registry": "hub", "images": ["shop/web:v1"], "instances": ["seeds"] });
    let id = scene.server.create("/api/v1/preheats", &body).await["id"].as_i64().unwrap();
    let begun = scene.stored(id).await.expect("a trace of its own");
    sqlx::query("UPDATE executions SET created_at = now() - interval '1 day'")
        .execute(&scene.database.pool().await)
        .await
        .unwrap();

    let mut variables = vec![("FOREWARM_DATABASE_URL", scene.database.url.as_str())];
    variables.extend(exporting(&scene.collector));
    let mut worker = command("worker", &variables).spawn().unwrap();
    let spans = scene.collector.spans_with(&["expand"]).await;

    let expand = spans.iter().find(|span| span.name == "expand").unwrap();
    assert!(!begun.contains(&expand.trace), "a trace of its own");
    assert_eq!((expand.parent.as_str(), expand.links), ("", 1));
    worker.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_nothing_is_traced_stored_or_sent() {
    let scene = Scene::start(false).await;
    let variables = [("FOREWARM_DATABASE_URL", scene.database.url.as_str())];
    let mut worker = command("worker", &variables).spawn().unwrap();

    let id = scene.preheat().await;

    assert_eq!(scene.stored(id).await, None);
    assert_eq!(scene.sent(), Vec::<String>::new());
    worker.kill().await.unwrap();
}
