//! `POST /proxy/v1|v2/registry/prefetch`: by tag, and only for names of one level.

use serde_json::{Value, json};

use super::Backend;
use super::state::State;
use crate::{Answer, Recorded, lock};

/// A tag as the proxy understands it.
#[derive(Debug)]
struct Wanted {
    namespace: String,
    name: String,
    tag: String,
}

pub(crate) async fn start(state: &State, request: &Recorded, synchronous: bool) -> Answer {
    let body = request.json().unwrap_or_default();
    let trace = body["trace_id"].as_str().unwrap_or_default();
    let wanted = match body["tag"].as_str().map(Wanted::parse) {
        Some(Ok(wanted)) => wanted,
        Some(Err(text)) => return failure(400, "Bad Request", text, trace),
        None => return failure(400, "Bad Request", "failed to decode request body", trace),
    };
    let shown = format!("{}:{}", wanted.name, wanted.tag);
    lock(&state.tags).push(format!("{}/{shown}", wanted.namespace));
    let repository = format!("{}/{}", wanted.namespace, wanted.name);
    if !state.backend().has_tag(&repository, &wanted.tag).await {
        return failure(500, "Internal Server Error", "failed to resolve tag: tag not found", trace);
    }
    if synchronous && is_out_of_reach(&state.backend()) {
        return failure(500, "Internal Server Error", "failed to download manifest: blob not found", trace);
    }
    Answer::new(200).json(&json!({
        "tag": shown, "prefetched": true, "status": "success",
        "message": "prefetching initiated successfully", "trace_id": trace,
    }))
}

/// The manifest is asked for with the first segment as namespace, which a registry behind the origins cannot
/// resolve. Storages that ignore the namespace have it.
fn is_out_of_reach(backend: &Backend) -> bool {
    matches!(backend, Backend::Registry(_))
}

impl Wanted {
    /// The second part is the namespace, the third the name and tag; what follows is dropped.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split('/').collect();
        let [_, namespace, image, ..] = parts.as_slice() else {
            return Err("invalid tag format, expected host/namespace/name:tag");
        };
        let (name, tag) = image.split_once(':').ok_or("invalid tag format, expected name:tag")?;
        Ok(Self { namespace: (*namespace).to_owned(), name: name.to_owned(), tag: tag.to_owned() })
    }
}

fn failure(status: u16, error: &str, message: &str, trace: &str) -> Answer {
    let body: Value = json!({
        "error": error, "prefetched": false, "status": "failure", "message": message, "trace_id": trace,
    });
    Answer::new(status).json(&body)
}
