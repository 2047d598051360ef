//! What every request passes before it reaches a handler, from outside to inside.

mod client_address;
mod errors;
mod limit;
mod operations;
mod request_id;
mod security_headers;
mod trace;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoResponse};
pub use request_id::RequestId;

pub use client_address::ClientAddress;

use crate::exposure::Exposure;

/// Puts the layers around the routes. Errors become answers below the request's id and the log, so that both see
/// nothing but answers.
pub fn around(routes: impl Endpoint<Output: IntoResponse> + 'static, exposure: Exposure) -> impl Endpoint {
    let exposure = Arc::new(exposure);
    routes
        .map_to_response()
        .around(limit::limit)
        .around(errors::errors)
        .around(security_headers::security_headers)
        .around(trace::trace)
        .around(request_id::request_id)
        .around(move |next, request| client_address::client_address(next, request, exposure.clone()))
}
