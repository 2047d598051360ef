//! `forewarm-bench fakes`: the process itself.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use forewarm_fake::Recorder;
use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Behaviour, Cluster, Dragonfly, Knobs, Peer};
use forewarm_fake::registry::{self, Registry};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::content::Content;
use super::{Command, Places};

/// How many times as fast as the wall clock the quick engine lives.
const SPEED: f64 = 2_000.0;
/// When its rows show the end of a job, of its own time: a scheduler has taken it up after 1.2 s, and a peer needs none.
const DONE: Duration = Duration::from_secs(2);
/// Requests that each fake remembers: enough to find those of a single execution.
const REMEMBERED: usize = 1_000;
/// So that no row is removed while it is measured, however fast the clock.
const CENTURIES: Duration = Duration::from_secs(300 * 365 * 24 * 3600);

struct Stage {
    registry: Registry,
    quick: Dragonfly,
    slow: Dragonfly,
    content: Content,
}

/// Serves until standard input ends.
pub async fn serve() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let places = Places { registry: stage.registry.url(), quick: stage.quick.url(), slow: stage.slow.url() };
    let mut output = tokio::io::stdout();
    output.write_all(format!("{}\n", serde_json::to_string(&places)?).as_bytes()).await?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = input.next_line().await? {
        let command = serde_json::from_str(&line).with_context(|| format!("a command: {line}"))?;
        output.write_all(format!("{}\n", stage.obey(command)).as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

impl Stage {
    async fn set() -> anyhow::Result<Self> {
        let content = Content::default();
        let knobs = registry::Knobs { clock: Clock::real(), ..Default::default() };
        let stage = Self {
            registry: Registry::start_with(knobs).await.context("the fake registry")?,
            quick: Dragonfly::start_with(quick(&content)).await.context("the quick engine")?,
            slow: Dragonfly::start_with(slow(&content)).await.context("the slow engine")?,
            content,
        };
        stage.recorders().into_iter().for_each(|recorder| recorder.keep(REMEMBERED));
        Ok(stage)
    }

    fn recorders(&self) -> [&Recorder; 3] {
        [self.registry.recorder(), self.quick.recorder(), self.slow.recorder()]
    }

    fn obey(&self, command: Command) -> Value {
        match command {
            Command::Fill { namespace, repositories, tags } => {
                self.content.fill(&self.registry, &namespace, repositories, tags);
                Value::Null
            }
            Command::Push { repository, tag } => {
                self.content.push(&self.registry, &repository, &tag).notification(&self.registry.url())
            }
            Command::Forget => {
                self.recorders().into_iter().for_each(Recorder::clear);
                Value::Null
            }
            Command::Arrivals => {
                let asked = self.quick.recorder().matching("POST", "/oapi/v1/jobs");
                asked.iter().map(|request| nanoseconds(request.received_at)).collect()
            }
            Command::Held => json!(self.slow.received().len()),
        }
    }
}

fn quick(content: &Content) -> Knobs {
    let seed = Peer::seed("seed-0", "10.1.0.7").behaves(Behaviour::Ok(0));
    Knobs { refresh_schedule: vec![DONE], ..knobs(Clock::scaled(SPEED), seed, content) }
}

fn slow(content: &Content) -> Knobs {
    knobs(Clock::real(), Peer::seed("seed-0", "10.1.0.7").behaves(Behaviour::Hang), content)
}

fn knobs(clock: Clock, peer: Peer, content: &Content) -> Knobs {
    let cluster = Cluster { job_rate_limit: u32::MAX, ..Cluster::new(1).with_peers(vec![peer]) };
    Knobs {
        clock,
        clusters: vec![cluster],
        registry: content.script(),
        gc_ttl: CENTURIES,
        gc_interval: CENTURIES,
        ..Knobs::default()
    }
}

fn nanoseconds(time: std::time::SystemTime) -> Value {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
