//! The demo's registry, instances, project and policies, made through the API as any user would.

use std::time::{Duration, Instant};

use forewarm_fake::dragonfly::TEST_TOKEN;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::client::Client;
use crate::explain::explain;
use crate::view::Execution;

const PATIENCE: Duration = Duration::from_secs(30);

pub async fn wait_until_ready(client: &Client) -> anyhow::Result<()> {
    let begun = Instant::now();
    while let Err(error) = client.ready(Duration::from_secs(2)).await {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "the server does not become ready: {}", explain(&error));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Makes everything and starts the policy `releases`.
pub async fn seed(client: &Client, stage: &Stage) -> anyhow::Result<Execution> {
    let hub =
        json!({"name": "hub", "kind": "oci", "url": stage.registry.url(), "event_secrets": [stage.secret]});
    client.create("/api/v1/registries", &hub).await?;
    for instance in instances(stage) {
        client.create("/api/v1/instances", &instance).await?;
    }
    let shop =
        json!({"name": "shop", "registry": "hub", "namespace": "shop", "description": "The demo's images"});
    client.create("/api/v1/projects", &shop).await?;
    for policy in policies(stage) {
        client.create("/api/v1/projects/shop/policies", &policy).await?;
    }
    Execution::read(client.create("/api/v1/projects/shop/policies/releases/executions", &Value::Null).await?)
}

fn instances(stage: &Stage) -> Vec<Value> {
    let mut instances = vec![
        json!({"name": "dragonfly", "vendor": "dragonfly", "endpoint": stage.dragonfly.url(),
               "auth": {"mode": "bearer", "secret": TEST_TOKEN}, "settings": {"check_seconds": 1}}),
        json!({"name": "kraken", "vendor": "kraken", "endpoint": stage.kraken.url()}),
    ];
    if let Some(mirror) = &stage.mirror {
        instances.push(json!({"name": "mirror", "vendor": "mirror", "endpoint": mirror.url()}));
    }
    instances
}

fn policies(stage: &Stage) -> Vec<Value> {
    let mut everywhere = vec!["dragonfly", "kraken"];
    everywhere.extend(stage.mirror.as_ref().map(|_| "mirror"));
    vec![
        json!({"name": "releases", "description": "Every release, on every engine", "instances": everywhere,
               "filters": [{"type": "tag", "pattern": "v*"}]}),
        json!({"name": "arm", "description": "What the arm64 nodes run", "instances": ["dragonfly"],
               "filters": [{"type": "repository", "pattern": "**"}],
               "options": {"scope": "all_seed_peers", "platforms": ["linux/arm64"]}}),
        json!({"name": "on-push", "description": "Every release as soon as it is pushed", "instances": everywhere,
               "filters": [{"type": "tag", "pattern": "v*"}], "trigger": {"type": "event", "events": ["push"]}}),
        json!({"name": "every-minute", "description": "Whatever is not warm any more", "instances": everywhere,
               "filters": [{"type": "repository", "pattern": "web"}, {"type": "tag", "pattern": "v*"}],
               "trigger": {"type": "schedule", "cron": "* * * * *"}}),
        json!({"name": "backend", "description": "What carries the label tier=backend", "instances": ["kraken"],
               "filters": [{"type": "label", "labels": ["tier=backend"]}]}),
    ]
}
