//! A life with every kind of secret in it: set up, looked at, used, refused, changed.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use forewarm_fake::Fault;
use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Dragonfly, Knobs, Token};
use forewarm_fake::registry::{self, Auth, ImageSpec, Registry};
use reqwest::Method;
use serde_json::{Value, json};

use super::answers::Answers;
use super::*;

const PUSH: &str = include_str!("../data/events/distribution-push.json");

pub struct Flow {
    pub answers: Answers,
    hub: Registry,
    mirror: Registry,
    dragonfly: Dragonfly,
    /// An API token, as its maker was told it.
    pub made_token: String,
}

impl Flow {
    pub async fn run(url: &str) -> Self {
        let mut flow = Self::set_up(url).await;
        flow.create().await;
        flow.made_token = flow.people().await;
        flow.look().await;
        flow.succeed().await;
        flow.fail().await;
        flow.files().await;
        flow.events().await;
        flow.refuse().await;
        flow.change().await;
        flow.read_everything().await;
        flow
    }

    /// Bearer tokens that the registry's clients were seen with.
    pub fn tokens_handed_out(&self) -> BTreeSet<String> {
        let requests = self.hub.recorder().requests();
        let tokens =
            requests.iter().filter_map(|request| request.header("authorization")?.strip_prefix("Bearer "));
        tokens.map(str::to_owned).collect()
    }

    async fn set_up(url: &str) -> Self {
        let knobs = registry::Knobs { auth: Auth::bearer("ann", REGISTRY_PASSWORD), ..Default::default() };
        let hub = Registry::start_with(knobs).await.unwrap();
        let knobs = registry::Knobs { auth: Auth::basic("bob", MIRROR_PASSWORD), ..Default::default() };
        let mirror = Registry::start_with(knobs).await.unwrap();
        for registry in [&hub, &mirror] {
            registry.push_image("shop/web", "v1", ImageSpec::default().layer_of("web", 2000));
        }
        let tokens = vec![Token::active(DRAGONFLY_TOKEN)];
        let knobs = Knobs { clock: Clock::scaled(100.0), tokens, ..Knobs::default() };
        let dragonfly = Dragonfly::start_with(knobs).await.unwrap();
        Self { answers: Answers::of(url), hub, mirror, dragonfly, made_token: String::new() }
    }

    async fn create(&self) {
        let basic = |name: &str, secret: &str| json!({ "mode": "basic", "username": name, "secret": secret });
        for (path, body) in [
            (
                "registries",
                json!({ "name": "hub", "url": self.hub.url(), "auth": basic("ann", REGISTRY_PASSWORD),
                                   "event_secrets": [EVENT_SECRET] }),
            ),
            (
                "registries",
                json!({ "name": "wrong", "url": self.hub.url(), "auth": basic("ann", WRONG_PASSWORD) }),
            ),
            (
                "instances",
                json!({ "name": "dragonfly", "vendor": "dragonfly", "endpoint": self.dragonfly.url(),
                                  "auth": { "mode": "bearer", "secret": DRAGONFLY_TOKEN },
                                  "settings": { "check_seconds": 1 } }),
            ),
            (
                "instances",
                json!({ "name": "mirror", "vendor": "mirror", "endpoint": self.mirror.url(),
                                  "auth": basic("bob", MIRROR_PASSWORD) }),
            ),
            (
                "instances",
                json!({ "name": "broken", "vendor": "dragonfly", "endpoint": self.dragonfly.url(),
                                  "auth": { "mode": "header", "header": "X-Token", "secret": HEADER_VALUE } }),
            ),
            ("projects", json!({ "name": "shop", "registry": "hub", "namespace": "shop" })),
            ("projects", json!({ "name": "lost", "registry": "wrong", "namespace": "shop" })),
            (
                "projects/shop/policies",
                json!({ "name": "nightly", "instances": ["dragonfly"],
                                               "access": { "headers": { "X-Pass": ORIGIN_HEADER } } }),
            ),
            (
                "projects/shop/policies",
                json!({ "name": "mirrored", "instances": ["mirror"],
                                               "trigger": { "type": "event", "events": ["push"] } }),
            ),
            ("projects/shop/policies", policy("failing", &["broken"])),
            ("projects/lost/policies", policy("nowhere", &["dragonfly"])),
        ] {
            self.answers.must(Method::POST, &format!("/api/v1/{path}"), &body).await;
        }
    }

    async fn look(&self) {
        for path in [
            "registries/hub",
            "registries/wrong",
            "instances/dragonfly",
            "instances/mirror",
            "instances/broken",
        ] {
            self.answers.must(Method::POST, &format!("/api/v1/{path}/ping"), &Value::Null).await;
        }
        for path in ["shop/policies/nightly", "shop/policies/mirrored", "lost/policies/nowhere"] {
            self.answers.post(&format!("/api/v1/projects/{path}/preview"), &Value::Null).await;
        }
    }

