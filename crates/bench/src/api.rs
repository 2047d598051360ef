//! The API, asked as any client would.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::program::ADMIN_PASSWORD;
use crate::scene::{EVENT_SECRET, POLICY};

/// The first pause between two looks at an execution, and the longest. An end is dated by the server, so they are no part
/// of any figure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct Api {
    pub client: Client,
    pub url: String,
    token: String,
}

impl Api {
    /// With a token: a password takes as long to check as it should.
    pub async fn open(client: Client, url: &str) -> anyhow::Result<Self> {
        let wanted = json!({"name": "bench", "role": "system_admin"});
        let request = client.post(format!("{url}/api/v1/tokens")).json(&wanted);
        let made = answer(request.basic_auth("admin", Some(ADMIN_PASSWORD))).await?;
        let token = made["secret"].as_str().context("the new token's text")?.to_owned();
        Ok(Self { client, url: url.to_owned(), token })
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        answer(self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token)).await
    }

    pub async fn create(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body)).await
    }

    /// Tells of a push, as the registry `hub` would.
    pub async fn notify(&self, notification: &Value) -> anyhow::Result<()> {
        let request = self.client.post(format!("{}/api/v1/events/hub", self.url)).json(notification);
        answer(request.header("x-forewarm-secret", EVENT_SECRET)).await.map(drop)
    }

    /// Starts a project's policy and answers the execution's id.
    pub async fn execute(&self, project: &str) -> anyhow::Result<i64> {
        let path = format!("/api/v1/projects/{project}/policies/{POLICY}/executions");
        let execution = self.create(&path, &Value::Null).await?;
        execution["id"].as_i64().context("the execution's id")
    }

    /// Waits until an execution has ended in success, and answers it.
    pub async fn success(&self, id: i64, patience: Duration) -> anyhow::Result<Value> {
        let is_final =
            |execution: &Value| matches!(execution["status"].as_str(), Some("success" | "error" | "stopped"));
        let execution = self.until(id, patience, is_final).await?;
        ensure!(execution["status"] == "success", "the execution failed: {execution}");
        Ok(execution)
    }

    /// Waits until an execution is as wanted, and answers it.
    pub async fn until(
        &self,
        id: i64,
        patience: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let execution = self.get(&format!("/api/v1/executions/{id}")).await?;
            if wanted(&execution) {
                return Ok(execution);
            }
            if begun.elapsed() > patience {
                bail!("after {patience:?} the execution is still not as wanted: {execution}");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, place) = (answer.status(), answer.url().to_string());
    let body = answer.bytes().await?;
    ensure!(status.is_success(), "{place}: {status} {}", String::from_utf8_lossy(&body));
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}
