//! Every request has an id: the client's, if it sent a reasonable one, or a new one.

use std::sync::Arc;

use poem::http::HeaderValue;
use poem::{Endpoint, Request, Response, Result};
use uuid::Uuid;

const HEADER: &str = "x-request-id";

/// The id, as the other layers find it in the request.
#[derive(Clone)]
pub struct RequestId(pub String);

pub async fn request_id<E: Endpoint<Output = Response>>(
    next: Arc<E>,
    mut request: Request,
) -> Result<Response> {
    let given = request.header(HEADER).filter(|id| is_reasonable(id));
    let id = given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

/// It goes into logs and answers, so it must be short and harmless.
fn is_reasonable(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
