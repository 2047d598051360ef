//! What Kraken's refusals mean.

use serde_json::Value;

use crate::ProviderError;
use crate::engine::Answer;
use crate::text::Blotter;

/// Explains an answer that is no success.
pub(super) fn explain(place: &str, answer: &Answer, blotter: &Blotter) -> ProviderError {
    let status = answer.status;
    if answer.is_redirect() {
        let target = blotter.clean(answer.location.as_deref().unwrap_or("?"));
        return ProviderError::permanent(format!("{place}: not Kraken: it redirects to '{target}'"));
    }
    let message = format!("{place}: Kraken answered {status}: {}", words(answer, blotter));
    match status {
        // The origin's nginx asks for a client certificate for everything but reads, over https only.
        403 => ProviderError::permanent(format!(
            "{message} (over https an origin wants a client certificate; use its http port)"
        )),
        // An origin whose workers are all taken waits five seconds for one, then says 503; a page is a proxy's.
        429 => ProviderError::Busy { message, retry_after: answer.retry_after },
        503 if !answer.is_html() => ProviderError::Busy { message, retry_after: answer.retry_after },
        408 | 425 | 500.. => ProviderError::Transient { message, retry_after: answer.retry_after },
        _ => ProviderError::permanent(message),
    }
}

/// Whether the router itself did not know the path, as opposed to a blob that is not there.
pub(super) fn is_unknown_path(answer: &Answer) -> bool {
    answer.status == 404 && (answer.is_html() || answer.text().starts_with("404 page not found"))
}

fn words(answer: &Answer, blotter: &Blotter) -> String {
    let json = answer.json();
    let field = |name: &str| json.as_ref()?.get(name)?.as_str().map(str::to_owned);
    match field("message").or_else(|| field("error")) {
        Some(words) => blotter.clean(&words),
        None if answer.is_html() => "an HTML page".to_owned(),
        None if answer.body.is_empty() => "nothing".to_owned(),
        None => blotter.clean(&answer.text()),
    }
}

/// Whether the proxy's prefetch says that it did what was asked.
pub(super) fn is_prefetched(answer: &Answer) -> bool {
    let json = answer.json();
    let status = json.as_ref().and_then(|json| json.get("status"));
    answer.is_ok() && status.and_then(Value::as_str) == Some("success")
}
