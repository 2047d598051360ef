//! Table `projects`: namespaces of registries.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use forewarm_domain::access::Reach;
use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::project::Project;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use crate::audit::{Object, Watched};
use crate::listing::{Listing, Page};
use crate::outcome::{Deleted, MAX_USERS, Written};
use crate::{Store, StoreError};

/// What a user decides about a project.
#[derive(Debug, Clone)]
pub struct ProjectDraft {
    pub name: String,
    pub description: String,
    pub registry_id: i64,
    pub namespace: String,
    pub criteria: ProjectCriteria,
}

/// Which rows; everything that is None does not narrow.
#[derive(Default)]
struct Wanted<'a> {
    id: Option<i64>,
    name: Option<&'a str>,
    listing: Option<&'a Listing>,
    reach: Option<&'a Reach>,
}

impl Store {
    pub fn projects(&self) -> Projects<'_> {
        Projects { store: self }
    }
}

/// What can be done with projects.
#[derive(Debug, Clone, Copy)]
pub struct Projects<'a> {
    store: &'a Store,
}

impl Projects<'_> {
    pub async fn get(&self, name: &str) -> Result<Option<Project>, StoreError> {
        let wanted = Wanted { name: Some(name), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    pub async fn by_id(&self, id: i64) -> Result<Option<Project>, StoreError> {
        let wanted = Wanted { id: Some(id), ..Wanted::default() };
        Ok(self.select(wanted).await?.pop())
    }

    pub async fn all(&self) -> Result<Vec<Project>, StoreError> {
        self.select(Wanted::default()).await
    }

    pub async fn list(&self, listing: &Listing, reach: &Reach) -> Result<Page<Project>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM projects
               WHERE ($1::text IS NULL OR strpos(lower(name), lower($1)) > 0)
                 AND ($2::bigint[] IS NULL OR id = ANY ($2))"#,
            listing.q,
            reach.ids(),
        )
        .fetch_one(&self.store.pool)
        .await?;
        let wanted = Wanted { listing: Some(listing), reach: Some(reach), ..Wanted::default() };
        Ok(Page { items: self.select(wanted).await?, total })
    }

    /// Names by id.
    pub async fn names(&self, ids: &[i64]) -> Result<BTreeMap<i64, String>, StoreError> {
        let rows = sqlx::query!("SELECT id, name FROM projects WHERE id = ANY ($1)", ids);
        let rows = rows.fetch_all(&self.store.pool).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }

    /// Ids and names of those that have one of these names.
    pub async fn named(&self, names: &[String]) -> Result<BTreeMap<i64, String>, StoreError> {
        let rows = sqlx::query!("SELECT id, name FROM projects WHERE name = ANY ($1)", names);
        let rows = rows.fetch_all(&self.store.pool).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }

    pub async fn create(&self, draft: &ProjectDraft) -> Result<Written<Project>, StoreError> {
        match self.insert(draft).await {
            Err(error) if error.is_missing_reference() => Ok(Written::Gone),
            Err(error) => Err(error),
            Ok(None) => Ok(Written::NameTaken),
            Ok(Some(id)) => self.written(id).await,
        }
    }

    async fn insert(&self, draft: &ProjectDraft) -> Result<Option<i64>, StoreError> {
        let mut tx = self.store.begin().await?;
        let id = sqlx::query_scalar!(
            "INSERT INTO projects (name, description, registry_id, namespace, criteria, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $6, coalesce($5, now()), coalesce($5, now()))
             ON CONFLICT (name) DO NOTHING
             RETURNING id",
            draft.name,
            draft.description,
            draft.registry_id,
            draft.namespace,
            self.store.clock.bind(),
            Json(&draft.criteria) as _,
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(id) = id {
            self.store.note(&mut tx, "create", Watched::new(Object::Project, id)).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    pub async fn update(&self, id: i64, draft: &ProjectDraft) -> Result<Written<Project>, StoreError> {
        match self.rewrite(id, draft).await {
            Err(error) if error.is_duplicate("projects_name_key") => Ok(Written::NameTaken),
            Err(error) if error.is_missing_reference() => Ok(Written::Gone),
            Err(error) => Err(error),
            Ok(()) => self.written(id).await,
        }
    }

    async fn rewrite(&self, id: i64, draft: &ProjectDraft) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let watched = self.store.watch(&mut tx, Object::Project, id).await?;
        sqlx::query!(
            "UPDATE projects
             SET name = $2, description = $3, registry_id = $4, namespace = $5, criteria = $7, updated_at = coalesce($6, now())
             WHERE id = $1",
            id,
            draft.name,
            draft.description,
            draft.registry_id,
            draft.namespace,
            self.store.clock.bind(),
            Json(&draft.criteria) as _,
        )
        .execute(&mut *tx)
        .await?;
        self.store.note(&mut tx, "update", watched).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a project that has no policies. Its past executions stay, without it.
    pub async fn delete(&self, name: &str) -> Result<Deleted, StoreError> {
        let mut transaction = self.store.begin().await?;
        // The lock makes a policy that is being created now wait, and then fail on its foreign key.
        let id = sqlx::query_scalar!("SELECT id FROM projects WHERE name = $1 FOR UPDATE", name)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(id) = id else {
            return Ok(Deleted::Missing);
        };
        let users = sqlx::query_scalar!(
            r#"SELECT 'policy ' || $2 || '/' || name AS "name!" FROM policies
               WHERE project_id = $1 ORDER BY name LIMIT $3"#,
            id,
            name,
            MAX_USERS,
        )
        .fetch_all(&mut *transaction)
        .await?;
        if !users.is_empty() {
            return Ok(Deleted::InUse(users));
        }
        let watched = self.store.watch(&mut transaction, Object::Project, id).await?;
        sqlx::query!("DELETE FROM projects WHERE id = $1", id).execute(&mut *transaction).await?;
        self.store.note(&mut transaction, "delete", watched).await?;
        transaction.commit().await?;
        Ok(Deleted::Done)
    }

    async fn written(&self, id: i64) -> Result<Written<Project>, StoreError> {
        Ok(self.by_id(id).await?.map_or(Written::Gone, Written::Done))
    }

    async fn select(&self, wanted: Wanted<'_>) -> Result<Vec<Project>, StoreError> {
        select(&self.store.pool, wanted).await
    }
}

/// The project with this id, as the caller's transaction sees it.
pub(crate) async fn by_id(connection: &mut PgConnection, id: i64) -> Result<Option<Project>, StoreError> {
    let wanted = Wanted { id: Some(id), ..Wanted::default() };
    Ok(select(connection, wanted).await?.pop())
}

async fn select(executor: impl PgExecutor<'_>, wanted: Wanted<'_>) -> Result<Vec<Project>, StoreError> {
    let rows = sqlx::query_as!(
            Row,
            r#"SELECT projects.id, projects.name, projects.description, registry_id, registries.name AS registry,
                    namespace, criteria AS "criteria: Json<ProjectCriteria>", projects.created_at, projects.updated_at
             FROM projects
             JOIN registries ON registries.id = registry_id
             WHERE ($1::bigint IS NULL OR projects.id = $1)
               AND ($2::text IS NULL OR projects.name = $2)
               AND ($3::text IS NULL OR strpos(lower(projects.name), lower($3)) > 0)
               AND ($7::bigint[] IS NULL OR projects.id = ANY ($7))
             ORDER BY CASE WHEN $4 = '-name' THEN projects.name END DESC,
                      CASE WHEN $4 = 'created_at' THEN projects.created_at
                           WHEN $4 = 'updated_at' THEN projects.updated_at END,
                      CASE WHEN $4 = '-created_at' THEN projects.created_at
                           WHEN $4 = '-updated_at' THEN projects.updated_at END DESC,
                      projects.name
             LIMIT $5 OFFSET $6"#,
            wanted.id,
            wanted.name,
            wanted.listing.and_then(|listing| listing.q.as_deref()),
            wanted.listing.map(|listing| listing.sort.word()),
            wanted.listing.map(|listing| listing.limit),
            wanted.listing.map(|listing| listing.offset),
            wanted.reach.and_then(Reach::ids),
        )
        .fetch_all(executor)
        .await?;
    Ok(rows.into_iter().map(Row::into_project).collect())
}

struct Row {
    id: i64,
    name: String,
    description: String,
    registry_id: i64,
    registry: String,
    namespace: String,
    criteria: Json<ProjectCriteria>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn into_project(self) -> Project {
        Project {
            id: self.id,
            name: self.name,
            description: self.description,
            registry_id: self.registry_id,
            registry: self.registry,
            namespace: self.namespace,
            criteria: self.criteria.0,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}
