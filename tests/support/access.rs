//! Who the tests are: every test database knows this administrator and this API token of theirs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forewarm_store::StoreError;
use poem::Request;
use poem::http::{Method, header};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

pub const ADMIN: &str = "root";
pub const ADMIN_TOKEN: &str = "fwm_dGVzdHMtY29tZS13aXRoLXRoaXMtYWRtaW4tdG9rZW4";

/// Nobody's: the administrator comes with the token only.
const NO_PASSWORD: &str = "";

pub async fn let_in(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query(
        "WITH made AS (
             INSERT INTO users (name, password_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id
         ), granted AS (
             INSERT INTO user_grants (user_id, role) SELECT id, 'system_admin' FROM made
         )
         INSERT INTO tokens (user_id, name, hash, role, all_projects)
         SELECT id, 'tests', $3, 'system_admin', true FROM made",
    )
    .bind(ADMIN)
    .bind(NO_PASSWORD)
    .bind(Sha256::digest(ADMIN_TOKEN).to_vec())
    .execute(pool)
    .await?;
    Ok(())
}

/// The administrator's header.
pub fn admin() -> String {
    format!("Bearer {ADMIN_TOKEN}")
}

pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// As the administrator, unless the request says who it is from; an empty header stands for nobody.
pub fn introduce(request: &mut Request) {
    // Senders of events have secrets of their own.
    if request.method() == Method::POST && request.uri().path().starts_with("/api/v1/events/") {
        return;
    }
    let headers = request.headers_mut();
    let given = headers.get(header::AUTHORIZATION).map(header::HeaderValue::is_empty);
    match given {
        Some(true) => drop(headers.remove(header::AUTHORIZATION)),
        Some(false) => {}
        None => drop(headers.insert(header::AUTHORIZATION, admin().parse().unwrap())),
    }
}
