//! The question that a sender asks before it sends (CloudEvents 1.0, "HTTP 1.1 Web Hooks", section 4).
//!
//! It keeps senders from being turned against addresses that never wanted events. It proves nothing about the sender:
//! that is what the secret of each delivery is for.

use poem::http::{HeaderName, HeaderValue};
use poem::{Request, Response};

const ORIGIN: &str = "webhook-request-origin";
const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// Who asks to send, if this is such a question to a receiver.
pub fn asks(request: &Request) -> Option<HeaderValue> {
    let registry = request.uri().path().strip_prefix("/api/v1/events/")?;
    if registry.is_empty() || registry.contains('/') {
        return None;
    }
    request.headers().get(ORIGIN).cloned()
}

/// Says that this sender may send, as often as it likes.
pub fn agree(mut response: Response, origin: HeaderValue) -> Response {
    response.set_status(poem::http::StatusCode::OK);
    response.headers_mut().insert(ALLOWED_ORIGIN, origin);
    response.headers_mut().insert(ALLOWED_RATE, HeaderValue::from_static("*"));
    response
}
