//! Proxies of the environment count only when that was said.

use forewarm_fake::registry::Registry as Fake;
use serde_json::json;

use crate::support::counting_proxy::CountingProxy;
use crate::support::postgres::{self, Database};
use crate::support::server::Server;

/// A server in an environment that names a proxy. Whatever it is asked for, the proxy asks `target`.
async fn server(database: &Database, proxy: &str, variables: &[(&str, &str)]) -> Server {
    let common = [
        ("FOREWARM_DATABASE_URL", &*database.url),
        ("FOREWARM_NO_WORKER", "true"),
        ("HTTP_PROXY", proxy),
        ("ALL_PROXY", ""),
        ("NO_PROXY", ""),
    ];
    Server::start(&[&common, variables].concat()).await
}

async fn ping(server: &Server, name: &str, endpoint: &str) -> (bool, String) {
    server
        .create("/api/v1/instances", &json!({"name": name, "vendor": "mirror", "endpoint": endpoint}))
        .await;
    let (status, found) = server.post(&format!("/api/v1/instances/{name}/ping"), &json!({})).await;
    assert_eq!(status, 200, "{found}");
    (found["healthy"] == true, found["reason"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_ignored_by_default() {
    let (mirror, database) = (Fake::start().await.unwrap(), postgres::database().await);
    let proxy = CountingProxy::start(&mirror.host()).await;
    let server = server(&database, &proxy.url(), &[]).await;

    let (healthy, reason) = ping(&server, "edge", &mirror.url()).await;

    assert!(healthy, "{reason}");
    assert_eq!((proxy.requests().len(), mirror.recorder().requests().len()), (0, 1));
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used_and_resolves_names_when_told_so() {
    let (mirror, database) = (Fake::start().await.unwrap(), postgres::database().await);
    let proxy = CountingProxy::start(&mirror.host()).await;
    // The proxy itself is the operator's choice: that it is on this machine needs no other permission.
    let by_name = proxy.url().replace("127.0.0.1", "localhost");
    let told = [("FOREWARM_USE_PROXIES", "true"), ("FOREWARM_ALLOW_LOOPBACK", "false")];
    let server = server(&database, &by_name, &told).await;

    let (healthy, reason) = ping(&server, "edge", "http://no-such-name.test:5000").await;

    assert!(healthy, "{reason}");
    assert_eq!(proxy.requests().len(), 1);
    // What the URL itself shows is judged here all the same.
    for endpoint in ["http://169.254.169.254", "http://metadata.google.internal", &mirror.url()] {
        let body = json!({"name": "b", "vendor": "mirror", "endpoint": endpoint});
        let (status, answer) = server.post("/api/v1/instances", &body).await;
        assert_eq!(status, 400, "{answer}");
    }
    assert_eq!(proxy.requests().len(), 1);
}
