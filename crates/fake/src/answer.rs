//! What a fake answers.

use poem::http::{HeaderName, HeaderValue, StatusCode};
use poem::{Body, Response};
use serde::Serialize;

/// An HTTP answer, or none at all.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection is closed without a byte of an answer.
    pub hang_up: bool,
}

impl Answer {
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Closes the connection instead of answering.
    pub fn hang_up() -> Self {
        Self { hang_up: true, ..Self::default() }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A body with its type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    #[must_use]
    pub fn json(self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        self.body("application/json; charset=utf-8", body)
    }

    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.body("text/plain; charset=utf-8", text)
    }

    /// As poem wants it. The length is set by hand so that HEAD tells it too.
    pub(crate) fn into_response(self, head: bool) -> Response {
        let length = self.body.len();
        let body = if head { Body::empty() } else { Body::from_vec(self.body) };
        respond(self.status, self.headers, body, length)
    }
}

/// Builds a response that announces `length` bytes.
pub(crate) fn respond(status: u16, headers: Vec<(String, String)>, body: Body, length: usize) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .body(body);
    let all = response.headers_mut();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            all.append(name, value);
        }
    }
    if status != 204 && status != 304 && !all.contains_key("content-length") {
        all.insert("content-length", HeaderValue::from(length));
    }
    response
}
