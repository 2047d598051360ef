//! Table `instances`: the configured engines and their health.

use chrono::{DateTime, Utc};
use forewarm_domain::auth::Auth;
use forewarm_domain::instance::{Instance, InstanceSettings, disabled};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use url::Url;

use crate::audit::{Object, Watched};
use crate::listing::{Listing, Page};
use crate::outcome::{Deleted, MAX_USERS, Written};
use crate::{Keyring, Store, StoreError, credentials, health, next_id, read_url, tasks, warm};

const TABLE: &str = "instances";

/// What a user decides about an instance.
#[derive(Debug, Clone)]
pub struct InstanceDraft {
    pub name: String,
    pub vendor: String,
    pub description: String,
    pub endpoint: Url,
    pub auth: Auth,
    pub insecure_tls: bool,
    pub enabled: bool,
    pub is_default: bool,
    pub settings: InstanceSettings,
    pub max_in_flight: i32,
    pub submits_per_second: Option<f64>,
}

/// Which rows; everything that is None does not narrow.
#[derive(Default)]
struct Wanted<'a> {
    id: Option<i64>,
    names: Option<&'a [String]>,
    is_default: Option<bool>,
    listing: Option<&'a Listing>,
}

impl Store {
    pub fn instances(&self) -> Instances<'_> {
        Instances { store: self }
    }
}

/// What can be done with instances.
#[derive(Debug, Clone, Copy)]
pub struct Instances<'a> {
    store: &'a Store,
}

