//! Tokens of an issuer (OpenID Connect), which the tests run themselves.

mod keys;
mod program;
mod roles;
mod tokens;

use std::time::Duration;

use forewarm_api::{ApiState, Gate, GateSettings, Oidc, OidcSettings};
use forewarm_fake::clock::Clock;
use forewarm_http::Outbound;
use poem::EndpointExt as _;
use poem::http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, request, with_json};
use crate::support::clock::TestClock;
use crate::support::issuer::{AUDIENCE, Issuer};
use crate::support::signing_key::SigningKey;

const ME: &str = "/api/v1/users/current";

const ROLES: [&str; 5] = [
    "ops=system_admin",
    "shop-team=project_admin:shop",
    "readers=project_viewer:lab,shop,no-such",
    "everywhere=project_viewer",
    "sub:system:serviceaccount:ci:deployer=project_admin:shop",
];

/// The API with an issuer, whose key `one` signs, and a clock that stands still. `shop` and `lab` are projects.
struct Scene {
    app: TestApp,
    issuer: Issuer,
    key: SigningKey,
    clock: Clock,
}

impl Scene {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(adjust: impl FnOnce(&mut OidcSettings)) -> Self {
        let clock = Clock::manual(chrono::Utc::now());
        let outbound = TestClock::with(&clock).outbound();
        Self::through(outbound, clock, adjust).await
    }

    async fn through(outbound: Outbound, clock: Clock, adjust: impl FnOnce(&mut OidcSettings)) -> Self {
        let (mut app, issuer) = (TestApp::start().await, Issuer::start().await);
        app.furnish().await;
        let lab = json!({ "name": "lab", "registry": "origin", "namespace": "lab" });
        app.create("/api/v1/projects", &lab).await;
        let mut settings = issuer.settings(&ROLES);
        adjust(&mut settings);
        app.endpoint = endpoint(&app, settings, outbound, forgiving());
        let key = SigningKey::new("one", "EdDSA");
        issuer.has(&[&key]);
        Self { app, issuer, key, clock }
    }

    /// Claims that open, of somebody without groups, changed by `more`; null takes one away.
    fn claims(&self, more: &Value) -> Value {
        let now = self.clock.now().timestamp();
        let mut claims = json!({
            "iss": self.issuer.url, "aud": AUDIENCE, "sub": "7d1c", "preferred_username": "ada",
            "iat": now, "exp": now + 300,
        });
        for (name, value) in more.as_object().unwrap() {
            match value.is_null() {
                true => drop(claims.as_object_mut().unwrap().remove(name)),
                false => claims[name] = value.clone(),
            }
        }
        claims
    }

    fn token(&self, more: &Value) -> String {
        self.key.token(&self.claims(more))
    }

    fn of_group(&self, group: &str) -> String {
        self.token(&json!({ "groups": [group] }))
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.by(token, Method::GET, path, None).await
    }

    async fn by(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut asked = request(method, path);
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        asked.headers_mut().insert(header::AUTHORIZATION, bearer);
        if let Some(body) = body {
            asked = with_json(asked, body);
        }
        self.app.send(asked).await
    }

    async fn assert_opens(&self, token: &str) {
        let answer = self.get(token, ME).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    async fn assert_status(&self, token: &str, status: u16) {
        let answer = self.get(token, ME).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// Tables of bad tokens are longer than what one address may try.
fn forgiving() -> Gate {
    Gate::new(GateSettings { failures_per_address: 10_000, ..GateSettings::default() })
}

fn endpoint(
    app: &TestApp,
    settings: OidcSettings,
    outbound: Outbound,
    gate: Gate,
) -> poem::endpoint::BoxEndpoint<'static, poem::Response> {
    let oidc = Some(Oidc::new(settings, outbound.clone()));
    let state = ApiState::new(app.store.clone(), outbound, app.draining.clone());
    forewarm_api::app(ApiState { gate, oidc, ..state }).map_to_response().boxed()
}
