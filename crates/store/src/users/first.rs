//! The first user of all.

use forewarm_domain::Secret;

use super::{Users, password};
use crate::StoreError;

impl Users<'_> {
    /// Makes a system administrator if there is no user at all; false = there is one. Safe when several processes start
    /// at once.
    pub async fn create_first(&self, name: &str, password: &Secret) -> Result<bool, StoreError> {
        if self.exist().await? {
            return Ok(false);
        }
        let hash = password::hash(password).await?;
        let mut tx = self.store.begin().await?;
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('forewarm.users'))").execute(&mut *tx).await?;
        let id = sqlx::query_scalar!(
            "INSERT INTO users (name, description, password_hash, created_at, updated_at)
             SELECT $1, 'The first administrator', $2, coalesce($3, now()), coalesce($3, now())
             WHERE NOT EXISTS (SELECT FROM users)
             RETURNING id",
            name,
            hash,
            self.store.clock.bind(),
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = id else {
            return Ok(false);
        };
        sqlx::query!("INSERT INTO user_grants (user_id, role) VALUES ($1, 'system_admin')", id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether there is any user.
    pub async fn exist(&self) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users) AS "found!""#);
        Ok(found.fetch_one(&self.store.pool).await?)
    }
}