impl Instances<'_> {
    pub async fn get(&self, name: &str) -> Result<Option<Instance>, StoreError> {
        Ok(self.named(&[name.to_owned()]).await?.pop())
    }

    pub async fn by_id(&self, id: i64) -> Result<Option<Instance>, StoreError> {
        let wanted = Wanted { id: Some(id), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    /// The instances with these names, as far as there are any, in the order of their names.
    pub async fn named(&self, names: &[String]) -> Result<Vec<Instance>, StoreError> {
        let wanted = Wanted { names: Some(names), ..Wanted::default() };
        self.select(wanted).await
    }

    /// Where a policy's artifacts go: the instances with these names, or the default one if there are none.
    pub async fn chosen(&self, names: &[String]) -> Result<Vec<Instance>, StoreError> {
        chosen(&self.store.pool, &self.store.keys, names).await
    }

    pub async fn all(&self) -> Result<Vec<Instance>, StoreError> {
        self.select(Wanted::default()).await
    }

    pub async fn list(&self, listing: &Listing) -> Result<Page<Instance>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM instances
               WHERE ($1::text IS NULL OR strpos(lower(name), lower($1)) > 0)"#,
            listing.q,
        )
        .fetch_one(&self.store.pool)
        .await?;
        let wanted = Wanted { listing: Some(listing), ..Wanted::default() };
        Ok(Page { items: self.select(wanted).await?, total })
    }

    pub async fn create(&self, draft: &InstanceDraft) -> Result<Written<Instance>, StoreError> {
        let mut tx = self.store.begin().await?;
        clear_default(&mut tx, draft).await?;
        let id = next_id(&mut tx, TABLE).await?;
        let auth = credentials::to_columns(&self.store.keys, (TABLE, id), &draft.auth, None)?;
        let created = sqlx::query!(
            "INSERT INTO instances (name, vendor, description, endpoint, auth_mode, auth_username, auth_secret,
                                    insecure_tls, enabled, settings, max_in_flight, submits_per_second,
                                    is_default, created_at, updated_at, id)
             OVERRIDING SYSTEM VALUE
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14, coalesce($13, now()), coalesce($13, now()), $15)
             ON CONFLICT (name) DO NOTHING",
            draft.name,
            draft.vendor,
            draft.description,
            draft.endpoint.as_str(),
            auth.mode,
            auth.username,
            auth.secret,
            draft.insecure_tls,
            draft.enabled,
            Json(&draft.settings) as _,
            draft.max_in_flight,
            draft.submits_per_second,
            self.store.clock.bind(),
            draft.is_default,
            id,
        )
        .execute(&mut *tx)
        .await?;
        if created.rows_affected() == 0 {
            return Ok(Written::NameTaken);
        }
        self.store.note(&mut tx, "create", Watched::new(Object::Instance, id)).await?;
        tx.commit().await?;
        self.written(id).await
    }

    /// Changes an instance. Its last health is forgotten when it now lies elsewhere or asks with other credentials;
    /// what was warm on it is, when it lies elsewhere or knows its registries by other names. When it is disabled, the
    /// tasks that wait for it are stopped.
    pub async fn update(&self, id: i64, draft: &InstanceDraft) -> Result<Written<Instance>, StoreError> {
        match self.rewrite(id, draft).await {
            Err(error) if error.is_duplicate("instances_name_key") => Ok(Written::NameTaken),
            Err(error) => Err(error),
            Ok(stopped) => {
                for execution_id in stopped {
                    self.store.executions().finish_if_done(execution_id).await?;
                }
                self.written(id).await
            }
        }
    }

    /// Returns the executions that lost tasks by it.
    async fn rewrite(&self, id: i64, draft: &InstanceDraft) -> Result<Vec<i64>, StoreError> {
        let now = self.store.clock.bind();
        let keys = &self.store.keys;
        let mut tx = self.store.begin().await?;
        clear_default(&mut tx, draft).await?;
        let stored = stored_secret(&mut tx, id).await?;
        let watched = self.store.watch(&mut tx, Object::Instance, id).await?;
        let auth = credentials::to_columns(keys, (TABLE, id), &draft.auth, stored.as_deref())?;
        // The same secret can have two texts, under two keys.
        let same_secret = credentials::is_same(keys, (TABLE, id), stored.as_deref(), &draft.auth);
        if moves(&mut tx, id, draft).await? {
            warm::forget_instance(&mut tx, id, now).await?;
        }
        sqlx::query!(
            "UPDATE instances
             SET name = $2, vendor = $3, description = $4, endpoint = $5, auth_mode = $6, auth_username = $7,
                 auth_secret = $8, insecure_tls = $9, enabled = $10, settings = $11, max_in_flight = $12,
                 submits_per_second = $13, is_default = $15, updated_at = coalesce($14, now()), next_health_at = '-infinity',
                 healthy = CASE WHEN $16 AND (endpoint, auth_mode, auth_username, insecure_tls)
                                     IS NOT DISTINCT FROM ($5, $6, $7, $9) THEN healthy END
             WHERE id = $1",
            id,
            draft.name,
            draft.vendor,
            draft.description,
            draft.endpoint.as_str(),
            auth.mode,
            auth.username,
            auth.secret,
            draft.insecure_tls,
            draft.enabled,
            Json(&draft.settings) as _,
            draft.max_in_flight,
            draft.submits_per_second,
            now,
            draft.is_default,
            same_secret,
        )
        .execute(&mut *tx)
        .await?;
        let stopped = if draft.enabled {
            vec![]
        } else {
            tasks::stop_waiting(&mut tx, id, &disabled(&draft.name), now).await?
        };
        self.store.note(&mut tx, "update", watched).await?;
        tx.commit().await?;
        Ok(stopped)
    }

    /// Deletes an instance that no policy and no unfinished execution needs.
    pub async fn delete(&self, name: &str) -> Result<Deleted, StoreError> {
        let mut transaction = self.store.begin().await?;
        // The lock makes a policy that is being created now wait, and then fail on its foreign key.
        let id = sqlx::query_scalar!("SELECT id FROM instances WHERE name = $1 FOR UPDATE", name)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(id) = id else {
            return Ok(Deleted::Missing);
        };
        let users = sqlx::query_scalar!(
            r#"SELECT name AS "name!" FROM (
                   SELECT 'policy ' || projects.name || '/' || policies.name AS name
                   FROM policy_instances
                   JOIN policies ON policies.id = policy_instances.policy_id
                   JOIN projects ON projects.id = policies.project_id
                   WHERE policy_instances.instance_id = $1
                   UNION ALL
                   SELECT 'execution ' || id FROM executions
                   WHERE status IN ('pending', 'running')
                     AND spec->'instances' @> jsonb_build_array(jsonb_build_object('id', $1::bigint))
               ) AS users ORDER BY name LIMIT $2"#,
            id,
            MAX_USERS,
        )
        .fetch_all(&mut *transaction)
        .await?;
        if !users.is_empty() {
            return Ok(Deleted::InUse(users));
        }
        let watched = self.store.watch(&mut transaction, Object::Instance, id).await?;
        sqlx::query!("DELETE FROM instances WHERE id = $1", id).execute(&mut *transaction).await?;
        self.store.note(&mut transaction, "delete", watched).await?;
        transaction.commit().await?;
        Ok(Deleted::Done)
    }

    async fn written(&self, id: i64) -> Result<Written<Instance>, StoreError> {
        Ok(self.by_id(id).await?.map_or(Written::Gone, Written::Done))
    }

    async fn select(&self, wanted: Wanted<'_>) -> Result<Vec<Instance>, StoreError> {
        select(&self.store.pool, &self.store.keys, wanted).await
    }
}

