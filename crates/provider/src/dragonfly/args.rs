//! What the manager is asked for. Keys are snake_case: since 2.1.55 the manager silently ignores any other spelling.

use std::collections::BTreeMap;
use std::net::IpAddr;

use forewarm_domain::options::{Kind, PreheatOptions};
use forewarm_domain::scope::Scope;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::{expected, origin};
use crate::text::without_values;
use crate::{ImagePreheat, Preheat, Subject};

/// Arguments of a preheat. Everything unset is left out: the manager refuses an empty `ips` and a `count` of 0, and
/// releases before 2.1.66 know other words for `scope`.
#[derive(Debug, Serialize)]
struct Args<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    piece_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    filtered_query_params: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ips: &'a [IpAddr],
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent_task_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent_peer_count: Option<u32>,
    /// Nanoseconds, as Go counts durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u64>,
}

/// The body of `POST /oapi/v1/jobs`. `registry_url` replaces the registry's own address: the address is part of
/// Dragonfly's cache key, so it has to be the one that the nodes use.
pub(super) fn request(preheat: &Preheat, registry_url: Option<&Url>) -> Value {
    let args = match &preheat.subject {
        Subject::Image(image) => {
            let url = manifest_url(image, registry_url.unwrap_or(&image.registry_url));
            Args::new(Kind::Image, Some(url), Vec::new(), preheat)
        }
        Subject::Files { .. } => Args::new(Kind::File, None, expected::keys(preheat), preheat),
    };
    let mut body = json!({ "type": "preheat", "bio": preheat.mark(), "args": args });
    if !preheat.options.scheduler_cluster_ids.is_empty() {
        body["scheduler_cluster_ids"] = json!(preheat.options.scheduler_cluster_ids);
    }
    body
}

/// The same with the values of headers and of queries left out, for people to read.
pub(super) fn redacted(request: &Value) -> String {
    let mut shown = request.clone();
    if let Some(headers) = shown["args"]["headers"].as_object_mut() {
        for value in headers.values_mut() {
            *value = json!("***");
        }
    }
    if let Some(urls) = shown["args"]["urls"].as_array_mut() {
        for url in urls {
            *url = json!(without_values(url.as_str().unwrap_or_default()));
        }
    }
    shown.to_string()
}

/// By digest, so that neither a moved tag nor the manager's own platform can change what is preheated.
fn manifest_url(image: &ImagePreheat, registry: &Url) -> String {
    let base = registry.as_str().trim_end_matches('/');
    format!("{base}/v2/{}/manifests/{}", image.repository, image.digest)
}

impl<'a> Args<'a> {
    fn new(kind: Kind, url: Option<String>, urls: Vec<String>, preheat: &'a Preheat) -> Self {
        let options: &PreheatOptions = &preheat.options;
        Self {
            kind: kind.as_str(),
            url,
            urls,
            piece_length: options.piece_length,
            tag: options.tag.as_deref(),
            application: options.application.as_deref(),
            filtered_query_params: options.filtered_query_params.join("&"),
            headers: origin::headers(preheat),
            scope: options.scope,
            ips: &options.ips,
            count: options.count,
            percentage: options.percentage,
            concurrent_task_count: options.concurrent_task_count,
            concurrent_peer_count: options.concurrent_peer_count,
            timeout: options.timeout_seconds.map(|seconds| u64::from(seconds) * 1_000_000_000),
        }
    }
}
