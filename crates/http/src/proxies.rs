//! The proxies that the environment names.

use std::env;

use url::Url;

/// Where the client itself looks for them.
const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The proxies' host names. Whoever set the environment chose them, so the rules for users' addresses do not hold.
pub(crate) fn hosts() -> Vec<String> {
    VARIABLES.into_iter().filter_map(|name| env::var(name).ok()).filter_map(|text| host(&text)).collect()
}

/// A proxy may be written without a scheme.
fn host(text: &str) -> Option<String> {
    let written = Url::parse(text).ok().filter(Url::has_host);
    let url = written.or_else(|| Url::parse(&format!("http://{text}")).ok())?;
    url.host_str().map(str::to_owned)
}
