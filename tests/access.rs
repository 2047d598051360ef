//! Who may do what.

mod audit;
mod callers;
mod facade;
mod limits;
mod logins;
mod tokens;
mod users;
mod walk;

use poem::http::{HeaderValue, header};
use serde_json::Value;

use crate::support::app::{Answer, TestApp, request, with_json};

/// A request with a certain header `Authorization`; empty = without one.
async fn by(app: &TestApp, authorization: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut asked = request(method.parse().unwrap(), path);
    asked.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
    if let Some(body) = body {
        asked = with_json(asked, body);
    }
    app.send(asked).await
}

async fn get(app: &TestApp, authorization: &str, path: &str) -> Answer {
    by(app, authorization, "GET", path, None).await
}
