//! Which token server may be asked: a registry names it itself, so a hostile one could collect credentials with it.

use url::{Host, Url};

/// Registries whose well-known token server is on another site.
const WELL_KNOWN: [(&str, &str); 2] =
    [("registry.hub.docker.com", "auth.docker.io"), ("registry-1.docker.io", "auth.docker.io")];

/// Suffixes under which strangers get names; their last two labels make nobody the same site.
const SHARED: [&str; 6] =
    ["amazonaws.com", "azurecr.io", "cloudfront.net", "github.io", "pkg.dev", "windows.net"];

/// Second labels by which countries divide their own domain (`co.uk`, `com.br`): nobody's site ends there.
const DIVISIONS: [&str; 14] =
    ["ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "mil", "ne", "net", "nom", "or", "org"];

/// Checks the token server that `registry` names. Without credentials any https address may be asked; credentials
/// go only to the registry's own host, its own site, or a well-known pair. The error is a reason, for a sentence.
pub fn check(registry: &Url, realm: &Url, credentials: bool) -> Result<(), &'static str> {
    match realm.scheme() {
        "https" => {}
        "http" if registry.scheme() == "http" => return plain(registry, realm),
        "http" => return Err("it is plain http, while the registry is https"),
        _ => return Err("it is no http(s) address"),
    }
    if !credentials || same_host(registry, realm) || same_site(registry, realm) || well_known(registry, realm)
    {
        return Ok(());
    }
    Err("it is on another site, which must not see the registry's credentials")
}

/// A plain http registry may have its plain http token server on the same machine, nowhere else.
fn plain(registry: &Url, realm: &Url) -> Result<(), &'static str> {
    if same_host(registry, realm) || is_loopback(registry) && is_loopback(realm) {
        return Ok(());
    }
    Err("it is plain http on another host")
}

fn same_host(a: &Url, b: &Url) -> bool {
    a.host().is_some() && a.host() == b.host()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn same_site(a: &Url, b: &Url) -> bool {
    let (Some(Host::Domain(a)), Some(Host::Domain(b))) = (a.host(), b.host()) else {
        return false;
    };
    match (site(a), site(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// The last two labels, or three where strangers share those two.
fn site(name: &str) -> Option<&str> {
    let name = name.trim_end_matches('.');
    let (_, two) = last_labels(name, 2)?;
    let (second, top) = two.split_once('.')?;
    let divided = top.len() == 2 && DIVISIONS.contains(&second);
    if SHARED.contains(&two) || divided {
        return last_labels(name, 3).map(|(_, three)| three);
    }
    Some(two)
}

/// The name's last labels, with what stands before them; None when there are not so many.
fn last_labels(name: &str, count: usize) -> Option<(&str, &str)> {
    let dots: Vec<usize> = name.match_indices('.').map(|(at, _)| at).collect();
    if dots.len() + 1 < count {
        return None;
    }
    let start = if dots.len() + 1 == count { 0 } else { dots[dots.len() - count] + 1 };
    Some((&name[..start], &name[start..]))
}

fn well_known(registry: &Url, realm: &Url) -> bool {
    let pair = (registry.host_str().unwrap_or(""), realm.host_str().unwrap_or(""));
    WELL_KNOWN.contains(&pair)
}
