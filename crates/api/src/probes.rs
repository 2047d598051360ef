//! What is watched from outside, without credentials, for a port of its own: `/metrics`, `/livez`, `/readyz`, `/healthz`.

use poem::endpoint::make;
use poem::http::StatusCode;
use poem::{Endpoint, EndpointExt, IntoResponse, Response, Route, get};

use crate::error::Words;
use crate::health;
use crate::metrics::Metrics;
use crate::state::ApiState;

/// For a network where everybody may know what instances, registries and policies are called, and how they are.
pub fn probes(state: ApiState) -> impl Endpoint<Output = Response> {
    let (metrics, ready, health) = (state.clone(), state.clone(), state);
    Route::new()
        .at("/metrics", get(make(move |_| answer_metrics(metrics.clone()))))
        .at("/livez", get(make(|_| async { Ok::<_, poem::Error>(StatusCode::OK) })))
        .at("/readyz", get(make(move |_| answer_ready(ready.clone()))))
        .at("/healthz", get(make(move |_| answer_ready(health.clone()))))
        .map_to_response()
}

async fn answer_metrics(state: ApiState) -> poem::Result<Response> {
    Ok(Metrics::of(&state).await.into_response())
}

async fn answer_ready(state: ApiState) -> poem::Result<Response> {
    Ok(match health::check(&state).await {
        Ok(ok) => ok.into_response(),
        Err(error) => error.response(None, Words::Ours),
    })
}
