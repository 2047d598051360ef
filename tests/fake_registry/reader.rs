//! A client for these tests.

use forewarm_fake::registry::{Knobs, Registry};
use reqwest::{Method, RequestBuilder, Response};

use crate::support::client::client;

const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

pub async fn registry(knobs: Knobs) -> Registry {
    Registry::start_with(knobs).await.unwrap()
}

/// A request with this path that follows no redirect.
pub fn request(registry: &Registry, method: Method, path: &str) -> RequestBuilder {
    let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", registry.url()) };
    client().request(method, url)
}

pub async fn get(registry: &Registry, path: &str) -> Response {
    request(registry, Method::GET, path).header("accept", ACCEPT).send().await.unwrap()
}

pub async fn head(registry: &Registry, path: &str) -> Response {
    request(registry, Method::HEAD, path).header("accept", ACCEPT).send().await.unwrap()
}

pub fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}
