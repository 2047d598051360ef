//! A client for these tests.

use forewarm_fake::harbor::{ADMIN, ADMIN_PASSWORD, Harbor};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::support::client::client;

pub const LIST: &str = "/projects/team/repositories/app/artifacts";

pub async fn harbor() -> Harbor {
    Harbor::start().await.unwrap()
}

/// A request to the API without credentials.
pub fn ask(harbor: &Harbor, path: &str) -> RequestBuilder {
    client().get(format!("{}/api/v2.0{path}", harbor.url()))
}

/// As the administrator.
pub fn admin(harbor: &Harbor, path: &str) -> RequestBuilder {
    ask(harbor, path).basic_auth(ADMIN, Some(ADMIN_PASSWORD))
}

pub async fn answer(harbor: &Harbor, path: &str) -> Response {
    admin(harbor, path).send().await.unwrap()
}

pub async fn json(harbor: &Harbor, path: &str) -> Value {
    let response = answer(harbor, path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

/// The status and the first error's code.
pub async fn refusal(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["errors"][0]["code"].as_str().unwrap().to_owned())
}

pub fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// One field of each entry.
pub fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|entry| entry[field].as_str().unwrap()).collect()
}
