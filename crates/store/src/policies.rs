//! Tables `policies` and `policy_instances`: which artifacts, to which instances, when, how.

use chrono::{DateTime, Utc};
use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::filter::Filter;
use forewarm_domain::harbor::texts::Texts;
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::policy::Policy;
use forewarm_domain::trigger::Trigger;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use crate::audit::{Object, Watched};
use crate::listing::{Listing, Page};
use crate::outcome::{Deleted, MAX_USERS, Written};
use crate::{Keyring, Store, StoreError, next_id, origin_access};

const TABLE: &str = "policies";

/// What a user decides about a policy.
#[derive(Debug, Clone)]
pub struct PolicyDraft {
    pub name: String,
    pub description: String,
    pub enabled: bool,
    pub filters: Vec<Filter>,
    pub trigger: Trigger,
    pub options: PreheatOptions,
    pub access: OriginAccess,
    /// None given = the default instance, whichever that is then.
    pub instance_ids: Vec<i64>,
    pub skip_if_warm: Option<bool>,
    pub max_attempts: i32,
    /// How a client of Harbor writes it; None = what was kept of that stays.
    pub texts: Option<Texts>,
}

/// Which rows; everything that is None does not narrow.
#[derive(Default)]
struct Wanted<'a> {
    id: Option<i64>,
    project_id: Option<i64>,
    name: Option<&'a str>,
    instance_id: Option<i64>,
    listing: Option<&'a Listing>,
}

impl Store {
    pub fn policies(&self) -> Policies<'_> {
        Policies { store: self }
    }
}

/// What can be done with policies.
#[derive(Debug, Clone, Copy)]
pub struct Policies<'a> {
    store: &'a Store,
}

