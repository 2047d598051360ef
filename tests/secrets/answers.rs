//! A client that keeps every answer, with its headers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use crate::support::access;

/// Far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Answers {
    url: String,
    client: reqwest::Client,
    seen: Mutex<String>,
}

impl Answers {
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned(), client: reqwest::Client::new(), seen: Mutex::default() }
    }

    /// Everything that was answered.
    pub fn all(&self) -> String {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends what must succeed.
    pub async fn must(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(self.request(method, path).json(body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// A request without credentials.
    pub fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.anonymous(method, path).header("authorization", access::admin())
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
        let text = answer.text().await.unwrap();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push_str(&format!("{status} {headers}\n{text}\n"));
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Waits for the end of an execution, and reads all that there is to read of it.
    pub async fn ended(&self, started: &Value) -> Value {
        let path = format!("/api/v1/executions/{}", started["id"]);
        let begun = Instant::now();
        let execution = loop {
            let (_, execution) = self.get(&path).await;
            if matches!(execution["status"].as_str(), Some("success" | "error" | "stopped")) {
                break execution;
            }
            assert!(begun.elapsed() < PATIENCE, "{execution}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let (_, tasks) = self.get(&format!("{path}/tasks")).await;
        for task in tasks.as_array().unwrap() {
            self.get(&format!("/api/v1/tasks/{}", task["id"])).await;
            let (status, _) = self.get(&format!("/api/v1/tasks/{}/log", task["id"])).await;
            assert_eq!(status, 200);
        }
        execution
    }
}
