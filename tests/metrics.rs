//! Metrics: they tell the truth, in the form that Prometheus reads, and stay few.

mod documents;
mod openmetrics;
mod own_port;

use forewarm_domain::registry::Registry;
use forewarm_fake::Fault;
use forewarm_fake::dragonfly::{Dragonfly, Knobs};
use forewarm_fake::registry::Registry as FakeRegistry;
use forewarm_store::{Clock, Store};
use poem::http::{Method, header};
use serde_json::json;

use crate::support::app::{TestApp, request};
use crate::support::lab::Lab;
use openmetrics::Scrape;

/// A lab whose engine has a name of its own: what a process counts, all tests in it count together.
struct Scene {
    lab: Lab,
    images: FakeRegistry,
    engine: Dragonfly,
    registry: Registry,
    instance: forewarm_domain::instance::Instance,
}

impl Scene {
    async fn start(name: &str, max_in_flight: i32) -> Self {
        let lab = Lab::start().await;
        let images = FakeRegistry::start().await.unwrap();
        let knobs = Knobs { clock: lab.clock.clone(), ..Knobs::default() };
        let engine = Dragonfly::start_with(knobs).await.unwrap();
        let registry = lab.registry("hub", &images.url()).await;
        let mut draft = Lab::draft(name, "dragonfly", &engine.url());
        draft.max_in_flight = max_in_flight;
        let instance = lab.instance(draft).await;
        Self { lab, images, engine, registry, instance }
    }

    async fn execute(&self) -> i64 {
        self.lab.execute(Lab::select(&self.registry, vec![], &[&self.instance])).await
    }

    /// As it is now: another store, since one remembers its answer for two seconds.
    async fn scrape(&self) -> Scrape {
        let clock = self.lab.clock.clone();
        let store = Store::new(self.lab.store.pool().clone(), Clock::manual(move || clock.now()));
        Scrape::read(&store.metrics().await)
    }

    /// Host and port of the fake registry, as the label has it.
    fn host(&self) -> String {
        self.images.url().trim_start_matches("http://").trim_end_matches('/').to_owned()
    }
}

#[tokio::test]
async fn what_is_open_is_shown_by_instance_and_queue() {
    let scene = Scene::start("open", 2).await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3", "shop/web:v4", "shop/web:v5"]);
    scene.execute().await;
    let scrape = scene.scrape().await;
    assert_eq!(scrape.value("forewarm_executions_open", &[("status", "pending")]), Some(1.0));
    let due = [("queue", "forewarm.executions"), ("state", "due")];
    assert_eq!(scrape.value("forewarm_queue_depth", &due), Some(1.0));

    scene.lab.run_due().await;
    let scrape = scene.scrape().await;

    let instance = ("instance", "open");
    assert_eq!(scrape.value("forewarm_tasks", &[instance, ("status", "pending")]), Some(3.0));
    assert_eq!(scrape.value("forewarm_tasks", &[instance, ("status", "running")]), Some(2.0));
    assert_eq!(scrape.value("forewarm_tasks_in_flight", &[instance]), Some(2.0));
    assert_eq!(scrape.value("forewarm_tasks_in_flight_limit", &[instance]), Some(2.0));
    assert_eq!(scrape.value("forewarm_executions_open", &[("status", "running")]), Some(1.0));
    assert_eq!(scrape.value("forewarm_queue_depth", &due), Some(0.0));
    assert_eq!(scrape.value("forewarm_tasks_overdue", &[]), Some(0.0));

    scene.lab.advance(3600);
    let scrape = scene.scrape().await;
    assert_eq!(scrape.value("forewarm_tasks_overdue", &[]), Some(2.0), "nobody has worked for an hour");
    assert_eq!(scrape.value("forewarm_executions_oldest_age_seconds", &[]), Some(3600.0));
    let age = scrape.value("forewarm_queue_oldest_age_seconds", &[("queue", "forewarm.tasks")]).unwrap();
    assert!((3000.0..3600.0).contains(&age), "due a moment after they were submitted: {age}");
}