impl Policies<'_> {
    pub async fn get(&self, project_id: i64, name: &str) -> Result<Option<Policy>, StoreError> {
        let wanted = Wanted { project_id: Some(project_id), name: Some(name), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    pub async fn by_id(&self, id: i64) -> Result<Option<Policy>, StoreError> {
        let wanted = Wanted { id: Some(id), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    pub async fn of_instance(&self, instance_id: i64) -> Result<Vec<Policy>, StoreError> {
        let wanted = Wanted { instance_id: Some(instance_id), ..Wanted::default() };
        self.select(wanted).await
    }

    pub async fn all(&self) -> Result<Vec<Policy>, StoreError> {
        self.select(Wanted::default()).await
    }

    pub async fn of_project(&self, project_id: i64) -> Result<Vec<Policy>, StoreError> {
        let wanted = Wanted { project_id: Some(project_id), ..Wanted::default() };
        self.select(wanted).await
    }

    pub async fn list(&self, project_id: i64, listing: &Listing) -> Result<Page<Policy>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM policies
               WHERE project_id = $1 AND ($2::text IS NULL OR strpos(lower(name), lower($2)) > 0)"#,
            project_id,
            listing.q,
        )
        .fetch_one(&self.store.pool)
        .await?;
        let wanted = Wanted { project_id: Some(project_id), listing: Some(listing), ..Wanted::default() };
        Ok(Page { items: self.select(wanted).await?, total })
    }

    pub async fn create(&self, project_id: i64, draft: &PolicyDraft) -> Result<Written<Policy>, StoreError> {
        match self.insert(project_id, draft).await {
            Err(error) if error.is_missing_reference() => Ok(Written::Gone),
            Err(error) => Err(error),
            Ok(None) => Ok(Written::NameTaken),
            Ok(Some(id)) => self.written(id).await,
        }
    }

    pub async fn update(&self, id: i64, draft: &PolicyDraft) -> Result<Written<Policy>, StoreError> {
        match self.rewrite(id, draft).await {
            Err(error) if error.is_duplicate("policies_project_id_name_key") => Ok(Written::NameTaken),
            Err(error) if error.is_missing_reference() => Ok(Written::Gone),
            Err(error) => Err(error),
            Ok(()) => self.written(id).await,
        }
    }

    /// Deletes a policy that has no unfinished execution. Its past executions stay, without it.
    pub async fn delete(&self, project_id: i64, name: &str) -> Result<Deleted, StoreError> {
        let mut transaction = self.store.begin().await?;
        // The lock makes an execution that is being started now wait, and then fail on its foreign key.
        let id = sqlx::query_scalar!(
            "SELECT id FROM policies WHERE project_id = $1 AND name = $2 FOR UPDATE",
            project_id,
            name,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(id) = id else {
            return Ok(Deleted::Missing);
        };
        let users = sqlx::query_scalar!(
            r#"SELECT 'execution ' || id AS "name!" FROM executions
               WHERE policy_id = $1 AND status IN ('pending', 'running') ORDER BY id LIMIT $2"#,
            id,
            MAX_USERS,
        )
        .fetch_all(&mut *transaction)
        .await?;
        if !users.is_empty() {
            return Ok(Deleted::InUse(users));
        }
        let watched = self.store.watch(&mut transaction, Object::Policy, id).await?;
        sqlx::query!("DELETE FROM policies WHERE id = $1", id).execute(&mut *transaction).await?;
        self.store.note(&mut transaction, "delete", watched).await?;
        transaction.commit().await?;
        Ok(Deleted::Done)
    }

    async fn insert(&self, project_id: i64, draft: &PolicyDraft) -> Result<Option<i64>, StoreError> {
        let next_fire_at = self.next_fire_at(draft).await?;
        let mut transaction = self.store.begin().await?;
        let id = next_id(&mut transaction, TABLE).await?;
        let id = sqlx::query_scalar!(
            "INSERT INTO policies (project_id, name, description, enabled, filters, trigger, options, origin_access,
                                   max_attempts, skip_if_warm, next_fire_at, created_at, updated_at, id, harbor_texts)
             OVERRIDING SYSTEM VALUE
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $12, coalesce($10, now()), coalesce($10, now()), $13,
                     coalesce($14::jsonb, '{}'))
             ON CONFLICT (project_id, name) DO NOTHING
             RETURNING id",
            project_id,
            draft.name,
            draft.description,
            draft.enabled,
            Json(&draft.filters) as _,
            Json(&draft.trigger) as _,
            Json(&draft.options) as _,
            origin_access::to_json(&self.store.keys, (TABLE, id), &draft.access, None)?,
            draft.max_attempts,
            self.store.clock.bind(),
            draft.skip_if_warm,
            next_fire_at,
            id,
            draft.texts.as_ref().map(Json) as _,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(id) = id {
            link_instances(&mut transaction, id, &draft.instance_ids).await?;
            self.store.note(&mut transaction, "create", Watched::new(Object::Policy, id)).await?;
            transaction.commit().await?;
        }
        Ok(id)
    }

    async fn rewrite(&self, id: i64, draft: &PolicyDraft) -> Result<(), StoreError> {
        let next_fire_at = self.next_fire_at(draft).await?;
        let mut transaction = self.store.begin().await?;
        let stored = sqlx::query_scalar!("SELECT origin_access FROM policies WHERE id = $1 FOR UPDATE", id)
            .fetch_optional(&mut *transaction)
            .await?;
        let watched = self.store.watch(&mut transaction, Object::Policy, id).await?;
        let changed = sqlx::query!(
            "UPDATE policies
             SET name = $2, description = $3, enabled = $4, filters = $5, trigger = $6, options = $7,
                 origin_access = $8, max_attempts = $9, skip_if_warm = $11, updated_at = coalesce($10, now()),
                 next_fire_at = CASE WHEN enabled AND $4 AND trigger = $6 THEN next_fire_at ELSE $12 END,
                 harbor_texts = coalesce($13::jsonb, harbor_texts)
             WHERE id = $1",
            id,
            draft.name,
            draft.description,
            draft.enabled,
            Json(&draft.filters) as _,
            Json(&draft.trigger) as _,
            Json(&draft.options) as _,
            origin_access::to_json(&self.store.keys, (TABLE, id), &draft.access, stored)?,
            draft.max_attempts,
            self.store.clock.bind(),
            draft.skip_if_warm,
            next_fire_at,
            draft.texts.as_ref().map(Json) as _,
        )
        .execute(&mut *transaction)
        .await?;
        if changed.rows_affected() > 0 {
            sqlx::query!("DELETE FROM policy_instances WHERE policy_id = $1", id)
                .execute(&mut *transaction)
                .await?;
            link_instances(&mut transaction, id, &draft.instance_ids).await?;
            self.store.note(&mut transaction, "update", watched).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// A disabled policy is not due.
    async fn next_fire_at(&self, draft: &PolicyDraft) -> Result<Option<DateTime<Utc>>, StoreError> {
        if !draft.enabled {
            return Ok(None);
        }
        Ok(draft.trigger.next_after(self.store.now().await?))
    }

    async fn written(&self, id: i64) -> Result<Written<Policy>, StoreError> {
        Ok(self.by_id(id).await?.map_or(Written::Gone, Written::Done))
    }

    async fn select(&self, wanted: Wanted<'_>) -> Result<Vec<Policy>, StoreError> {
        select(&self.store.pool, &self.store.keys, wanted).await
    }
}

/// The policy with this id, as the caller's transaction sees it.
pub(crate) async fn by_id(
    connection: &mut PgConnection,
    keys: &Keyring,
    id: i64,
) -> Result<Option<Policy>, StoreError> {
    let wanted = Wanted { id: Some(id), ..Wanted::default() };
    Ok(select(connection, keys, wanted).await?.pop())
}

async fn select(
    executor: impl PgExecutor<'_>,
    keys: &Keyring,
    wanted: Wanted<'_>,
) -> Result<Vec<Policy>, StoreError> {
    let rows = sqlx::query_as!(
            Row,
            r#"SELECT policies.id, project_id, projects.name AS project, policies.name, policies.description, enabled,
                      filters AS "filters: Json<Vec<Filter>>", criteria AS "criteria: Json<ProjectCriteria>", trigger AS "trigger: Json<Trigger>",
                      options AS "options: Json<PreheatOptions>", origin_access,
                      ARRAY(SELECT instances.name FROM policy_instances
                            JOIN instances ON instances.id = instance_id
                            WHERE policy_id = policies.id ORDER BY instances.name) AS "instances!",
                      max_attempts, skip_if_warm, next_fire_at, harbor_texts AS "texts: Json<Texts>",
                      policies.created_at, policies.updated_at
               FROM policies
               JOIN projects ON projects.id = project_id
               WHERE ($1::bigint IS NULL OR policies.id = $1)
                 AND ($2::bigint IS NULL OR project_id = $2)
                 AND ($3::text IS NULL OR policies.name = $3)
                 AND ($4::bigint IS NULL OR EXISTS (SELECT FROM policy_instances
                                                    WHERE policy_id = policies.id AND instance_id = $4))
                 AND ($5::text IS NULL OR strpos(lower(policies.name), lower($5)) > 0)
               ORDER BY CASE WHEN $6 = '-name' THEN policies.name END DESC,
                        CASE WHEN $6 = 'created_at' THEN policies.created_at
                             WHEN $6 = 'updated_at' THEN policies.updated_at END,
                        CASE WHEN $6 = '-created_at' THEN policies.created_at
                             WHEN $6 = '-updated_at' THEN policies.updated_at END DESC,
                        policies.name
               LIMIT $7 OFFSET $8"#,
            wanted.id,
            wanted.project_id,
            wanted.name,
            wanted.instance_id,
            wanted.listing.and_then(|listing| listing.q.as_deref()),
            wanted.listing.map(|listing| listing.sort.word()),
            wanted.listing.map(|listing| listing.limit),
            wanted.listing.map(|listing| listing.offset),
        )
        .fetch_all(executor)
        .await?;
    Ok(rows.into_iter().map(|row| row.into_policy(keys)).collect())
}

async fn link_instances(
    connection: &mut PgConnection,
    policy_id: i64,
    instance_ids: &[i64],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO policy_instances (policy_id, instance_id) SELECT $1, unnest($2::bigint[])",
        policy_id,
        instance_ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Row {
    id: i64,
    project_id: i64,
    project: String,
    name: String,
    description: String,
    enabled: bool,
    filters: Json<Vec<Filter>>,
    criteria: Json<ProjectCriteria>,
    trigger: Json<Trigger>,
    options: Json<PreheatOptions>,
    origin_access: Value,
    instances: Vec<String>,
    max_attempts: i32,
    skip_if_warm: Option<bool>,
    next_fire_at: Option<DateTime<Utc>>,
    texts: Json<Texts>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn into_policy(self, keys: &Keyring) -> Policy {
        Policy {
            id: self.id,
            project_id: self.project_id,
            project: self.project,
            name: self.name,
            description: self.description,
            enabled: self.enabled,
            filters: self.filters.0,
            criteria: self.criteria.0,
            trigger: self.trigger.0,
            options: self.options.0,
            access: origin_access::from_json(keys, (TABLE, self.id), self.origin_access),
            instances: self.instances,
            max_attempts: self.max_attempts,
            skip_if_warm: self.skip_if_warm,
            next_fire_at: self.next_fire_at,
            texts: self.texts.0,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}
