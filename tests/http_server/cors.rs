//! Pages of other sites call the API only where that is said.

use forewarm_api::{Exposure, Origin};
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::http::{HeaderMap, Method};
use poem::{EndpointExt, Request, Response, Route};

const CONSOLE: &str = "https://console.example.com";

fn site(origins: &[&str]) -> BoxEndpoint<'static, Response> {
    let fail = |_: Request| -> poem::Result<&'static str> { Err(poem::error::NotFoundError.into()) };
    let routes = Route::new()
        .at("/api/v1/registries", make_sync(|_| "fine"))
        .at("/api/v1/missing", make_sync(fail))
        .at("/docs/", make_sync(|_| "page"));
    let cors_origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    let exposure = Exposure { cors_origins, ..Exposure::default() };
    forewarm_api::around(routes, exposure).map_to_response().boxed()
}

async fn ask(
    site: &BoxEndpoint<'static, Response>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, HeaderMap) {
    let mut request = Request::builder().method(method).uri_str(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = poem::Endpoint::get_response(site, request.finish()).await;
    (response.status().as_u16(), response.headers().clone())
}

fn access_control(headers: &HeaderMap) -> Vec<&str> {
    headers
        .keys()
        .map(poem::http::HeaderName::as_str)
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

const PREFLIGHT: &str = "access-control-request-method";

#[tokio::test]
async fn without_configuration_no_answer_has_a_word_for_other_sites() {
    let site = site(&[]);
    for (method, more) in [(Method::GET, None), (Method::OPTIONS, Some((PREFLIGHT, "POST")))] {
        let headers: Vec<_> = [("origin", CONSOLE)].into_iter().chain(more).collect();
        let (_, headers) = ask(&site, method, "/api/v1/registries", &headers).await;
        assert!(access_control(&headers).is_empty(), "{headers:?}");
        assert!(!headers.contains_key("vary"));
    }
}

#[tokio::test]
async fn a_configured_site_may_call_the_api_and_read_every_answer() {
    let site = site(&["https://other.example", CONSOLE]);

    for (path, status) in [("/api/v1/registries", 200), ("/api/v1/missing", 404)] {
        let (found, headers) = ask(&site, Method::GET, path, &[("origin", CONSOLE)]).await;
        assert_eq!(found, status);
        assert_eq!(headers["access-control-allow-origin"], CONSOLE);
        assert_eq!(headers["vary"], "origin");
        assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("x-total-count"));
        assert!(!headers.contains_key("access-control-allow-credentials"), "no cookies");
    }
    let asked =
        [("origin", CONSOLE), (PREFLIGHT, "DELETE"), ("access-control-request-headers", "authorization")];
    let (status, headers) = ask(&site, Method::OPTIONS, "/api/v1/registries", &asked).await;
    assert_eq!((status, headers["access-control-allow-origin"].to_str().unwrap()), (204, CONSOLE));
    assert!(headers["access-control-allow-methods"].to_str().unwrap().contains("DELETE"));
    assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    assert!(headers["access-control-max-age"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert!(headers.contains_key("x-request-id") && headers.contains_key("x-content-type-options"));
}

#[tokio::test]
async fn any_other_site_gets_nothing() {
    let site = site(&[CONSOLE]);
    for origin in [
        "https://evil.example",
        "http://console.example.com",
        "https://console.example.com:8443",
        "https://console.example.com.evil.example",
        "https://xconsole.example.com",
        "null",
    ] {
        for (method, more) in [(Method::GET, None), (Method::OPTIONS, Some((PREFLIGHT, "POST")))] {
            let headers: Vec<_> = [("origin", origin)].into_iter().chain(more).collect();
            let (_, headers) = ask(&site, method, "/api/v1/registries", &headers).await;
            assert!(access_control(&headers).is_empty(), "{origin}: {headers:?}");
            assert_eq!(headers["vary"], "origin");
        }
    }
}

#[tokio::test]
async fn what_is_not_the_api_is_for_our_own_pages_only() {
    let (status, headers) = ask(&site(&[CONSOLE]), Method::GET, "/docs/", &[("origin", CONSOLE)]).await;

    assert_eq!(status, 200);
    assert!(access_control(&headers).is_empty(), "{headers:?}");
}

#[test]
fn an_origin_is_exactly_one_site() {
    for text in [CONSOLE, "https://console.example.com/", "http://localhost:3000", "http://[::1]:8080"] {
        assert!(text.parse::<Origin>().is_ok(), "{text}");
    }
    for text in [
        "*",
        "null",
        "",
        "console.example.com",
        "https://*.example.com",
        "https://console.example.com/path",
        "https://user@console.example.com",
        "file:///etc/passwd",
        "https://console.example.com?x",
    ] {
        assert!(text.parse::<Origin>().is_err(), "{text}");
    }
}
