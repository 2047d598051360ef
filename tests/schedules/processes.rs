//! Three scheduler processes on one database, whose clock is a file that the test rewrites.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use forewarm_store::{Clock, Store};
use forewarm_worker::{Settings, Worker};

use super::Scene;
use crate::support::keys::keys;
use crate::support::outbound::outbound;

const DATABASE: &str = "FOREWARM_TEST_SCHEDULER_DATABASE";
const CLOCK: &str = "FOREWARM_TEST_SCHEDULER_CLOCK";
const LOOKED: &str = "looked at: ";
const MINUTES: i64 = 10;

/// The life of a child: this test binary runs itself again. In an ordinary run of the tests it does nothing.
#[tokio::test]
async fn child_process() {
    let (Ok(database), Some(clock)) = (std::env::var(DATABASE), std::env::var_os(CLOCK)) else { return };
    let clock = PathBuf::from(clock);
    let now = clock.clone();
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(2).connect(&database).await.unwrap();
    let store = Store::new(pool, Clock::manual(move || read(&now))).with_keys(keys());
    let worker = Worker::new(store, outbound(), Settings::default());
    let mut last = None;
    loop {
        let now = read(&clock);
        worker.fire_schedules().await;
        if last.replace(now) != Some(now) {
            println!("{LOOKED}{}", now.to_rfc3339());
        }
        // Only to leave the processor to the others; time is in the file.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

struct Scheduler {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Scheduler {
    fn start(database: &str, clock: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "schedules::processes::child_process", "--nocapture"]);
        command.env(DATABASE, database).env(CLOCK, clock).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Waits until the process has looked for what is due at this time.
    fn has_looked_at(&mut self, time: DateTime<Utc>) {
        let wanted = format!("{LOOKED}{}", time.to_rfc3339());
        let mut line = String::new();
        while !line.contains(&wanted) {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "a scheduler ended");
        }
    }

    fn kill(&mut self) {
        // SIGKILL, on Unix.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(clock: &Path) -> DateTime<Utc> {
    std::fs::read_to_string(clock).unwrap().trim().parse().unwrap()
}

/// At no moment is there half a time to be read.
fn write(clock: &Path, time: DateTime<Utc>) {
    let new = clock.with_extension("new");
    std::fs::write(&new, time.to_rfc3339()).unwrap();
    std::fs::rename(new, clock).unwrap();
}

#[tokio::test]
async fn three_schedulers_start_each_time_of_a_schedule_once_though_one_is_killed() {
    let scene = Scene::start().await;
    scene.scheduled("* * * * *").await;
    let dir = tempfile::tempdir().unwrap();
    let clock = dir.path().join("clock");
    let start = scene.lab.clock.now();
    write(&clock, start);
    let mut schedulers: Vec<Scheduler> =
        (0..3).map(|_| Scheduler::start(&scene.lab.database.url, &clock)).collect();
    schedulers.iter_mut().for_each(|scheduler| scheduler.has_looked_at(start));

    let times: Vec<DateTime<Utc>> = (1..=MINUTES).map(|minute| start + TimeDelta::minutes(minute)).collect();
    for (i, time) in times.iter().enumerate() {
        write(&clock, *time);
        if i == 5 {
            // In the middle of its work, as likely as not.
            schedulers.pop().unwrap().kill();
        }
        schedulers.iter_mut().for_each(|scheduler| scheduler.has_looked_at(*time));
    }

    assert_eq!(scene.scheduled_for().await, times);
    assert_eq!(scene.scheduled_for().await.len(), 10);
}
