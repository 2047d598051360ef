//! Real processes, killed in the middle of their work.

use std::process::Stdio;
use std::time::{Duration, Instant};

use forewarm_domain::execution::Execution;
use forewarm_domain::status::Status;
use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Cluster, Dragonfly, Knobs};
use forewarm_fake::registry::Registry as FakeRegistry;
use tokio::process::{Child, Command};

use crate::support::binary::forewarm;
use crate::support::keys::KEY;
use crate::support::lab::Lab;

const TASKS: usize = 500;
/// More than it takes: a submission that was broken off is repeated only when the manager can no longer be making its
/// job, which is after 150 s.
const PATIENCE: Duration = Duration::from_secs(400);

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_lose_nothing_and_ask_for_nothing_twice() {
    let lab = Lab::in_real_time().await;
    let images = FakeRegistry::start().await.unwrap();
    let names: Vec<String> = (0..TASKS).map(|i| format!("shop/app{}:v{}", i / 50, i % 50)).collect();
    images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let engine = Dragonfly::start_with(fast_engine()).await.unwrap();
    let registry = lab.registry("hub", &images.url()).await;
    let mut draft = Lab::draft("dragonfly", "dragonfly", &engine.url());
    draft.settings.check_seconds = Some(1);
    draft.max_in_flight = 100;
    let instance = lab.instance(draft).await;
    let id = lab.execute(Lab::select(&registry, vec![], &[&instance])).await;

    for share in [5, 3, 2] {
        let mut worker = start_worker(&lab);
        wait_until(|| async { engine.jobs().len() >= TASKS / share }).await;
        worker.start_kill().unwrap(); // SIGKILL
        worker.wait().await.unwrap();
        assert!(!lab.execution(id).await.status.is_final(), "killed in the middle");
    }
    let mut last = start_worker(&lab);
    wait_until(|| async { lab.execution(id).await.status.is_final() }).await;
    last.start_kill().unwrap();

    let execution = lab.execution(id).await;
    assert_eq!(
        (execution.status, execution.counts.success),
        (Status::Success, TASKS as i64),
        "{execution:#?}"
    );
    let submissions = engine.submissions();
    assert_eq!(submissions.len(), TASKS, "every manifest reached the engine");
    let repeated: Vec<_> = submissions.iter().filter(|(_, times)| **times > 1).collect();
    assert!(repeated.is_empty(), "asked for more than once: {repeated:?}");
    every_log_is_whole(&lab, id, &execution).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_gives_its_work_back_at_once() {
    let lab = Lab::in_real_time().await;
    let images = FakeRegistry::start().await.unwrap();
    images.holds(&["shop/web:v1"]);
    let engine = Dragonfly::start_with(fast_engine()).await.unwrap();
    engine.faults().on("POST", "/oapi/v1/jobs").inject(forewarm_fake::Fault::Delay(Duration::from_secs(30)));
    let registry = lab.registry("hub", &images.url()).await;
    let mut draft = Lab::draft("dragonfly", "dragonfly", &engine.url());
    draft.settings.check_seconds = Some(1);
    let instance = lab.instance(draft).await;
    let id = lab.execute(Lab::select(&registry, vec![], &[&instance])).await;

    let mut first = start_worker(&lab);
    wait_until(|| async { engine.recorder().count("POST", "/oapi/v1/jobs") == 1 }).await;
    let pid = rustix::process::Pid::from_raw(first.id().unwrap() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(first.wait().await.unwrap().success(), "it ends by itself, within its drain time");
    let mut second = start_worker(&lab);
    wait_until(|| async { lab.execution(id).await.status.is_final() }).await;
    second.start_kill().unwrap();

    let execution = lab.execution(id).await;
    assert_eq!(execution.status, Status::Success, "{execution:#?}");
}

/// Lives a hundred times as fast: what a real manager shows after 30 s it shows after 0.3 s.
fn fast_engine() -> Knobs {
    let cluster = Cluster { job_rate_limit: 1_000_000, ..Cluster::new(1) };
    Knobs { clock: Clock::scaled(100.0), clusters: vec![cluster], ..Knobs::default() }
}

fn start_worker(lab: &Lab) -> Child {
    Command::new(forewarm())
        .arg("worker")
        .env("FOREWARM_DATABASE_URL", &lab.database.url)
        .env("FOREWARM_KEY", KEY)
        .env("FOREWARM_LEASE_SECONDS", "3")
        .env("FOREWARM_DRAIN_SECONDS", "1")
        .env("FOREWARM_LOG", "warn")
        .env("FOREWARM_ALLOW_LOOPBACK", "true")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn wait_until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "it takes too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn every_log_is_whole(lab: &Lab, id: i64, execution: &Execution) {
    let tasks = lab.tasks(id).await;
    assert_eq!(tasks.len() as i64, execution.counts.total());
    for task in tasks {
        let log = lab.log(task.id).await;
        assert!(log.last().is_some_and(|line| line.starts_with("success")), "{log:#?}");
    }
}
