//! Table `registries`: where artifacts live.

use chrono::{DateTime, Utc};
use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::registry::Registry;
use url::Url;

use crate::audit::{Object, Watched};
use crate::keyring::{Keyring, Place};
use crate::listing::{Listing, Page};
use crate::outcome::{Deleted, MAX_USERS, Written};
use crate::{Store, StoreError, credentials, health, next_id, read_url};

const TABLE: &str = "registries";

/// What a user decides about a registry.
#[derive(Debug, Clone)]
pub struct RegistryDraft {
    pub name: String,
    pub kind: String,
    pub description: String,
    pub url: Url,
    pub auth: Auth,
    pub insecure_tls: bool,
    pub repositories: Vec<String>,
    pub event_secrets: Vec<Secret>,
    pub watch_interval_seconds: Option<i32>,
}

/// Which rows; everything that is None does not narrow.
#[derive(Default)]
struct Wanted<'a> {
    id: Option<i64>,
    name: Option<&'a str>,
    listing: Option<&'a Listing>,
}

impl Store {
    pub fn registries(&self) -> Registries<'_> {
        Registries { store: self }
    }
}

/// What can be done with registries.
#[derive(Debug, Clone, Copy)]
pub struct Registries<'a> {
    store: &'a Store,
}

impl Registries<'_> {
    pub async fn get(&self, name: &str) -> Result<Option<Registry>, StoreError> {
        let wanted = Wanted { name: Some(name), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    pub async fn by_id(&self, id: i64) -> Result<Option<Registry>, StoreError> {
        let wanted = Wanted { id: Some(id), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    pub async fn list(&self, listing: &Listing) -> Result<Page<Registry>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM registries
               WHERE ($1::text IS NULL OR strpos(lower(name), lower($1)) > 0)"#,
            listing.q,
        )
        .fetch_one(&self.store.pool)
        .await?;
        let wanted = Wanted { listing: Some(listing), ..Wanted::default() };
        Ok(Page { items: self.select(wanted).await?, total })
    }

    /// Every registry, for finding the one that an image's host belongs to.
    pub async fn all(&self) -> Result<Vec<Registry>, StoreError> {
        self.select(Wanted::default()).await
    }

    pub async fn create(&self, draft: &RegistryDraft) -> Result<Written<Registry>, StoreError> {
        let mut tx = self.store.begin().await?;
        let id = next_id(&mut tx, "registries").await?;
        let keys = &self.store.keys;
        let auth = credentials::to_columns(keys, (TABLE, id), &draft.auth, None)?;
        let created = sqlx::query!(
            "INSERT INTO registries (name, kind, description, url, auth_mode, auth_username, auth_secret,
                                     insecure_tls, repositories, event_secrets, watch_interval_seconds,
                                     created_at, updated_at, id)
             OVERRIDING SYSTEM VALUE
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $12, coalesce($10, now()), coalesce($10, now()), $13)
             ON CONFLICT (name) DO NOTHING",
            draft.name,
            draft.kind,
            draft.description,
            draft.url.as_str(),
            auth.mode,
            auth.username,
            auth.secret,
            draft.insecure_tls,
            &draft.repositories,
            self.store.clock.bind(),
            &sealed(keys, id, &draft.event_secrets, &[])?,
            draft.watch_interval_seconds,
            id,
        )
        .execute(&mut *tx)
        .await?;
        if created.rows_affected() == 0 {
            return Ok(Written::NameTaken);
        }
        self.store.note(&mut tx, "create", Watched::new(Object::Registry, id)).await?;
        tx.commit().await?;
        self.written(id).await
    }

    pub async fn update(&self, id: i64, draft: &RegistryDraft) -> Result<Written<Registry>, StoreError> {
        match self.rewrite(id, draft).await {
            Err(error) if error.is_duplicate("registries_name_key") => Ok(Written::NameTaken),
            Err(error) => Err(error),
            Ok(()) => self.written(id).await,
        }
    }

    async fn rewrite(&self, id: i64, draft: &RegistryDraft) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let stored =
            sqlx::query!("SELECT auth_secret, event_secrets FROM registries WHERE id = $1 FOR UPDATE", id)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(stored) = stored else { return Ok(()) };
        let watched = self.store.watch(&mut tx, Object::Registry, id).await?;
        let keys = &self.store.keys;
        let auth = credentials::to_columns(keys, (TABLE, id), &draft.auth, stored.auth_secret.as_deref())?;
        // The same secret can have two texts, under two keys.
        let same_secret = credentials::is_same(keys, (TABLE, id), stored.auth_secret.as_deref(), &draft.auth);
        sqlx::query!(
            "WITH forgotten AS (
                 DELETE FROM warm WHERE registry_id = (SELECT id FROM registries WHERE id = $1 AND url <> $5)
             ), unwatched AS (
                 DELETE FROM watches WHERE registry_id = (SELECT id FROM registries WHERE id = $1 AND url <> $5)
             )
             UPDATE registries
             SET name = $2, kind = $3, description = $4, url = $5, auth_mode = $6, auth_username = $7,
                 auth_secret = $8, insecure_tls = $9, repositories = $10, event_secrets = $12, watch_interval_seconds = $13,
                 updated_at = coalesce($11, now()), next_health_at = '-infinity',
                 healthy = CASE WHEN $14 AND (url, auth_mode, auth_username, insecure_tls)
                                     IS NOT DISTINCT FROM ($5, $6, $7, $9) THEN healthy END
             WHERE id = $1",
            id,
            draft.name,
            draft.kind,
            draft.description,
            draft.url.as_str(),
            auth.mode,
            auth.username,
            auth.secret,
            draft.insecure_tls,
            &draft.repositories,
            self.store.clock.bind(),
            &sealed(keys, id, &draft.event_secrets, &stored.event_secrets)?,
            draft.watch_interval_seconds,
            same_secret,
        )
        .execute(&mut *tx)
        .await?;
        self.store.note(&mut tx, "update", watched).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a registry that no project and no unfinished execution needs.
    pub async fn delete(&self, name: &str) -> Result<Deleted, StoreError> {
        let mut transaction = self.store.begin().await?;
        // The lock makes a project that is being created now wait, and then fail on its foreign key.
        let id = sqlx::query_scalar!("SELECT id FROM registries WHERE name = $1 FOR UPDATE", name)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(id) = id else {
            return Ok(Deleted::Missing);
        };
        let users = sqlx::query_scalar!(
            r#"SELECT name AS "name!" FROM (
                   SELECT 'project ' || name AS name, id FROM projects WHERE registry_id = $1
                   UNION ALL
                   SELECT 'execution ' || id, id FROM executions
                   WHERE status IN ('pending', 'running')
                     AND (spec->'work' @> jsonb_build_object('registry_id', $1::bigint)
                          OR spec->'work' @> jsonb_build_object(
                                 'images', jsonb_build_array(jsonb_build_object('registry_id', $1::bigint))))
               ) AS users ORDER BY name LIMIT $2"#,
            id,
            MAX_USERS,
        )
        .fetch_all(&mut *transaction)
        .await?;
        if !users.is_empty() {
            return Ok(Deleted::InUse(users));
        }
        let watched = self.store.watch(&mut transaction, Object::Registry, id).await?;
        sqlx::query!("DELETE FROM registries WHERE id = $1", id).execute(&mut *transaction).await?;
        self.store.note(&mut transaction, "delete", watched).await?;
        transaction.commit().await?;
        Ok(Deleted::Done)
    }

    async fn written(&self, id: i64) -> Result<Written<Registry>, StoreError> {
        Ok(self.by_id(id).await?.map_or(Written::Gone, Written::Done))
    }

    async fn select(&self, wanted: Wanted<'_>) -> Result<Vec<Registry>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT id, name, kind, description, url, auth_mode, auth_username, auth_secret, insecure_tls,
                    repositories, event_secrets, watch_interval_seconds, healthy, health_reason, health_latency_ms,
                    health_checked_at, created_at, updated_at
             FROM registries
             WHERE ($1::bigint IS NULL OR id = $1)
               AND ($2::text IS NULL OR name = $2)
               AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)
             ORDER BY CASE WHEN $4 = '-name' THEN name END DESC,
                      CASE WHEN $4 = 'created_at' THEN created_at WHEN $4 = 'updated_at' THEN updated_at END,
                      CASE WHEN $4 = '-created_at' THEN created_at WHEN $4 = '-updated_at' THEN updated_at END DESC,
                      name
             LIMIT $5 OFFSET $6",
            wanted.id,
            wanted.name,
            wanted.listing.and_then(|listing| listing.q.as_deref()),
            wanted.listing.map(|listing| listing.sort.word()),
            wanted.listing.map(|listing| listing.limit),
            wanted.listing.map(|listing| listing.offset),
        )
        .fetch_all(&self.store.pool)
        .await?;
        rows.into_iter().map(|row| row.into_registry(&self.store.keys)).collect()
    }
}

