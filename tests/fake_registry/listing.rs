//! The catalog and the tags, page by page.

use forewarm_fake::registry::{Cursors, Knobs, Links, Registry};
use reqwest::Response;
use serde_json::Value;

use super::reader::{get, header, registry};

fn next(response: &Response) -> Option<String> {
    let link = header(response, "link");
    let target = link.strip_prefix('<')?.strip_suffix(r#">; rel="next""#)?;
    Some(target.to_owned())
}

/// Follows the links from here; answers the pages.
async fn pages(registry: &Registry, path: &str, key: &str) -> Vec<Vec<String>> {
    let (mut pages, mut path) = (Vec::new(), Some(path.to_owned()));
    while let Some(current) = path {
        let response = get(registry, &current).await;
        path = next(&response);
        let body: Value = response.json().await.unwrap();
        pages.push(
            body[key].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        );
    }
    pages
}

#[tokio::test]
async fn the_catalog_pages_by_the_last_name() {
    let registry = registry(Knobs::default()).await;
    registry.holds(&["a:1", "b/c:1", "b/d:1", "e:1", "f:1"]);
    let expected = [vec!["a", "b/c"], vec!["b/d", "e"], vec!["f"]];
    assert_eq!(pages(&registry, "/v2/_catalog?n=2", "repositories").await, expected);
    assert_eq!(pages(&registry, "/v2/_catalog", "repositories").await.concat().len(), 5);
    assert_eq!(pages(&registry, "/v2/_catalog?n=2&last=e", "repositories").await, [["f"]]);
}

#[tokio::test]
async fn the_servers_page_size_wins_and_links_may_be_absolute_and_opaque() {
    for links in [Links::Relative, Links::Absolute] {
        for cursors in [Cursors::Last, Cursors::Opaque] {
            let registry = registry(Knobs { page_size: 2, links, cursors, ..Knobs::default() }).await;
            registry.holds(&["a:1", "a:2", "a:3"]);
            let first = get(&registry, "/v2/a/tags/list?n=1000").await;
            let target = next(&first).unwrap();
            assert_eq!(target.starts_with("http://"), links == Links::Absolute, "{target}");
            assert_eq!(target.contains("last=2"), cursors == Cursors::Last, "{target}");
            assert_eq!(pages(&registry, "/v2/a/tags/list?n=1000", "tags").await, [vec!["1", "2"], vec!["3"]]);
        }
    }
}

#[tokio::test]
async fn an_unknown_repository_has_no_tags() {
    let registry = registry(Knobs::default()).await;
    let response = get(&registry, "/v2/nobody/tags/list").await;
    assert_eq!(response.status(), 404);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "NAME_UNKNOWN");
}