    async fn succeed(&self) {
        // Engines and registries have been known to repeat what they were sent.
        self.dragonfly_says(&format!("no: Authorization: Bearer {DRAGONFLY_TOKEN}, X-Pass: {ORIGIN_HEADER}"));
        let pair = BASE64_STANDARD.encode(format!("ann:{REGISTRY_PASSWORD}"));
        let said = json!({ "errors": [{ "code": "UNKNOWN", "message": format!("you sent Basic {pair}, {REGISTRY_PASSWORD}") }] });
        self.hub.faults().on("GET", "/v2/shop/web/").inject(Fault::status(500, &said.to_string()));
        for policy in ["nightly", "mirrored"] {
            let path = format!("/api/v1/projects/shop/policies/{policy}/executions");
            let started = self.answers.must(Method::POST, &path, &Value::Null).await;
            let ended = self.answers.ended(&started).await;
            assert_eq!(ended["status"], "success", "{ended}");
        }
    }

    /// The next look at a job is answered so.
    fn dragonfly_says(&self, words: &str) {
        self.dragonfly.faults().on("GET", "/oapi/v1/jobs/").inject(Fault::status(500, words));
    }

    async fn fail(&self) {
        for policy in ["shop/policies/failing", "lost/policies/nowhere"] {
            let path = format!("/api/v1/projects/{policy}/executions");
            let started = self.answers.must(Method::POST, &path, &Value::Null).await;
            let ended = self.answers.ended(&started).await;
            assert_eq!(ended["status"], "error", "{ended}");
            self.answers.post(&format!("/api/v1/executions/{}/retry", started["id"]), &Value::Null).await;
            self.answers.ended(&started).await;
        }
    }

    async fn files(&self) {
        let encoded: String = url::form_urlencoded::byte_serialize(SIGNATURE.as_bytes()).collect();
        let urls = [
            format!("http://files.test/a.bin?X-Signature={encoded}"),
            format!("http://files.test/b.bin?{SIGNATURE}"),
        ];
        let body = json!({
            "type": "file", "urls": urls, "instances": ["dragonfly"],
            "access": { "headers": { "X-Pass": ORIGIN_HEADER }, "username": "cat", "password": ORIGIN_PASSWORD },
        });
        let pair = BASE64_STANDARD.encode(format!("cat:{ORIGIN_PASSWORD}"));
        self.dragonfly_says(&format!(
            "no: {} {ORIGIN_HEADER} Basic {pair} {ORIGIN_PASSWORD} {}",
            urls[0], urls[1]
        ));
        let started = self.answers.must(Method::POST, "/api/v1/preheats", &body).await;
        let ended = self.answers.ended(&started).await;
        assert_eq!(ended["status"], "success", "{ended}");
        let asked = self.dragonfly.jobs().iter().any(|job| job.urls == urls);
        assert!(asked, "the engine was given the whole address: {:?}", self.dragonfly.received());

        let body = json!({ "type": "file", "urls": [format!("http://a:{REFUSED}@files.test/c"), format!("ftp://files.test/?{REFUSED}")] });
        assert_eq!(self.answers.post("/api/v1/preheats", &body).await.0, 400);
    }

    async fn events(&self) {
        let path = "/api/v1/events/hub";
        for secret in [EVENT_SECRET, WRONG_EVENT_SECRET] {
            let expected = if secret == EVENT_SECRET { 202 } else { 401 };
            let post = || {
                self.answers
                    .anonymous(Method::POST, path)
                    .body(PUSH)
                    .header("content-type", "application/json")
            };
            let in_query =
                self.answers.anonymous(Method::POST, &format!("{path}?secret={secret}")).body(PUSH);
            for request in [
                post().header("authorization", secret),
                post().bearer_auth(secret),
                post().basic_auth("harbor", Some(secret)),
                post().header("x-forewarm-secret", secret),
                in_query.header("content-type", "application/json"),
            ] {
                let (status, answer) = self.answers.send(request).await;
                assert_eq!(status, expected, "{answer}");
            }
        }
    }

