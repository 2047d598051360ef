//! Creating, changing and deleting users.

use std::collections::BTreeMap;

use forewarm_domain::Secret;
use forewarm_domain::access::Grant;
use sqlx::PgConnection;

use super::{UserDraft, UserWritten, Users, password, read};
use crate::StoreError;
use crate::audit::{Object, Watched};

impl Users<'_> {
    pub async fn create(&self, draft: &UserDraft) -> Result<UserWritten, StoreError> {
        let hash = match &draft.password {
            Some(password) => password::hash(password).await?,
            None => String::new(),
        };
        let mut tx = self.store.begin().await?;
        let id = sqlx::query_scalar!(
            "INSERT INTO users (name, description, password_hash, disabled, created_at, updated_at)
             VALUES ($1, $2, $3, $4, coalesce($5, now()), coalesce($5, now()))
             ON CONFLICT (name) DO NOTHING
             RETURNING id",
            draft.name,
            draft.description,
            hash,
            draft.disabled,
            self.store.clock.bind(),
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = id else {
            return Ok(UserWritten::NameTaken);
        };
        if !grant(&mut tx, id, &draft.grants).await? {
            return Ok(UserWritten::Gone);
        }
        self.store.note(&mut tx, "create", Watched::new(Object::User, id)).await?;
        let user = read::by_id(&mut *tx, id).await?;
        tx.commit().await?;
        Ok(user.map_or(UserWritten::Gone, UserWritten::Done))
    }

    /// Changes a user; whatever was verified of it before is verified anew.
    pub async fn update(&self, id: i64, draft: &UserDraft) -> Result<UserWritten, StoreError> {
        match self.rewrite(id, draft).await {
            Err(error) if error.is_duplicate("users_name_key") => Ok(UserWritten::NameTaken),
            written => written,
        }
    }

    async fn rewrite(&self, id: i64, draft: &UserDraft) -> Result<UserWritten, StoreError> {
        let hash = match &draft.password {
            Some(password) => Some(password::hash(password).await?),
            None => None,
        };
        let mut tx = self.store.begin().await?;
        one_at_a_time(&mut tx).await?;
        let watched = self.store.watch(&mut tx, Object::User, id).await?;
        sqlx::query!(
            "UPDATE users
             SET name = $2, description = $3, password_hash = coalesce($4, password_hash), disabled = $5,
                 changed = changed + 1, updated_at = coalesce($6, now())
             WHERE id = $1",
            id,
            draft.name,
            draft.description,
            hash,
            draft.disabled,
            self.store.clock.bind(),
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("DELETE FROM user_grants WHERE user_id = $1", id).execute(&mut *tx).await?;
        if !grant(&mut tx, id, &draft.grants).await? {
            return Ok(UserWritten::Gone);
        }
        if !has_admin(&mut tx).await? {
            return Ok(UserWritten::LastAdmin);
        }
        self.store.note(&mut tx, "update", watched).await?;
        let user = read::by_id(&mut *tx, id).await?;
        tx.commit().await?;
        Ok(user.map_or(UserWritten::Gone, UserWritten::Done))
    }

    /// Gives a user another password; false = there is no such user.
    pub async fn set_password(&self, name: &str, password: &Secret) -> Result<bool, StoreError> {
        let hash = password::hash(password).await?;
        let mut tx = self.store.begin().await?;
        let id = sqlx::query_scalar!(
            "UPDATE users SET password_hash = $2, changed = changed + 1, updated_at = coalesce($3, now())
             WHERE name = $1 RETURNING id",
            name,
            hash,
            self.store.clock.bind(),
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(id) = id {
            self.store.note(&mut tx, "set_password", Watched::new(Object::User, id)).await?;
        }
        tx.commit().await?;
        Ok(id.is_some())
    }

    /// Deletes a user with its tokens.
    pub async fn delete(&self, id: i64) -> Result<UserDeleted, StoreError> {
        let mut tx = self.store.begin().await?;
        one_at_a_time(&mut tx).await?;
        let watched = self.store.watch(&mut tx, Object::User, id).await?;
        let deleted = sqlx::query!("DELETE FROM users WHERE id = $1", id).execute(&mut *tx).await?;
        if deleted.rows_affected() == 0 {
            return Ok(UserDeleted::Missing);
        }
        if !has_admin(&mut tx).await? {
            return Ok(UserDeleted::LastAdmin);
        }
        self.store.note(&mut tx, "delete", watched).await?;
        tx.commit().await?;
        Ok(UserDeleted::Done)
    }
}

/// What became of a wish to delete a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserDeleted {
    Done,
    Missing,
    /// Nobody would be left who may change users.
    LastAdmin,
}

/// Two administrators must not take each other's rights at the same moment.
async fn one_at_a_time(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('forewarm.users'))").execute(connection).await?;
    Ok(())
}

async fn has_admin(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM user_grants JOIN users ON users.id = user_id
               WHERE role = 'system_admin' AND NOT disabled
           ) AS "found!""#
    );
    Ok(found.fetch_one(connection).await?)
}

/// Writes what a user may do; false = a project is gone.
async fn grant(connection: &mut PgConnection, id: i64, grants: &[Grant]) -> Result<bool, StoreError> {
    for (project, role) in places(grants) {
        let written = sqlx::query!(
            "INSERT INTO user_grants (user_id, role, project_id) VALUES ($1, $2, $3)",
            id,
            role,
            project
        );
        match written.execute(&mut *connection).await.map_err(StoreError::from) {
            Err(error) if error.is_missing_reference() => return Ok(false),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(true)
}

/// The highest role for each place.
fn places(grants: &[Grant]) -> BTreeMap<Option<i64>, &'static str> {
    let mut roles = BTreeMap::new();
    for grant in grants {
        let places = match &grant.projects {
            None => vec![None],
            Some(projects) => projects.keys().map(|id| Some(*id)).collect(),
        };
        for place in places {
            let held = roles.entry(place).or_insert(grant.role);
            *held = grant.role.max(*held);
        }
    }
    roles.into_iter().map(|(place, role)| (place, role.as_str())).collect()
}