/// The column of event secrets; those that lie there already stay as they are.
fn sealed(keys: &Keyring, id: i64, secrets: &[Secret], stored: &[String]) -> Result<Vec<String>, StoreError> {
    let place = Place::new(TABLE, id, "event_secrets");
    let seal = |secret: &Secret| {
        let stored = stored.iter().find(|stored| keys.open(place, stored) == *secret);
        keys.keep(place, stored.map(String::as_str), secret)
    };
    secrets.iter().map(seal).collect()
}

struct Row {
    id: i64,
    name: String,
    kind: String,
    description: String,
    url: String,
    auth_mode: String,
    auth_username: Option<String>,
    auth_secret: Option<String>,
    insecure_tls: bool,
    repositories: Vec<String>,
    event_secrets: Vec<String>,
    watch_interval_seconds: Option<i32>,
    healthy: Option<bool>,
    health_reason: Option<String>,
    health_latency_ms: Option<i64>,
    health_checked_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn into_registry(self, keys: &Keyring) -> Result<Registry, StoreError> {
        let at = (TABLE, self.id);
        let events = Place::new(TABLE, self.id, "event_secrets");
        Ok(Registry {
            id: self.id,
            url: read_url("registries", self.id, "url", &self.url)?,
            name: self.name,
            kind: self.kind,
            description: self.description,
            auth: credentials::from_columns(
                keys,
                at,
                &self.auth_mode,
                self.auth_username,
                self.auth_secret.as_deref(),
            ),
            insecure_tls: self.insecure_tls,
            repositories: self.repositories,
            event_secrets: self.event_secrets.iter().map(|stored| keys.open(events, stored)).collect(),
            watch_interval_seconds: self.watch_interval_seconds,
            health: health::read(
                self.healthy,
                self.health_reason,
                self.health_latency_ms,
                self.health_checked_at,
            ),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
