//! Health of instances and registries: looked at in the background by one of all processes, with a history.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use forewarm_fake::Fault;
use forewarm_fake::registry::Registry as FakeRegistry;
use forewarm_store::instances::InstanceDraft;
use forewarm_worker::{Settings, Worker};
use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::app::{self, Answer};
use crate::support::clock::TestClock;
use crate::support::lab::Lab;
use crate::support::outbound::outbound;

/// Longer than an interval of a minute and its tenth.
const INTERVAL: u64 = 67;

/// A lab with a registry `hub` and a mirror `edge`, each behind a fake of its own.
struct Scene {
    lab: Lab,
    /// Waits by the lab's clock.
    worker: Worker,
    api: BoxEndpoint<'static, poem::Response>,
    hub: FakeRegistry,
    edge: FakeRegistry,
    edge_id: i64,
}

impl Scene {
    async fn start() -> Self {
        let lab = Lab::start().await;
        let (hub, edge) = (FakeRegistry::start().await.unwrap(), FakeRegistry::start().await.unwrap());
        lab.registry("hub", &hub.url()).await;
        let edge_id = lab.instance(Lab::draft("edge", "mirror", &edge.url())).await.id;
        let outbound = TestClock::with(&lab.clock).outbound();
        let worker = Worker::new(lab.store.clone(), outbound, Settings::default());
        let api = app::endpoint(lab.store.clone(), CancellationToken::new());
        Self { lab, worker, api, hub, edge, edge_id }
    }

    /// Looks at what is due, an interval later.
    async fn look_again(&self) {
        self.lab.advance(INTERVAL);
        self.worker.check_health().await;
    }

    /// How often `hub` and `edge` were looked at.
    fn looks(&self) -> [usize; 2] {
        [&self.hub, &self.edge].map(|fake| fake.recorder().count("GET", "/v2/"))
    }

    async fn get(&self, path: &str) -> Answer {
        app::send(&self.api, app::request(Method::GET, path)).await
    }

