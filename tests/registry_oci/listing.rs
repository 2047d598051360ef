//! Repositories and tags, page by page.

use forewarm_domain::filter::Filter;
use forewarm_fake::registry::{Cursors, ImageSpec, Knobs, Lie, Links, Registry as Fake};
use forewarm_fake::{Answer, Fault};
use forewarm_registry::RegistryError;

use crate::support::oci::{anonymous, connect, everything, selector, settings};
use crate::support::outbound::outbound;

/// Pages of two, written in every way that servers do.
fn pagings() -> Vec<Knobs> {
    let mut all = Vec::new();
    for links in [Links::Relative, Links::Absolute] {
        for cursors in [Cursors::Last, Cursors::Opaque] {
            all.push(Knobs { page_size: 2, links, cursors, ..Knobs::default() });
        }
    }
    all
}

#[tokio::test]
async fn the_catalog_is_read_to_its_last_page() {
    for knobs in pagings() {
        let fake = Fake::start_with(knobs).await.unwrap();
        fake.holds(&["a:1", "shop/b:1", "shop/c/d:1", "shop/e:1", "shopping/f:1"]);
        let registry = anonymous(&fake.url());

        let all = registry.repositories("").await.unwrap();
        let shop = registry.repositories("shop").await.unwrap();

        assert_eq!(all, ["a", "shop/b", "shop/c/d", "shop/e", "shopping/f"]);
        assert_eq!(shop, ["shop/b", "shop/c/d", "shop/e"]);
        assert_eq!(fake.recorder().count("GET", "/v2/_catalog"), 6);
    }
}

#[tokio::test]
async fn tags_are_read_to_their_last_page() {
    for knobs in pagings() {
        let fake = Fake::start_with(knobs).await.unwrap();
        fake.holds(&["web:1", "web:2", "web:3", "web:4", "web:5"]);
        let selector = selector(&[]);

        let found = anonymous(&fake.url()).artifacts("web", &everything(&selector)).await;

        let found = found.unwrap();
        let tags: Vec<&str> = found.artifacts.iter().map(|a| a.tags[0].as_str()).collect();
        assert_eq!(tags, ["1", "2", "3", "4", "5"]);
        assert_eq!(fake.recorder().count("GET", "/v2/web/tags/list"), 3);
    }
}

#[tokio::test]
async fn paging_that_never_ends_is_refused() {
    let fake = Fake::start_with(Knobs { page_size: 1, ..Knobs::default() }).await.unwrap();
    fake.holds(&["web:1"]);
    fake.lie(Lie::EndlessPaging);
    let registry = anonymous(&fake.url());
    let selector = selector(&[]);

    let catalog = registry.repositories("").await.unwrap_err();
    let tags = registry.artifacts("web", &everything(&selector)).await.unwrap_err();

    for error in [catalog, tags] {
        assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
        assert!(error.to_string().contains("endless paging"), "{error}");
    }
    assert!(fake.recorder().requests().len() < 10);
}

#[tokio::test]
async fn paging_with_ever_new_cursors_ends_too() {
    let fake = Fake::start().await.unwrap();
    for page in 0..1100 {
        let link = format!("</v2/_catalog?last={page}>; rel=\"next\"");
        let body = serde_json::json!({"repositories": [format!("r{page}")]});
        let answer = Answer::new(200).json(&body).header("link", link);
        fake.faults().on("GET", "/v2/_catalog").inject(Fault::Answer(answer));
    }

    let error = anonymous(&fake.url()).repositories("").await.unwrap_err();

    assert!(error.to_string().contains("endless paging"), "{error}");
    assert_eq!(fake.recorder().count("GET", "/v2/_catalog"), 1000);
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let fake = Fake::start().await.unwrap();
    let other = Fake::start().await.unwrap();
    let link = format!("<{}/v2/_catalog?last=x>; rel=\"next\"", other.url());
    let body = serde_json::json!({"repositories": ["a"]});
    fake.faults().next(Fault::Answer(Answer::new(200).json(&body).header("link", link)));

    let error = anonymous(&fake.url()).repositories("").await.unwrap_err();

    assert!(error.to_string().contains("leads to another host"), "{error}");
    assert!(other.recorder().requests().is_empty());
}

#[tokio::test]
async fn a_server_that_refuses_the_page_size_is_asked_without_one() {
    let fake = Fake::start().await.unwrap();
    fake.holds(&["a:1"]);
    fake.faults().next(Fault::status(400, "PAGINATION_NUMBER_INVALID"));

    let names = anonymous(&fake.url()).repositories("").await.unwrap();

    assert_eq!(names, ["a"]);
    let queries: Vec<usize> = fake.recorder().requests().iter().map(|r| r.query.len()).collect();
    assert_eq!(queries, [1, 0]);
}

