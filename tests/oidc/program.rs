//! `forewarm serve` with an issuer.

use serde_json::json;
use tokio::process::Command;

use crate::support::binary::forewarm;
use crate::support::client::client;
use crate::support::issuer::{AUDIENCE, Issuer};
use crate::support::postgres::database;
use crate::support::server::Server;
use crate::support::signing_key::SigningKey;

/// Nothing listens there: the port is reserved.
const NOBODY: &str = "http://127.0.0.1:1";

async fn ask(server: &Server, token: &str) -> (u16, serde_json::Value) {
    let url = format!("{}/api/v1/users/current", server.url);
    let answer = client().get(url).bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_running_server_takes_the_issuer_s_tokens_and_logs_why_it_refuses_one() {
    let (database, issuer) = (database().await, Issuer::start().await);
    let key = SigningKey::new("one", "ES256");
    issuer.has(&[&key]);
    let server = Server::start(&[
        ("FOREWARM_DATABASE_URL", &database.url),
        ("FOREWARM_OIDC_ISSUER", &issuer.url),
        ("FOREWARM_OIDC_AUDIENCE", AUDIENCE),
        ("FOREWARM_OIDC_GROUPS_CLAIM", "teams"),
        ("FOREWARM_OIDC_USERNAME_CLAIM", "email"),
        ("FOREWARM_OIDC_ROLE", "CN=readers,DC=shop=project_viewer; ops=system_admin"),
        ("FOREWARM_OIDC_LEEWAY_SECONDS", "30"),
    ])
    .await;
    let now = chrono::Utc::now().timestamp();
    let mut claims = json!({
        "iss": issuer.url, "aud": AUDIENCE, "sub": "7d1c", "email": "ada@shop.example",
        "teams": ["CN=readers,DC=shop"], "exp": now + 300,
    });
    let (status, me) = ask(&server, &key.token(&claims)).await;
    assert_eq!(status, 200, "{me}");
    assert_eq!(me["name"], "oidc:ada@shop.example");
    assert_eq!(me["grants"], json!([{ "role": "project_viewer" }]));
    claims["exp"] = json!(now - 45);
    let expired = key.token(&claims);
    assert_eq!(ask(&server, &expired).await.0, 401);
    let log = server.log();
    assert!(log.contains("WARN") && log.contains("it is expired"), "{log}");
    assert!(!log.contains(expired.rsplit('.').next().unwrap()), "the token is in the log");
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_does_not_keep_the_service_from_starting() {
    let database = database().await;
    let server = Server::start(&[
        ("FOREWARM_DATABASE_URL", &database.url),
        ("FOREWARM_OIDC_ISSUER", NOBODY),
        ("FOREWARM_OIDC_AUDIENCE", AUDIENCE),
        ("FOREWARM_OIDC_ROLE", "ops=system_admin"),
    ])
    .await;
    let claims = json!({ "iss": NOBODY, "aud": AUDIENCE, "sub": "x", "exp": 4_000_000_000_u64 });
    let (status, answer) = ask(&server, &SigningKey::new("one", "EdDSA").token(&claims)).await;
    assert_eq!(status, 503, "{answer}");
    assert_eq!(server.get("/api/v1/users/current").await.0, 200);
    assert!(server.log().contains("cannot fetch the issuer's keys"), "{}", server.log());
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_said_at_the_start() {
    let issuer = ["--oidc-issuer", "https://issuer.example"];
    let audience = ["--oidc-audience", "forewarm"];
    let role = |rule: &'static str| vec!["--oidc-role", rule];
    for (args, why) in [
        (audience.to_vec(), "need --oidc-issuer"),
        (role("ops=system_admin"), "need --oidc-issuer"),
        (issuer.to_vec(), "needs --oidc-audience"),
        ([issuer, audience].concat(), "needs at least one --oidc-role"),
        (vec!["--oidc-issuer", "http://issuer.example"], "must begin with https://"),
        (vec!["--oidc-issuer", "issuer.example"], "is no address"),
        (vec!["--oidc-issuer", "https://user:x@issuer.example"], "no user name or password"),
        (vec!["--oidc-issuer", "https://issuer.example/?x=1"], "neither a query nor a fragment"),
        (role("ops"), "must be like GROUP="),
        (role("=system_admin"), "names no group"),
        (role("sub:=system_admin"), "names no group"),
        (role("ops=root"), "'root' is no role"),
        (role("ops=system_admin:shop"), "leave the projects out"),
        (role("ops=project_admin:shop,"), "names no project"),
        (vec!["--oidc-leeway-seconds", "3600"], "0..=600"),
    ] {
        let output = Command::new(forewarm()).arg("serve").args(&args).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(said.contains(why), "{args:?}: {said}");
    }
}
