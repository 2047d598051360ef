//! Brings a database's schema up to date.

use apalis_postgres::PostgresStorage;
use sqlx::PgPool;
use sqlx::migrate::Migrator;

use crate::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Applies our migrations and those of the queue. Safe to call from several processes at once: each set is guarded by
/// an advisory lock of Postgres.
pub async fn migrate(pool: &PgPool) -> Result<(), StoreError> {
    MIGRATIONS.run(pool).await.map_err(|error| StoreError::Migration(error.to_string()))?;
    PostgresStorage::<()>::setup(pool).await.map_err(explain_queue)?;
    drop_redundant_indexes(pool).await?;
    Ok(())
}

/// Whether every migration of this version has been applied.
pub async fn is_migrated(pool: &PgPool) -> Result<bool, StoreError> {
    let exists: bool = sqlx::query_scalar(
        "SELECT to_regclass('public._sqlx_migrations') IS NOT NULL AND to_regclass('apalis.jobs') IS NOT NULL",
    )
    .fetch_one(pool)
    .await?;
    if !exists {
        return Ok(false);
    }
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    let applied: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM _sqlx_migrations WHERE version = $1 AND success)")
            .bind(newest)
            .fetch_one(pool)
            .await?;
    Ok(applied)
}

/// Two indexes of apalis-postgres 1.0.0 repeat others and cost every write of a job.
async fn drop_redundant_indexes(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query("DROP INDEX IF EXISTS apalis.unique_job_id").execute(pool).await?;
    sqlx::query("DROP INDEX IF EXISTS apalis.lidx").execute(pool).await?;
    Ok(())
}

fn explain_queue(error: impl std::fmt::Display) -> StoreError {
    StoreError::Migration(format!(
        "the queue's migrations failed ({error}); they need CREATE on the database and the extensions pgcrypto and \
         hstore (package postgresql-contrib)"
    ))
}
