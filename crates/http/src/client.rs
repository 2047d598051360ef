//! A client that asks the rules before every request. It is the only one that the rest of the program can get.

use std::sync::Arc;

use forewarm_traces::TRACEPARENT;
use reqwest::{Method, RequestBuilder};
use url::Url;

use crate::HttpError;
use crate::guard::Rules;

/// Cheap to clone; connections are shared.
#[derive(Debug, Clone)]
pub struct Client {
    inner: reqwest::Client,
    rules: Option<Arc<Rules>>,
}

impl Client {
    pub(crate) fn new(inner: reqwest::Client, rules: Option<Arc<Rules>>) -> Self {
        Self { inner, rules }
    }

    /// A request to this address, or why nothing may be sent there. The resolver judges where names lead; nobody but this
    /// function judges addresses that stand in the URL itself.
    pub fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder, HttpError> {
        if let Some(rules) = &self.rules {
            rules.judge(url).map_err(|refusal| {
                tracing::warn!(url = %crate::error::place(url), "not connected to: {refusal}");
                HttpError::forbidden(&refusal, url)
            })?;
        }
        let request = self.inner.request(method, url.clone());
        Ok(match forewarm_traces::current() {
            Some(traceparent) => request.header(TRACEPARENT, traceparent),
            None => request,
        })
    }
}