#[tokio::test]
async fn a_static_list_takes_the_place_of_the_catalog() {
    let fake = Fake::start_with(Knobs { catalog: false, ..Knobs::default() }).await.unwrap();
    fake.holds(&["shop/web:1"]);
    let mut settings = settings(&fake.url());
    let names = ["shop/web", "other/db", "shop/web", "shop/api"];
    settings.repositories = names.map(str::to_owned).to_vec();
    let registry = connect(&settings, &outbound());

    assert_eq!(registry.repositories("shop").await.unwrap(), ["shop/api", "shop/web"]);
    assert!(fake.recorder().requests().is_empty());
}

#[tokio::test]
async fn a_registry_without_catalog_says_what_to_do() {
    let fake = Fake::start_with(Knobs { catalog: false, ..Knobs::default() }).await.unwrap();

    let error = anonymous(&fake.url()).repositories("").await.unwrap_err();

    assert!(matches!(error, RegistryError::NotFound(_)));
    let text = error.to_string();
    assert!(text.contains("static list of repositories"), "{text}");
    assert!(text.contains(&fake.url()), "{text}");
}

#[tokio::test]
async fn a_repository_without_tags_holds_nothing() {
    let fake = Fake::start().await.unwrap();
    fake.holds(&["web:1"]);
    fake.lie(Lie::NullTags);
    let registry = anonymous(&fake.url());
    let selector = selector(&[]);

    let null = registry.artifacts("web", &everything(&selector)).await.unwrap();
    let unknown = registry.artifacts("gone", &everything(&selector)).await.unwrap();

    assert!(null.artifacts.is_empty() && null.left_out.is_empty());
    assert!(unknown.artifacts.is_empty() && unknown.left_out.is_empty());
}

#[tokio::test]
async fn a_listed_repository_that_does_not_exist_is_an_error() {
    let fake = Fake::start().await.unwrap();
    let mut settings = settings(&fake.url());
    settings.repositories = vec!["shop/tpyo".to_owned()];
    let selector = selector(&[]);

    let found = connect(&settings, &outbound()).artifacts("shop/tpyo", &everything(&selector)).await;

    let error = found.unwrap_err();
    assert!(matches!(error, RegistryError::NotFound(_)));
    assert!(error.to_string().contains("shop/tpyo"), "{error}");
}

#[tokio::test]
async fn tags_outside_the_filter_cost_no_request() {
    let fake = Fake::start().await.unwrap();
    fake.holds(&["web:v1", "web:v2", "web:dev-1", "web:dev-2"]);
    let selector = selector(&[Filter::Tag { pattern: "v*".to_owned() }]);

    let found = anonymous(&fake.url()).artifacts("web", &everything(&selector)).await;

    let found = found.unwrap();
    assert_eq!(found.artifacts.len(), 2);
    let out: Vec<&str> = found.left_out.iter().map(|(tag, _)| tag.as_str()).collect();
    assert_eq!(out, ["dev-1", "dev-2"]);
    assert!(found.left_out.iter().all(|(_, why)| why.filter == "tag"));
    let asked = ["HEAD", "GET"].map(|method| fake.recorder().count(method, "/v2/web/manifests/dev"));
    assert_eq!(asked, [0, 0]);
}

#[tokio::test]
async fn a_tag_that_goes_away_meanwhile_is_left_out() {
    let fake = Fake::start().await.unwrap();
    fake.push_image("web", "old", ImageSpec::default());
    fake.push_image("web", "new", ImageSpec::default().label("a", "b"));
    fake.faults().on("", "/manifests/old").inject(Fault::status(404, ""));
    let selector = selector(&[]);

    let found = anonymous(&fake.url()).artifacts("web", &everything(&selector)).await;

    let found = found.unwrap();
    assert_eq!(found.artifacts.len(), 1);
    assert_eq!(found.left_out[0].0, "old");
    assert!(found.left_out[0].1.reason.contains("removed"));
}

#[tokio::test]
async fn images_under_tags_of_their_own_cost_one_request_each() {
    let fake = Fake::start().await.unwrap();
    fake.holds(&["web:v1", "web:v2", "web:v3"]);
    let selector = selector(&[]);

    let found = anonymous(&fake.url()).artifacts("web", &everything(&selector)).await.unwrap();

    assert_eq!(found.artifacts.len(), 3);
    assert!(found.artifacts.iter().all(|artifact| artifact.manifests[0].blobs.is_some()));
    assert_eq!(["HEAD", "GET"].map(|method| fake.recorder().count(method, "/v2/web/manifests/")), [0, 3]);
}

#[tokio::test]
async fn an_image_under_many_tags_is_read_a_few_times_at_most() {
    let fake = Fake::start().await.unwrap();
    let image = fake.push_image("web", "v0", ImageSpec::default());
    (1..100).for_each(|i| fake.tag("web", &image.digest, &format!("v{i}")));
    let selector = selector(&[]);

    let found = anonymous(&fake.url()).artifacts("web", &everything(&selector)).await.unwrap();

    assert_eq!((found.artifacts.len(), found.artifacts[0].tags.len()), (1, 100));
    let read = fake.recorder().count("GET", "/v2/web/manifests/");
    assert!(read <= 20, "read {read} times; the rest were asked for their digests");
}