/// The same as [`Instances::chosen`], as the caller's transaction sees it.
pub(crate) async fn chosen(
    executor: impl PgExecutor<'_>,
    keys: &Keyring,
    names: &[String],
) -> Result<Vec<Instance>, StoreError> {
    let wanted = match names {
        [] => Wanted { is_default: Some(true), ..Wanted::default() },
        names => Wanted { names: Some(names), ..Wanted::default() },
    };
    select(executor, keys, wanted).await
}

async fn select(
    executor: impl PgExecutor<'_>,
    keys: &Keyring,
    wanted: Wanted<'_>,
) -> Result<Vec<Instance>, StoreError> {
    let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, name, vendor, description, endpoint, auth_mode, auth_username, auth_secret, insecure_tls,
                      enabled, is_default, settings AS "settings: Json<InstanceSettings>", max_in_flight, submits_per_second,
                      healthy, health_reason, health_latency_ms, health_checked_at, created_at, updated_at
               FROM instances
               WHERE ($1::bigint IS NULL OR id = $1)
                 AND ($2::text[] IS NULL OR name = ANY ($2))
                 AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)
                 AND ($7::boolean IS NULL OR is_default = $7)
               ORDER BY CASE WHEN $4 = '-name' THEN name END DESC,
                        CASE WHEN $4 = 'created_at' THEN created_at WHEN $4 = 'updated_at' THEN updated_at END,
                        CASE WHEN $4 = '-created_at' THEN created_at WHEN $4 = '-updated_at' THEN updated_at END DESC,
                        name
               LIMIT $5 OFFSET $6"#,
            wanted.id,
            wanted.names,
            wanted.listing.and_then(|listing| listing.q.as_deref()),
            wanted.listing.map(|listing| listing.sort.word()),
            wanted.listing.map(|listing| listing.limit),
            wanted.listing.map(|listing| listing.offset),
            wanted.is_default,
        )
        .fetch_all(executor)
        .await?;
    rows.into_iter().map(|row| row.into_instance(keys)).collect()
}

/// The secret as it lies there, encrypted. Locks the row.
async fn stored_secret(connection: &mut PgConnection, id: i64) -> Result<Option<String>, StoreError> {
    let stored = sqlx::query_scalar!("SELECT auth_secret FROM instances WHERE id = $1 FOR UPDATE", id);
    Ok(stored.fetch_optional(connection).await?.flatten())
}

/// There is one default at most: a new one takes the place of the old.
async fn clear_default(connection: &mut PgConnection, draft: &InstanceDraft) -> Result<(), StoreError> {
    if draft.is_default {
        sqlx::query!("UPDATE instances SET is_default = false WHERE is_default").execute(connection).await?;
    }
    Ok(())
}

/// Whether the draft leads to another engine, or to another key of its cache. Locks the row.
async fn moves(connection: &mut PgConnection, id: i64, draft: &InstanceDraft) -> Result<bool, StoreError> {
    let moves = sqlx::query_scalar!(
        r#"SELECT (endpoint, settings ->> 'registry_url') IS DISTINCT FROM ($2, $3) AS "moves!"
           FROM instances WHERE id = $1 FOR UPDATE"#,
        id,
        draft.endpoint.as_str(),
        draft.settings.registry_url.as_ref().map(Url::as_str),
    );
    Ok(moves.fetch_optional(connection).await?.unwrap_or_default())
}

struct Row {
    id: i64,
    name: String,
    vendor: String,
    description: String,
    endpoint: String,
    auth_mode: String,
    auth_username: Option<String>,
    auth_secret: Option<String>,
    insecure_tls: bool,
    enabled: bool,
    is_default: bool,
    settings: Json<InstanceSettings>,
    max_in_flight: i32,
    submits_per_second: Option<f64>,
    healthy: Option<bool>,
    health_reason: Option<String>,
    health_latency_ms: Option<i64>,
    health_checked_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn into_instance(self, keys: &Keyring) -> Result<Instance, StoreError> {
        let at = (TABLE, self.id);
        Ok(Instance {
            id: self.id,
            endpoint: read_url("instances", self.id, "endpoint", &self.endpoint)?,
            name: self.name,
            vendor: self.vendor,
            description: self.description,
            auth: credentials::from_columns(
                keys,
                at,
                &self.auth_mode,
                self.auth_username,
                self.auth_secret.as_deref(),
            ),
            insecure_tls: self.insecure_tls,
            enabled: self.enabled,
            is_default: self.is_default,
            settings: self.settings.0,
            max_in_flight: self.max_in_flight,
            submits_per_second: self.submits_per_second,
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
