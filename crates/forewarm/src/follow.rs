//! Follows an execution at a server until it ends.

use std::time::Duration;

use anyhow::{Context, bail};
use forewarm_http::HttpError;

use crate::client::{Client, Refusal};
use crate::explain::explain;
use crate::progress::Progress;
use crate::view::{Execution, Task};

/// Up to here each task is looked at; beyond, counts must do.
const MAX_TASKS_SHOWN: u64 = 100;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many answers in a row may fail to come: a server that is restarted is back within that.
const MAX_LOST: u32 = 60;

/// Shows the progress of an execution and returns it when it has ended.
pub async fn follow(
    client: &Client,
    started: Execution,
    progress: &mut Progress,
) -> anyhow::Result<Execution> {
    let id = started.facts.id;
    let mut execution = started;
    let mut pause = FIRST_PAUSE;
    let mut lost = 0;
    loop {
        match look(client, id).await {
            Ok((seen, tasks)) => {
                lost = 0;
                execution = seen;
                progress.show(&execution, &tasks);
            }
            Err(error) if lost < MAX_LOST && is_transient(&error) => {
                lost += 1;
                if lost == 1 {
                    progress.say(&format!("{}; trying again", explain(&error)));
                }
            }
            Err(error) => {
                progress.end();
                bail!(error.context(format!("execution {id} goes on, but it cannot be followed")));
            }
        }
        if execution.is_final() {
            progress.end();
            return Ok(execution);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Asks for the execution first: when it has ended, so have the tasks that are asked for next.
async fn look(client: &Client, id: i64) -> anyhow::Result<(Execution, Vec<Task>)> {
    let execution = client.execution(id).await?;
    let total = execution.facts.counts.total();
    let tasks = if (1..=MAX_TASKS_SHOWN).contains(&total) {
        client.tasks(id, None, 100).await.context("its tasks")?
    } else {
        Vec::new()
    };
    Ok((execution, tasks))
}

fn is_transient(error: &anyhow::Error) -> bool {
    let lost = error.downcast_ref::<HttpError>().is_some_and(HttpError::is_transient);
    lost || error.downcast_ref::<Refusal>().is_some_and(Refusal::is_transient)
}
