//! Runs that nobody asks for: by an event and by a schedule.

use std::time::Duration;

use anyhow::Context as _;
use forewarm_fake::registry::NOTIFICATION;
use forewarm_http::Outbound;
use reqwest::Method;
use tokio::time::{Instant, sleep};
use url::Url;

use super::stage::Stage;
use crate::client::Client;
use crate::follow::follow;
use crate::progress::Progress;
use crate::view::Execution;

/// Longer than a minute, since the schedule fires at the next full one.
const PATIENCE: Duration = Duration::from_secs(90);

/// Pushes a release and lets the registry tell of it; the policy `on-push` does the rest.
pub async fn push(client: &Client, server: &str, stage: &Stage) -> anyhow::Result<Execution> {
    let pushed = forewarm_fake::demo::release(&stage.registry, "v2.5.0").context("the demo's release")?;
    println!("\nPushed {}:v2.5.0; the registry tells of it, and policy 'on-push' starts:", pushed.repository);
    let url = Url::parse(&format!("{server}/api/v1/events/hub")).context("the server's address")?;
    let told = Outbound::unguarded()
        .client(false)
        .request(Method::POST, &url)?
        .header("content-type", NOTIFICATION)
        .header("authorization", &stage.secret)
        .body(pushed.notification(&stage.registry.url()).to_string())
        .send()
        .await
        .context("telling of the push")?;
    anyhow::ensure!(told.status().is_success(), "telling of the push: {}", told.text().await?);
    see(client, "event").await
}

/// Waits for the policy `every-minute`; what is warm already it leaves out.
pub async fn minute(client: &Client) -> anyhow::Result<Execution> {
    println!("\nWaiting for the next full minute, at which policy 'every-minute' is due:");
    see(client, "schedule").await
}

/// Waits for the first execution with this trigger, and for its end.
async fn see(client: &Client, trigger: &str) -> anyhow::Result<Execution> {
    let begun = Instant::now();
    let started = loop {
        if let Some(started) = client.newest_execution(trigger).await? {
            break started;
        }
        anyhow::ensure!(
            begun.elapsed() < PATIENCE,
            "no execution was started by {trigger} within {PATIENCE:?}"
        );
        sleep(Duration::from_millis(250)).await;
    };
    let mut progress = Progress::new(Box::new(std::io::stdout()));
    let ended = follow(client, started, &mut progress).await?;
    println!("execution {} by {trigger}: {}: {}", ended.facts.id, ended.facts.status, ended.facts.message);
    Ok(ended)
}
