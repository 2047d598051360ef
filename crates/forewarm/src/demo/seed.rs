//! The demo's registry, instances, project and policies, made through the API as any user would.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use forewarm_fake::dragonfly::TEST_TOKEN;
use forewarm_http::Outbound;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::stage::Stage;
use crate::client::Client;
use crate::view::Execution;

const PATIENCE: Duration = Duration::from_secs(30);

pub async fn wait_until_ready(client: &Client) -> anyhow::Result<()> {
    let begun = Instant::now();
    while let Err(error) = client.ready(Duration::from_secs(2)).await {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "the server does not become ready: {error:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Makes everything and starts the policy `releases`.
pub async fn seed(server: &str, stage: &Stage) -> anyhow::Result<Execution> {
    let api = Api { outbound: Outbound::unguarded(), base: format!("{server}/api/v1") };
    let hub =
        json!({"name": "hub", "kind": "oci", "url": stage.registry.url(), "event_secrets": [stage.secret]});
    api.post("registries", &hub).await?;
    for instance in instances(stage) {
        api.post("instances", &instance).await?;
    }
    let shop =
        json!({"name": "shop", "registry": "hub", "namespace": "shop", "description": "The demo's images"});
    api.post("projects", &shop).await?;
    for policy in policies(stage) {
        api.post("projects/shop/policies", &policy).await?;
    }
    Execution::read(api.post("projects/shop/policies/releases/executions", &Value::Null).await?)
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

struct Api {
    outbound: Outbound,
    base: String,
}

impl Api {
    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let url = Url::parse(&format!("{}/{path}", self.base)).context("the server's address")?;
        let mut request = self.outbound.client(false).request(Method::POST, &url)?;
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("POST {path}"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("POST {path}"))?;
        anyhow::ensure!(status.is_success(), "POST {path}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
