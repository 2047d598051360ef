//! Mode `prefetch`: the proxy triggers the downloads of a tag (v2, 0.1.13 and later). Of their end it says nothing.

use forewarm_domain::task::Proof;
use serde_json::json;
use url::Url;

use super::{Call, answer, ended};
use crate::{Outcome, Progress, ProviderError};

const PATH: &str = "/proxy/v2/registry/prefetch";

pub(super) async fn submit(call: &Call<'_>) -> Result<Progress, ProviderError> {
    if let Some(reason) = unsuitable(call) {
        return Ok(call.refused(reason));
    }
    for tag in &call.image.tags {
        let name = reference(&call.image.registry_url, &call.image.repository, tag);
        if let Some(refused) = ask(call, &name).await? {
            return Ok(ended(refused));
        }
    }
    Ok(ended(Outcome::Success {
        proof: Proof::Submitted,
        message: "accepted: Kraken's proxy triggered every download, but cannot tell whether they ended well"
            .to_owned(),
    }))
}

/// The proxy splits the name at its slashes, takes the second part for the namespace and the third for name and tag,
/// and drops the rest.
fn unsuitable(call: &Call<'_>) -> Option<String> {
    let repository = &call.image.repository;
    if repository.split('/').count() != 2 {
        return Some(format!(
            "Kraken's prefetch mode takes names of the form namespace/name only, not '{repository}'; use mode origin"
        ));
    }
    call.image.tags.is_empty().then(|| {
        "Kraken's prefetch mode takes tags only, and this image is named by its digest; use mode origin"
            .to_owned()
    })
}

async fn ask(call: &Call<'_>, name: &str) -> Result<Option<Outcome>, ProviderError> {
    let place = call.engine.place();
    let body = json!({ "tag": name, "trace_id": call.preheat.mark() });
    call.log.info(format!("asked: POST {place}{PATH} {body}"));
    let answer = call.engine.post(PATH, Some(&body), call.patience()).await?;
    if answer::is_prefetched(&answer) {
        call.log.info(format!("answered: {name} is being fetched"));
        return Ok(None);
    }
    if answer::is_unknown_path(&answer) {
        return Err(ProviderError::permanent(format!(
            "{place}: no prefetch here: the endpoint must be the proxy of Kraken 0.1.13 or later (port 15000 by default)"
        )));
    }
    if answer.is_ok() {
        let said = call.blotter.clean(&answer.text());
        let message = format!("{place}: Kraken did not confirm the prefetch of {name}: {said}");
        call.log.error(format!("answered: {message}"));
        return Ok(Some(Outcome::Failed { message, retry: false }));
    }
    Err(answer::explain(&place, &answer, call.blotter))
}

fn reference(registry: &Url, repository: &str, tag: &str) -> String {
    let host = registry.host_str().unwrap_or("registry");
    match registry.port() {
        Some(port) => format!("{host}:{port}/{repository}:{tag}"),
        None => format!("{host}/{repository}:{tag}"),
    }
}