    /// Users and their tokens: made, used, changed, refused. Returns a token that was made.
    async fn people(&self) -> String {
        let ada = |password: &str| json!({ "name": "ada", "password": password, "grants": [{ "role": "project_admin" }] });
        self.answers.must(Method::POST, "/api/v1/users", &ada(USER_PASSWORD)).await;
        let me = "/api/v1/users/current";
        for (password, status) in [(USER_PASSWORD, 200), (FAILED_PASSWORD, 401), (UNKNOWN_TOKEN, 401)] {
            let request = self.answers.anonymous(Method::GET, me).basic_auth("ada", Some(password));
            assert_eq!(self.answers.send(request).await.0, status);
        }
        // A token in the wrong half of Basic.
        let request = self.answers.anonymous(Method::GET, me).basic_auth(UNKNOWN_TOKEN, Some(""));
        assert_eq!(self.answers.send(request).await.0, 401);
        let change = json!({ "current": USER_PASSWORD, "new": NEXT_PASSWORD });
        let request = self.answers.anonymous(Method::PUT, "/api/v1/users/current/password").json(&change);
        assert_eq!(self.answers.send(request.basic_auth("ada", Some(USER_PASSWORD))).await.0, 204);
        let wish = json!({ "name": "ci", "role": "project_viewer" });
        let request = self.answers.anonymous(Method::POST, "/api/v1/tokens").json(&wish);
        let (status, made) = self.answers.send(request.basic_auth("ada", Some(NEXT_PASSWORD))).await;
        assert_eq!(status, 201, "{made}");
        let token = made["secret"].as_str().unwrap().to_owned();
        let request = self.answers.anonymous(Method::GET, me).bearer_auth(&token);
        assert_eq!(self.answers.send(request).await.0, 200);
        for path in ["/api/v1/users/ada", "/api/v1/tokens", "/api/v1/audit?page_size=100"] {
            self.answers.get(path).await;
        }
        token
    }

    async fn refuse(&self) {
        let registry = |auth: Value| json!({ "name": "x", "url": "http://x.test", "auth": auth });
        for body in [
            registry(json!({ "mode": "bearer", "secret": format!("{REFUSED}\n") })),
            registry(json!({ "mode": "bearer", "secret": { "deep": REFUSED } })),
            registry(json!({ "mode": "bearer", "secret": REFUSED.repeat(1000) })),
            registry(json!({ "mode": "bearer", "secrte": REFUSED })),
            json!({ "name": "x", "url": format!("http://ann:{REFUSED}@x.test") }),
            json!({ "name": "x", "url": format!("http://x.test/?token={REFUSED}") }),
            json!({ "name": "x", "url": "http://x.test", "event_secrets": [format!("{REFUSED} with a blank")] }),
            json!({ "name": "x", "url": "http://x.test", "event_secrets": REFUSED }),
        ] {
            let (status, answer) = self.answers.post("/api/v1/registries", &body).await;
            assert_eq!(status, 400, "{body}: {answer}");
        }
        let broken = self.answers.request(Method::POST, "/api/v1/registries");
        let broken = broken
            .header("content-type", "application/json")
            .body(format!("{{\"secret\": \"{REFUSED}\", oops"));
        assert_eq!(self.answers.send(broken).await.0, 400);
        let access =
            json!({ "headers": { "X-Pass": format!("{REFUSED}\n") }, "password": { "deep": REFUSED } });
        let (status, _) = self
            .answers
            .post("/api/v1/projects/shop/policies", &json!({ "name": "x", "access": access }))
            .await;
        assert_eq!(status, 400);
    }

    async fn change(&self) {
        let hub = |auth: Value| json!({ "name": "wrong", "url": self.hub.url(), "auth": auth });
        for (auth, is_set) in [
            (json!({ "mode": "basic", "username": "eve" }), true),
            (json!({ "mode": "basic", "username": "eve", "secret": null }), false),
            (json!({ "mode": "basic", "username": "eve", "secret": CHANGED }), true),
        ] {
            let view = self.answers.must(Method::PUT, "/api/v1/registries/wrong", &hub(auth)).await;
            assert_eq!(view["auth"]["secret_set"], is_set, "{view}");
        }
        let mut failing = policy("failing", &["broken"]);
        for (access, is_set) in [
            (json!({}), true),
            (json!({ "username": null, "password": null, "headers": null }), false),
            (json!({ "username": "cat", "password": CHANGED, "headers": { "X-Pass": CHANGED } }), true),
        ] {
            failing["access"] = access;
            let path = "/api/v1/projects/shop/policies/failing";
            let view = self.answers.must(Method::PUT, path, &failing).await;
            assert_eq!(view["access"]["password_set"], is_set, "{view}");
            assert_eq!(
                view["access"]["header_names"].as_array().unwrap().len(),
                usize::from(is_set),
                "{view}"
            );
        }
    }

    async fn read_everything(&self) {
        for path in [
            "registries",
            "registries/hub",
            "registries/hub/health",
            "registries/wrong/health",
            "instances",
            "instances/dragonfly",
            "instances/broken/health",
            "projects",
            "projects/shop/policies",
            "projects/shop/policies/nightly",
            "executions?page_size=100",
            "events/hub/deliveries?page_size=100",
            "vendors",
        ] {
            let (status, answer) = self.answers.get(&format!("/api/v1/{path}")).await;
            assert_eq!(status, 200, "{path}: {answer}");
        }
    }
}

fn policy(name: &str, instances: &[&str]) -> Value {
    json!({
        "name": name, "instances": instances, "max_attempts": 2,
        "access": { "headers": { "X-Pass": ORIGIN_HEADER }, "username": "cat", "password": ORIGIN_PASSWORD },
    })
}
