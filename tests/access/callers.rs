//! One of each kind of caller, and two projects.

use forewarm_api::{ApiState, Gate, GateSettings, Oidc};
use poem::EndpointExt as _;
use serde_json::{Value, json};

use crate::support::access::{admin, basic};
use crate::support::app::TestApp;
use crate::support::issuer::{AUDIENCE, Issuer};
use crate::support::outbound::outbound;
use crate::support::signing_key::SigningKey;

const PASSWORD: &str = "a long enough password";
const SENDER: &str = "sixteen-characters-or-more";

/// Kinds of callers; `shop` is theirs, `lab` is foreign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    WrongPassword,
    /// With the right password, but disabled.
    Disabled,
    ExpiredToken,
    /// With a secret that senders of events have.
    Sender,
    /// Known, but without any grant.
    WithoutRights,
    Viewer,
    /// A token that sees, of a user who may do more.
    ViewerToken,
    /// The same token as the password of Basic.
    ProjectAdmin,
    ProjectAdminToken,
    /// With a token of the issuer, whose group administers the project.
    Identity,
    SystemAdmin,
}

impl Who {
    /// From the least to the most, so that what the last ones delete is missed by nobody.
    pub const ALL: [Self; 12] = [
        Self::Nobody,
        Self::WrongPassword,
        Self::Disabled,
        Self::ExpiredToken,
        Self::Sender,
        Self::WithoutRights,
        Self::Viewer,
        Self::ViewerToken,
        Self::ProjectAdmin,
        Self::ProjectAdminToken,
        Self::Identity,
        Self::SystemAdmin,
    ];
}

pub struct Callers {
    viewer_token: String,
    admin_token: String,
    expired_token: String,
    identity: String,
    _issuer: Issuer,
    own: Place,
    foreign: Place,
}

/// A project with a policy `nightly`, an execution and a task of it.
pub struct Place {
    pub project: String,
    pub execution: i64,
    pub task: i64,
}

impl Callers {
    pub async fn make(app: &mut TestApp) -> Self {
        let (issuer, identity) = issuer(app).await;
        app.furnish().await;
        let registry =
            json!({ "name": "origin", "url": "http://registry.test:5000", "event_secrets": [SENDER] });
        assert_eq!(app.put("/api/v1/registries/origin", &registry).await.status, 200);
        app.create("/api/v1/projects", &json!({ "name": "lab", "registry": "origin", "namespace": "lab" }))
            .await;
        let role = |role: &str| json!([{ "role": role, "projects": ["shop"] }]);
        for (name, grants, disabled) in [
            ("viewer", role("project_viewer"), false),
            ("owner", role("project_admin"), false),
            ("stranger", json!([]), false),
            ("gone", role("project_admin"), true),
        ] {
            let user = json!({ "name": name, "password": PASSWORD, "grants": grants, "disabled": disabled });
            app.create("/api/v1/users", &user).await;
        }
        Self {
            viewer_token: token(app, json!({ "name": "v", "role": "project_viewer" })).await,
            admin_token: token(app, json!({ "name": "a", "role": "project_admin", "projects": ["shop"] }))
                .await,
            expired_token: expired(app).await,
            identity,
            _issuer: issuer,
            own: Place::make(app, "shop").await,
            foreign: Place::make(app, "lab").await,
        }
    }

    pub fn place(&self, own: bool) -> &Place {
        if own { &self.own } else { &self.foreign }
    }

    /// What each comes with; empty = nothing.
    pub fn header(&self, who: Who) -> String {
        match who {
            Who::Nobody => String::new(),
            Who::WrongPassword => basic("root", "not the right password"),
            Who::Disabled => basic("gone", PASSWORD),
            Who::ExpiredToken => format!("Bearer {}", self.expired_token),
            Who::Sender => format!("Bearer {SENDER}"),
            Who::WithoutRights => basic("stranger", PASSWORD),
            Who::Viewer => basic("viewer", PASSWORD),
            Who::ViewerToken => format!("Bearer {}", self.viewer_token),
            Who::ProjectAdmin => basic("owner", PASSWORD),
            Who::ProjectAdminToken => basic("whoever", &self.admin_token),
            Who::Identity => format!("Bearer {}", self.identity),
            Who::SystemAdmin => admin(),
        }
    }
}

impl Place {
    async fn make(app: &TestApp, project: &str) -> Self {
        let policies = format!("/api/v1/projects/{project}/policies");
        let policy = json!({ "name": "nightly", "filters": [], "instances": ["edge"] });
        app.create(&policies, &policy).await;
        let execution = app.create(&format!("{policies}/nightly/executions"), &Value::Null).await;
        let execution = execution["id"].as_i64().unwrap();
        Self { project: project.to_owned(), execution, task: task(app, execution).await }
    }
}

/// An issuer whose tokens the API takes from now on, and one of them.
async fn issuer(app: &mut TestApp) -> (Issuer, String) {
    let (issuer, key) = (Issuer::start().await, SigningKey::new("one", "EdDSA"));
    issuer.has(&[&key]);
    let oidc = Oidc::new(issuer.settings(&["team=project_admin:shop"]), outbound());
    let state = ApiState::new(app.store.clone(), outbound(), app.draining.clone());
    // All of them fail from one address; how often one may is tested elsewhere.
    let gate = Gate::new(GateSettings { failures_per_address: 1000, ..GateSettings::default() });
    app.endpoint = forewarm_api::app(ApiState { oidc: Some(oidc), gate, ..state }).map_to_response().boxed();
    let expires = chrono::Utc::now().timestamp() + 3600;
    let claims =
        json!({ "iss": issuer.url, "aud": AUDIENCE, "sub": "7d1c", "groups": ["team"], "exp": expires });
    let token = key.token(&claims);
    (issuer, token)
}

/// A task as an expansion would have made it.
async fn task(app: &TestApp, execution: i64) -> i64 {
    sqlx::query_scalar(
        "INSERT INTO tasks (execution_id, ordinal, instance_id, instance, vendor, repository, digest, media_type, tags,
                            artifact_digest, urls, max_attempts, timeout_seconds, status, message, created_at, ended_at)
         SELECT $1, 0, id, name, vendor, 'shop/web', 'sha256:' || repeat('a', 64), 'x', '{}',
                'sha256:' || repeat('a', 64), '{}', 1, 1, 'error', '',
                now(), now()
         FROM instances WHERE name = 'edge' RETURNING id",
    )
    .bind(execution)
    .fetch_one(app.store.pool())
    .await
    .unwrap()
}

async fn token(app: &TestApp, draft: Value) -> String {
    let made = super::by(app, &basic("owner", PASSWORD), "POST", "/api/v1/tokens", Some(&draft)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["secret"].as_str().unwrap().to_owned()
}

async fn expired(app: &TestApp) -> String {
    let text =
        token(app, json!({ "name": "e", "role": "project_admin", "expires_at": "2999-01-01T00:00:00Z" }))
            .await;
    sqlx::query("UPDATE tokens SET expires_at = now() - interval '1 second' WHERE name = 'e'")
        .execute(app.store.pool())
        .await
        .unwrap();
    text
}
