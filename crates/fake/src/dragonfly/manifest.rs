//! Reads manifests from a real registry, the way the manager does.

use reqwest::Response;
use serde_json::Value;

use super::args::Args;
use super::platform::Wanted;
use super::resolve::{Access, Resolved, UNAUTHORIZED, UNKNOWN, no_platform};
use crate::plain_http::{MANIFEST_TYPES, client};

/// Indexes may hold indexes; nobody nests deeper.
const DEPTH: usize = 4;

/// How the registry wants to be asked.
enum Login {
    Anonymous,
    Header(String),
    /// Basic, made of username and password.
    Basic,
}

/// Every blob of every manifest that fits the platform.
pub(crate) async fn blobs(args: &Args, access: &Access, wanted: &Wanted) -> Result<Resolved, String> {
    let login = match args.authorization() {
        Some(header) => Login::Header(header.to_owned()),
        None => authenticate(args, access)
            .await
            .map_err(|e| format!("failed to authenticate with registry: {e}"))?,
    };
    let reader = Reader { args, access, wanted, login: &login };
    let mut digests = Vec::new();
    let mut open = vec![(access.reference.clone(), 0)];
    while let Some((reference, depth)) = open.pop() {
        let manifest = reader.read(&reference).await?;
        match manifest["manifests"].as_array() {
            Some(entries) if depth < DEPTH => {
                let children = reader.children(entries)?;
                open.extend(children.into_iter().rev().map(|digest| (digest, depth + 1)));
            }
            _ => digests.extend(references(&manifest)?),
        }
    }
    let trapped = matches!(login, Login::Basic);
    let authorization = match login {
        Login::Header(header) => Some(header),
        Login::Basic | Login::Anonymous => None,
    };
    Ok(Resolved { urls: digests.iter().map(|digest| access.blob(digest)).collect(), authorization, trapped })
}

struct Reader<'a> {
    args: &'a Args,
    access: &'a Access,
    wanted: &'a Wanted,
    login: &'a Login,
}

impl Reader<'_> {
    async fn read(&self, reference: &str) -> Result<Value, String> {
        let url = self.access.manifest(reference);
        let mut request = client().get(&url).header("accept", MANIFEST_TYPES);
        for (name, value) in self.args.headers.iter().flatten() {
            if !name.eq_ignore_ascii_case("authorization") {
                request = request.header(name, value);
            }
        }
        request = match self.login {
            Login::Anonymous => request,
            Login::Header(header) => request.header("authorization", header),
            Login::Basic => request.basic_auth(&self.args.username, Some(&self.args.password)),
        };
        let failed = |cause: String| format!("failed to pull image manifest: {cause}");
        let response = request.send().await.map_err(|error| failed(dial(&url, &error)))?;
        match response.status().as_u16() {
            200 => response.json().await.map_err(|error| failed(error.to_string())),
            401 => Err(UNAUTHORIZED.to_owned()),
            403 => Err(failed("denied: requested access to the resource is denied".to_owned())),
            404 => Err(UNKNOWN.to_owned()),
            status => Err(failed(format!("received unexpected HTTP status: {status}"))),
        }
    }

    fn children(&self, entries: &[Value]) -> Result<Vec<String>, String> {
        let fits = entries.iter().filter(|entry| self.wanted.takes(&entry["platform"]));
        let digests: Vec<String> =
            fits.filter_map(|entry| entry["digest"].as_str().map(str::to_owned)).collect();
        if digests.is_empty() { Err(no_platform(self.wanted)) } else { Ok(digests) }
    }
}

/// Config and layers.
fn references(manifest: &Value) -> Result<Vec<String>, String> {
    let layers =
        manifest["layers"].as_array().ok_or("failed to pull image manifest: unsupported manifest")?;
    let all = std::iter::once(&manifest["config"]).chain(layers);
    Ok(all.filter_map(|blob| blob["digest"].as_str().map(str::to_owned)).collect())
}

async fn authenticate(args: &Args, access: &Access) -> Result<Login, String> {
    let base = access.base();
    let response = client().get(&base).send().await.map_err(|error| dial(&base, &error))?;
    let Some(challenge) = challenge(&response) else {
        return Ok(Login::Anonymous);
    };
    if challenge.to_lowercase().starts_with("basic") {
        return Ok(if args.username.is_empty() { Login::Anonymous } else { Login::Basic });
    }
    let scope = format!("repository:{}:pull", access.repository);
    let realm = parameter(&challenge, "realm").ok_or("no realm in the challenge")?;
    let service = parameter(&challenge, "service").unwrap_or_default();
    let mut request = client().get(realm).query(&[("service", service), ("scope", scope.as_str())]);
    if !args.username.is_empty() {
        request = request.basic_auth(&args.username, Some(&args.password));
    }
    let response = request.send().await.map_err(|error| dial(realm, &error))?;
    if !response.status().is_success() {
        return Err(format!(r#"GET "{realm}": unauthorized: authentication required"#));
    }
    let token: Value = response.json().await.map_err(|error| error.to_string())?;
    let text = token["token"].as_str().or(token["access_token"].as_str()).unwrap_or_default();
    Ok(Login::Header(format!("Bearer {text}")))
}

fn challenge(response: &Response) -> Option<String> {
    if response.status() != 401 {
        return None;
    }
    let header = response.headers().get("www-authenticate")?;
    header.to_str().ok().map(str::to_owned)
}

fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = challenge.split_once(&format!(r#"{name}=""#))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// In the words of Go's HTTP client.
fn dial(url: &str, error: &reqwest::Error) -> String {
    let address = url.split('/').nth(2).unwrap_or_default();
    if error.is_timeout() {
        format!(r#"Get "{url}": context deadline exceeded"#)
    } else if error.is_connect() {
        format!(r#"Get "{url}": dial tcp {address}: connect: connection refused"#)
    } else {
        format!(r#"Get "{url}": EOF"#)
    }
}

/// Really reads these URLs as the peers would; answers those that were refused, with the reason.
pub(crate) async fn fetch(
    urls: &[String],
    args: &Args,
    authorization: Option<&str>,
) -> Vec<(String, String)> {
    let mut refused = Vec::new();
    for url in urls {
        let mut request = client().get(url);
        for (name, value) in args.headers.iter().flatten() {
            if !name.eq_ignore_ascii_case("authorization") {
                request = request.header(name, value);
            }
        }
        // Without one the peers send an empty value.
        let request = request.header("authorization", authorization.unwrap_or_default());
        let ending = match request.send().await {
            Ok(response) if response.status().is_success() => {
                response.bytes().await.map_err(|e| e.to_string()).map(|_| ())
            }
            Ok(response) => Err(format!("unexpected status code {}", response.status())),
            Err(error) => Err(dial(url, &error)),
        };
        if let Err(cause) = ending {
            refused.push((url.clone(), cause));
        }
    }
    refused
}
