//! What the contract is checked against: the fake, or a real manager when one is named.

use std::time::Duration;

use forewarm_fake::dragonfly::{Dragonfly, Knobs, TEST_TOKEN};
use reqwest::Method;
use serde_json::Value;

use crate::support::client::client;

/// A manager with a token for it.
pub struct Target {
    pub url: String,
    pub token: String,
    pub fake: Option<Dragonfly>,
}

/// An answer, read.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    pub link: String,
    pub content_type: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status and body, for comparisons.
    pub fn pair(&self) -> (u16, &str) {
        (self.status, &self.body)
    }
}

impl Target {
    /// The fake in this set-up; or the real manager of `DRAGONFLY_URL` and `DRAGONFLY_PAT`.
    pub async fn start(knobs: Knobs) -> Self {
        match (std::env::var("DRAGONFLY_URL"), std::env::var("DRAGONFLY_PAT")) {
            (Ok(url), Ok(token)) => Self { url, token, fake: None },
            _ => Self::fake(knobs).await,
        }
    }

    /// The fake in any case: for what cannot be arranged with a real one.
    pub async fn fake(knobs: Knobs) -> Self {
        let fake = Dragonfly::start_with(knobs).await.unwrap();
        Self { url: fake.url(), token: TEST_TOKEN.to_owned(), fake: Some(fake) }
    }

    pub fn is_real(&self) -> bool {
        self.fake.is_none()
    }

    /// Lets this much of the manager's time pass.
    pub async fn pass(&self, seconds: u64) {
        let time = Duration::from_secs(seconds);
        match &self.fake {
            Some(fake) => fake.clock().advance(time),
            None => tokio::time::sleep(time).await,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Some(&self.token), None).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Some(&self.token), None).await
    }

    pub async fn post(&self, body: &Value) -> Reply {
        self.post_raw(&body.to_string()).await
    }

    pub async fn post_raw(&self, body: &str) -> Reply {
        self.send(Method::POST, "/oapi/v1/jobs", Some(&self.token), Some(body)).await
    }

    pub async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<&str>) -> Reply {
        let mut request = client().request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        read(request.send().await.unwrap()).await
    }
}

pub async fn read(response: reqwest::Response) -> Reply {
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let (link, content_type) = (header("link"), header("content-type"));
    Reply { status: response.status().as_u16(), link, content_type, body: response.text().await.unwrap() }
}
