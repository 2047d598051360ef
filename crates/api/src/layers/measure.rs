//! Counts requests by the template of their address: addresses themselves hold names and ids, and would be too many.

use std::sync::Arc;
use std::time::Instant;

use forewarm_metrics::process;
use poem::http::Method;
use poem::{Endpoint, Request, Response, Result};

use super::operations::Place;
use crate::site;

/// Of files of the console and the documentation.
const PAGE: &str = "page";
/// Of everything else that is no operation, whatever it asks for.
const UNKNOWN: &str = "unknown";

pub async fn measure<E: Endpoint<Output = Response>>(next: Arc<E>, request: Request) -> Result<Response> {
    let method = method(request.method());
    let route = route(request.uri().path());
    let begun = Instant::now();
    let response = next.call(request).await?;
    process().http_requests.add([method, route, response.status().as_str()]);
    process().http_request_duration.observe([method, route], begun.elapsed());
    Ok(response)
}

pub fn route(path: &str) -> &'static str {
    match Place::of(path) {
        Some(place) => place.template(),
        None if site::is_page(path) => PAGE,
        None => UNKNOWN,
    }
}

/// Clients may invent methods.
pub fn method(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 7] = [
        (Method::GET, "GET"),
        (Method::HEAD, "HEAD"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
        (Method::OPTIONS, "OPTIONS"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, name)| *name)
}
