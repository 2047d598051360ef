//! Mode `notification`: a push event, as Harbor sends it. Kraken answers 200 whatever becomes of it.

use chrono::SecondsFormat;
use forewarm_domain::artifact::IMAGE_MANIFESTS;
use forewarm_domain::task::Proof;
use forewarm_http::ErrorKind;
use serde_json::{Value, json};

use super::{Call, answer, ended};
use crate::{Outcome, Progress, ProviderError};

const PATH: &str = "/registry/notifications";

pub(super) async fn submit(call: &Call<'_>) -> Result<Progress, ProviderError> {
    let image = call.image;
    if !IMAGE_MANIFESTS.contains(&image.media_type.as_str()) || image.digest.algorithm() != "sha256" {
        return Ok(call.refused(format!(
            "Kraken drops notifications of {} {} without a word: it takes image manifests with sha256 digests only",
            image.media_type, image.digest
        )));
    }
    let place = call.engine.place();
    let event = event(call);
    call.log.info(format!("asked: POST {place}{PATH} {event}"));
    let answer =
        call.engine.post(PATH, Some(&event), call.patience()).await.map_err(|error| match error.kind {
            // It fetches the manifest before it answers, and a panic closes the connection without a word.
            ErrorKind::Timeout | ErrorKind::Connection => ProviderError::transient(format!(
                "{}; Kraken may or may not have taken the notification",
                error.message
            )),
            _ => error.into(),
        })?;
    if answer.status == 404 {
        return Err(ProviderError::permanent(format!(
            "{place}: no notifications here: Kraken's nginx does not pass them on; give the proxy's own TCP listener"
        )));
    }
    if !answer.is_ok() {
        return Err(answer::explain(&place, &answer, call.blotter));
    }
    call.log.info(format!("answered: {}", answer.status));
    Ok(ended(Outcome::Success {
        proof: Proof::Submitted,
        message: "accepted: Kraken's notification mode cannot tell whether the image was fetched".to_owned(),
    }))
}

/// One event per request: builds of Kraken with an old Go turn several into copies of the last one.
fn event(call: &Call<'_>) -> Value {
    let image = call.image;
    json!({ "events": [{
        "id": call.preheat.mark(),
        "timestamp": call.preheat.now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "action": "push",
        "target": {
            "mediaType": image.media_type,
            "digest": image.digest,
            "repository": image.repository,
            "url": format!(
                "{}/v2/{}/manifests/{}",
                image.registry_url.as_str().trim_end_matches('/'),
                image.repository,
                image.digest
            ),
            "tag": image.tags.first().map(String::as_str).unwrap_or_default(),
        },
    }]})
}
