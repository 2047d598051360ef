//! Reading users.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use forewarm_domain::Secret;
use forewarm_domain::access::{Grant, Role};
use forewarm_domain::user::User;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgExecutor, query_as};

use super::{Users, password};
use crate::StoreError;
use crate::listing::{Listing, Page};

/// Which rows; everything that is None does not narrow.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub id: Option<i64>,
    pub name: Option<&'a str>,
    pub listing: Option<&'a Listing>,
}

/// One role in one place, as the statements tell it.
#[derive(Debug, Deserialize)]
pub(crate) struct GrantRow {
    pub role: String,
    pub project_id: Option<i64>,
    pub project: Option<String>,
}

impl Users<'_> {
    pub async fn get(&self, name: &str) -> Result<Option<User>, StoreError> {
        let wanted = Wanted { name: Some(name), ..Wanted::default() };
        Ok(select(&self.store.pool, wanted).await?.pop())
    }

    pub async fn by_id(&self, id: i64) -> Result<Option<User>, StoreError> {
        by_id(&self.store.pool, id).await
    }

    pub async fn list(&self, listing: &Listing) -> Result<Page<User>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM users
               WHERE ($1::text IS NULL OR strpos(lower(name), lower($1)) > 0)"#,
            listing.q,
        )
        .fetch_one(&self.store.pool)
        .await?;
        let wanted = Wanted { listing: Some(listing), ..Wanted::default() };
        Ok(Page { items: select(&self.store.pool, wanted).await?, total })
    }

    /// The user with this name and password, disabled or not. Takes as long for a name that there is not.
    pub async fn verify(&self, name: &str, given: &Secret) -> Result<Option<User>, StoreError> {
        let stored = sqlx::query_scalar!("SELECT password_hash FROM users WHERE name = $1", name)
            .fetch_optional(&self.store.pool)
            .await?;
        match password::verify(stored, given).await? {
            true => self.get(name).await,
            false => Ok(None),
        }
    }
}

pub(super) async fn by_id(executor: impl PgExecutor<'_>, id: i64) -> Result<Option<User>, StoreError> {
    let wanted = Wanted { id: Some(id), ..Wanted::default() };
    Ok(select(executor, wanted).await?.pop())
}

async fn select(executor: impl PgExecutor<'_>, wanted: Wanted<'_>) -> Result<Vec<User>, StoreError> {
    let rows = query_as!(
        Row,
        r#"SELECT id, name, description, disabled, changed, created_at, updated_at,
                  (SELECT coalesce(jsonb_agg(jsonb_build_object(
                              'role', g.role, 'project_id', g.project_id, 'project', p.name)), '[]')
                   FROM user_grants g LEFT JOIN projects p ON p.id = g.project_id
                   WHERE g.user_id = users.id) AS "grants!: Json<Vec<GrantRow>>"
           FROM users
           WHERE ($1::bigint IS NULL OR id = $1)
             AND ($2::text IS NULL OR name = $2)
             AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)
           ORDER BY CASE WHEN $4 = '-name' THEN name END DESC,
                    CASE WHEN $4 = 'created_at' THEN created_at WHEN $4 = 'updated_at' THEN updated_at END,
                    CASE WHEN $4 = '-created_at' THEN created_at WHEN $4 = '-updated_at' THEN updated_at END DESC,
                    name
           LIMIT $5 OFFSET $6"#,
        wanted.id,
        wanted.name,
        wanted.listing.and_then(|listing| listing.q.as_deref()),
        wanted.listing.map(|listing| listing.sort.word()),
        wanted.listing.map(|listing| listing.limit),
        wanted.listing.map(|listing| listing.offset),
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::into_user).collect()
}

struct Row {
    id: i64,
    name: String,
    description: String,
    disabled: bool,
    changed: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    grants: Json<Vec<GrantRow>>,
}

impl Row {
    fn into_user(self) -> Result<User, StoreError> {
        Ok(User {
            id: self.id,
            name: self.name,
            description: self.description,
            disabled: self.disabled,
            grants: grants("users", self.id, &self.grants.0)?,
            changed: self.changed,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// Roles, each with the places where it holds.
pub(crate) fn grants(table: &'static str, id: i64, rows: &[GrantRow]) -> Result<Vec<Grant>, StoreError> {
    let mut everywhere = Vec::new();
    let mut named: BTreeMap<Role, BTreeMap<i64, String>> = BTreeMap::new();
    for row in rows {
        let role = row.role.parse().map_err(|error: forewarm_domain::Invalid| StoreError::Corrupt {
            table,
            id,
            column: "role",
            reason: error.reason,
        })?;
        match (row.project_id, &row.project) {
            (Some(project), Some(name)) => {
                named.entry(role).or_default().insert(project, name.clone());
            }
            _ => everywhere.push(Grant { role, projects: None }),
        }
    }
    let named = named.into_iter().map(|(role, projects)| Grant { role, projects: Some(projects) });
    Ok(everywhere.into_iter().chain(named).collect())
}