    async fn health(&self, path: &str) -> Value {
        let answer = self.get(&format!("/api/v1/{path}/health")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// The statuses that something went through, newest first.
    async fn changes(&self, path: &str) -> Vec<String> {
        let history = self.health(path).await;
        let changes = history["changes"].as_array().unwrap();
        changes.iter().map(|change| change["status"].as_str().unwrap().to_owned()).collect()
    }

    async fn edit(&self, draft: InstanceDraft) {
        self.lab.store.instances().update(self.edge_id, &draft).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_new_or_edited_is_looked_at_at_once_and_then_once_an_interval() {
    let scene = Scene::start().await;
    scene.worker.check_health().await;
    scene.worker.check_health().await;
    assert_eq!(scene.looks(), [1, 1]);

    // Not before nine tenths of a minute are over, and surely after eleven.
    scene.lab.advance(53);
    scene.worker.check_health().await;
    assert_eq!(scene.looks(), [1, 1]);
    scene.lab.advance(14);
    scene.worker.check_health().await;
    assert_eq!(scene.looks(), [2, 2]);

    scene.edit(Lab::draft("edge", "mirror", &scene.edge.url())).await;
    scene.worker.check_health().await;
    assert_eq!(scene.looks(), [2, 3]);
}

#[tokio::test]
async fn a_disabled_instance_is_not_looked_at_until_it_is_enabled() {
    let scene = Scene::start().await;
    let draft = Lab::draft("edge", "mirror", &scene.edge.url());
    scene.edit(InstanceDraft { enabled: false, ..draft.clone() }).await;
    scene.look_again().await;
    assert_eq!(scene.looks(), [1, 0]);

    scene.edit(draft).await;
    scene.worker.check_health().await;
    assert_eq!(scene.looks(), [1, 1]);
}

#[tokio::test]
async fn of_any_number_of_processes_one_looks() {
    let scene = Scene::start().await;
    for i in 0..20 {
        scene.lab.instance(Lab::draft(&format!("edge-{i}"), "mirror", &scene.edge.url())).await;
    }
    let workers = [(); 3].map(|()| Worker::new(scene.lab.store.clone(), outbound(), Settings::default()));

    tokio::join!(workers[0].check_health(), workers[1].check_health(), workers[2].check_health());

    assert_eq!(scene.looks(), [1, 21]);
}

#[tokio::test]
async fn an_interval_of_zero_means_that_nothing_is_looked_at() {
    let scene = Scene::start().await;
    let settings = Settings { health_interval: Duration::ZERO, ..Settings::default() };
    Worker::new(scene.lab.store.clone(), outbound(), settings).check_health().await;
    assert_eq!(scene.looks(), [0, 0]);
}

#[tokio::test]
async fn a_health_tells_status_reason_latency_and_how_it_changed() {
    let scene = Scene::start().await;
    assert_eq!(scene.health("instances/edge").await["health"]["status"], "unknown");
    for (path, fake) in [("instances/edge", &scene.edge), ("registries/hub", &scene.hub)] {
        scene.look_again().await;
        assert_eq!(scene.health(path).await["health"]["status"], "healthy");
        fake.faults().on("GET", "/v2/").always().inject(Fault::status(503, "closed for today"));
        scene.look_again().await;
        scene.look_again().await;

        let history = scene.health(path).await;
        assert_eq!(history["health"]["status"], "unhealthy");
        assert!(history["health"]["reason"].as_str().unwrap().contains("503"), "{history}");
        assert!(history["health"]["latency_ms"].is_number());
        assert_ne!(history["health"]["checked_at"], history["changes"][0]["at"]);
        assert_eq!(history["health"]["reason"], history["changes"][0]["reason"]);

        fake.faults().clear();
        scene.look_again().await;
        assert_eq!(scene.changes(path).await, ["healthy", "unhealthy", "healthy"]);
    }
}

#[tokio::test]
async fn another_reason_is_a_change_and_another_number_in_it_is_not() {
    let scene = Scene::start().await;
    let say = |status, text: &str| {
        scene.hub.faults().clear();
        scene.hub.faults().on("GET", "/v2/").always().inject(Fault::status(status, text));
    };
    for (status, text) in [(503, "request 81f2a9"), (503, "request 90b1c4"), (500, "request 90b1c4")] {
        say(status, text);
        scene.look_again().await;
    }

    let history = scene.health("registries/hub").await;
    assert_eq!(history["changes"].as_array().unwrap().len(), 2, "{history}");
    assert!(history["changes"][0]["reason"].as_str().unwrap().contains("500"), "{history}");
}

#[tokio::test]
async fn a_ping_by_hand_is_kept_as_the_health_and_as_a_change() {
    let scene = Scene::start().await;
    for path in ["instances/edge", "registries/hub"] {
        let answer = app::send(&scene.api, app::request(Method::POST, &format!("/api/v1/{path}/ping"))).await;
        assert_eq!((answer.status, &answer.json()["healthy"]), (200, &json!(true)), "{}", answer.text);

        let view = scene.get(&format!("/api/v1/{path}")).await.json();
        assert_eq!(view["health"]["reason"], answer.json()["reason"]);
        assert_eq!(scene.health(path).await["health"], view["health"]);
        assert_eq!(scene.changes(path).await, ["healthy"]);
    }
}

#[tokio::test]
async fn changes_come_in_pages() {
    let scene = Scene::start().await;
    for i in 0..3 {
        scene.hub.faults().clear();
        if i % 2 == 0 {
            scene.hub.faults().on("GET", "/v2/").always().inject(Fault::status(503, "closed"));
        }
        scene.look_again().await;
    }

    let page = scene.get("/api/v1/registries/hub/health?page=2&page_size=2").await;

    assert_eq!(page.header("x-total-count"), "3");
    assert!(page.header("link").contains("rel=\"prev\""), "{}", page.header("link"));
    assert_eq!(page.json()["changes"].as_array().unwrap().len(), 1);
    assert_eq!(scene.get("/api/v1/registries/nowhere/health").await.status, 404);
    assert_eq!(scene.get("/api/v1/instances/hub/health").await.status, 404);
}

#[tokio::test]
async fn what_was_edited_during_a_look_does_not_get_the_health_of_before() {
    let scene = Scene::start().await;
    let before = scene.lab.store.instances().get("edge").await.unwrap().unwrap();
    scene.lab.advance(1);
    scene.edit(Lab::draft("edge", "mirror", "http://elsewhere.test")).await;

    let found = Err("no answer".to_owned());
    let health = forewarm_domain::health::Health::found(found, Duration::ZERO, scene.lab.clock.now());
    let watched = forewarm_store::health::Watched::Instance(before.id);
    scene.lab.store.health().record(watched, before.updated_at, &health).await.unwrap();

    assert_eq!(scene.health("instances/edge").await["health"]["status"], "unknown");
    assert_eq!(scene.changes("instances/edge").await, Vec::<String>::new());
}

/// What is logged, for as long as the guard lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(lines.finish())
    }

    /// The lines about health.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("healthy")).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn one_line_is_logged_when_something_falls_ill_and_one_when_it_is_well_again() {
    let scene = Scene::start().await;
    let (ill, well) = (
        || scene.edge.faults().on("GET", "/v2/").always().inject(Fault::status(503, "closed")),
        || scene.edge.faults().clear(),
    );
    scene.look_again().await;
    ill();
    scene.look_again().await;
    well();
    scene.look_again().await;
    // Only now: a line that a thread without a listener is the first to log would never be heard.
    let log = Log::default();
    let _listening = log.listen();
    ill();
    scene.look_again().await;
    scene.look_again().await;
    well();
    scene.look_again().await;
    scene.look_again().await;

    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("WARN") && lines[0].contains("instance is not healthy"), "{}", lines[0]);
    assert!(lines[1].contains("INFO") && lines[1].contains("instance is healthy again"), "{}", lines[1]);
    assert!(lines.iter().all(|line| line.contains("edge")), "{lines:?}");
}
