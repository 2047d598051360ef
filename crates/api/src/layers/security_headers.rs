//! Headers that keep a browser from doing anything but showing our own pages.

use std::sync::Arc;

use poem::http::{HeaderName, HeaderValue, header};
use poem::{Endpoint, Request, Response, Result};

use super::exposure;

/// Everything comes from this server, nothing frames it; images may also be `data:` (Swagger UI's icons).
const POLICY: &str = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; \
                      form-action 'self'; img-src 'self' data:; connect-src 'self'; style-src 'self'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
];

/// For a year browsers come by https only, whatever a link says.
const ONLY_HTTPS: &str = "max-age=31536000";

pub async fn security_headers<E: Endpoint<Output = Response>>(
    next: Arc<E>,
    request: Request,
) -> Result<Response> {
    let https = exposure(&request).https;
    let mut response = next.call(request).await?;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if https {
        let value = HeaderValue::from_static(ONLY_HTTPS);
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    Ok(response)
}