#[tokio::test]
async fn calls_and_requests_are_those_that_the_other_side_saw() {
    let scene = Scene::start("counted", 10).await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3"]);
    scene.execute().await;
    scene.lab.run_dry().await;
    let scrape = scene.scrape().await;

    let call = |call, result| {
        let labels = [("instance", "counted"), ("call", call), ("result", result)];
        scrape.value("forewarm_provider_requests_total", &labels).unwrap_or_default()
    };
    assert_eq!(call("preheat", "running"), 3.0);
    assert_eq!(call("progress", "success"), 3.0);
    let timed = [("instance", "counted"), ("call", "preheat")];
    assert_eq!(scrape.value("forewarm_provider_request_duration_seconds_count", &timed), Some(3.0));
    let answers = scrape.sum("forewarm_provider_responses_total", ("instance", "counted"));
    assert_eq!(answers, scene.engine.recorder().requests().len() as f64);
    let asked = scrape.sum("forewarm_registry_requests_total", ("host", &scene.host()));
    let requests = scene.images.recorder().requests();
    let ours =
        requests.iter().filter(|one| one.header("user-agent").is_some_and(|by| by.contains("forewarm")));
    assert_eq!(asked, ours.count() as f64, "the engine reads there, too");
    assert_eq!(scrape.value("forewarm_tasks", &[("instance", "counted"), ("status", "running")]), Some(0.0));
}

#[tokio::test]
async fn ends_and_repetitions_of_tasks_are_counted_where_they_are_recorded() {
    let scene = Scene::start("ending", 10).await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::status(500, "broken"));
    let before = scene.scrape().await;
    scene.execute().await;
    scene.lab.run_dry().await;
    let after = scene.scrape().await;

    let ended = [("instance", "ending"), ("status", "success")];
    assert_eq!(after.value("forewarm_tasks_ended_total", &ended), Some(2.0));
    assert_eq!(after.value("forewarm_task_duration_seconds_count", &ended), Some(2.0));
    let more = |name, labels: &[(&str, &str)]| {
        after.value(name, labels).unwrap_or_default() - before.value(name, labels).unwrap_or_default()
    };
    // Other tests of this process may add to these.
    let executions = [("vendor", "dragonfly"), ("trigger", "manual"), ("status", "success")];
    assert!(more("forewarm_executions_total", &executions) >= 1.0);
    let took = [("trigger", "manual"), ("status", "success")];
    assert!(more("forewarm_execution_duration_seconds_count", &took) >= 1.0);
    let retries =
        ["failed", "answer_lost"].map(|reason| more("forewarm_task_retries_total", &[("reason", reason)]));
    assert!(retries.iter().sum::<f64>() >= 1.0, "one submission was answered with 500: {retries:?}");
}

#[tokio::test]
async fn a_stopped_execution_is_counted_as_one() {
    let scene = Scene::start("stopped", 1).await;
    scene.images.holds(&["shop/web:v1"]);
    let stopped = [("vendor", "dragonfly"), ("trigger", "manual"), ("status", "stopped")];
    let count = |scrape: &Scrape| scrape.value("forewarm_executions_total", &stopped).unwrap_or_default();
    let before = count(&scene.scrape().await);

    let id = scene.execute().await;
    scene.lab.store.executions().stop(id).await.unwrap();

    assert!(count(&scene.scrape().await) > before);
}

