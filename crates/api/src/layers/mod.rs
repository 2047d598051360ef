//! What every request passes before it reaches a handler, from outside to inside.

mod client_address;
mod cors;
mod errors;
mod limit;
mod measure;
mod operations;
mod request_id;
mod security_headers;
mod span;
mod time_limit;
mod trace;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoResponse, Request};

pub use client_address::ClientAddress;
pub use request_id::RequestId;

use crate::exposure::Exposure;

/// Puts the layers around the routes. Errors become answers below the request's id and the log, so that both see
/// nothing but answers.
pub fn around(routes: impl Endpoint<Output: IntoResponse> + 'static, exposure: Exposure) -> impl Endpoint {
    let exposure = Arc::new(exposure);
    routes
        .map_to_response()
        .around(time_limit::time_limit)
        .around(limit::limit)
        .around(errors::errors)
        // Boxed, or the compiler would look through more layers of types than it is ready to.
        .boxed()
        .around(cors::cors)
        .around(security_headers::security_headers)
        .around(trace::trace)
        .around(measure::measure)
        .around(span::span)
        .around(request_id::request_id)
        .around(client_address::client_address)
        .before(move |mut request| {
            request.extensions_mut().insert(exposure.clone());
            async move { Ok(request) }
        })
}

/// What the layers go by.
fn exposure(request: &Request) -> Arc<Exposure> {
    request.extensions().get::<Arc<Exposure>>().cloned().unwrap_or_default()
}