#[tokio::test]
async fn many_artifacts_make_no_more_metrics_than_few_and_none_is_named() {
    let scene = Scene::start("bounded", 100).await;
    scene.images.holds(&["shop/web:v1"]);
    scene.execute().await;
    scene.lab.run_dry().await;
    let few = scene.scrape().await;

    let names: Vec<String> = (0..150).map(|i| format!("shop/app{i}:release{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.execute().await;
    scene.lab.run_dry().await;
    let many = scene.scrape().await;

    for (label, value) in [("instance", "bounded"), ("host", &scene.host())] {
        assert_eq!(many.with(label, value), few.with(label, value), "{label} {value}");
    }
    for sample in &many.samples {
        for value in sample.labels.values() {
            assert!(
                !value.contains("sha256") && !value.contains("shop/") && !value.contains("release"),
                "{value}"
            );
        }
    }
}

#[tokio::test]
async fn requests_are_counted_by_the_template_of_their_address() {
    let app = TestApp::start().await;
    for id in 1_000_000..1_000_020 {
        assert_eq!(app.get(&format!("/api/v1/executions/{id}")).await.status, 404);
        app.get(&format!("/api/v1/nothing/{id}")).await;
        app.get(&format!("/somewhere/{id}")).await;
    }

    let answer = app.get("/metrics").await;

    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let scrape = Scrape::read(&answer.text);
    let route = |route| scrape.sum("forewarm_http_requests_total", ("route", route));
    assert!(route("/api/v1/executions/{execution}") >= 20.0);
    assert!(route("unknown") >= 20.0 && route("page") >= 20.0);
    let labels = scrape.samples.iter().flat_map(|sample| sample.labels.values());
    assert!(labels.into_iter().all(|value| !value.contains("10000")), "{}", answer.text);
}

#[tokio::test]
async fn strangers_read_no_metrics() {
    let app = TestApp::start().await;
    let mut stranger = request(Method::GET, "/metrics");
    stranger.headers_mut().insert(header::AUTHORIZATION, header::HeaderValue::from_static(""));
    let answer = app.send(stranger).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.text.contains("forewarm_"), "{}", answer.text);
}

#[tokio::test]
async fn deliveries_of_events_are_counted_by_registry_and_fate() {
    let app = TestApp::start().await;
    let secret = "sixteen-characters";
    let registry =
        json!({ "name": "telling", "url": "http://registry.test:5000", "event_secrets": [secret] });
    app.create("/api/v1/registries", &registry).await;
    let path = format!("/api/v1/events/telling?secret={secret}");
    let pushed = json!({ "repository": "shop/web", "tag": "v1", "type": "push" });
    assert_eq!(app.post(&format!("{path}&format=unheard-of"), &pushed).await.status, 400);
    let distribution: serde_json::Value =
        serde_json::from_str(include_str!("data/events/distribution-push.json")).unwrap();
    assert_eq!(app.post(&path, &distribution).await.status, 202);
    assert_eq!(app.post(&path, &distribution).await.status, 202);

    let scrape = Scrape::read(&app.get("/metrics").await.text);

    let deliveries = |format, result| {
        let labels = [("registry", "telling"), ("format", format), ("result", result)];
        scrape.value("forewarm_event_deliveries_total", &labels)
    };
    assert_eq!(deliveries("unknown", "malformed"), Some(1.0));
    assert_eq!(deliveries("distribution", "stored"), Some(2.0));
    let notices =
        |fate| scrape.value("forewarm_event_notices_total", &[("registry", "telling"), ("fate", fate)]);
    assert!(notices("accepted") >= Some(1.0));
    assert_eq!(notices("duplicate"), notices("accepted"), "the second delivery tells nothing new");
}

#[tokio::test]
async fn a_database_that_is_away_is_part_of_the_answer() {
    let away = Store::open("postgres://nobody@127.0.0.1:1/nothing", 8).unwrap();

    let scrape = Scrape::read(&away.metrics().await);

    assert_eq!(scrape.value("forewarm_database_up", &[]), Some(0.0));
    assert_eq!(scrape.value("forewarm_database_connections_limit", &[]), Some(8.0));
    assert_eq!(scrape.with("queue", "forewarm.tasks"), 0, "an unknown depth is not zero");
}
