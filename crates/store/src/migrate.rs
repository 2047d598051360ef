//! Brings a database's schema up to date.

use apalis_postgres::PostgresStorage;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgPool};

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

/// How a schema compares with what this version wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Migrations of this version that are missing there.
    pub missing: usize,
    /// Migrations there that this version does not know: a newer one has been at work.
    pub unknown: usize,
}

/// Whether every migration of this version, ours and the queue's, has been applied. Each is committed on its own, so a
/// process that died half-way leaves some out.
pub async fn is_migrated(pool: &PgPool) -> Result<bool, StoreError> {
    Ok(standing(pool).await?.missing == 0)
}

/// The same in numbers.
pub async fn standing(pool: &PgPool) -> Result<Standing, StoreError> {
    let ours = compare(&MIGRATIONS, pool).await?;
    let queues = compare(&PostgresStorage::<()>::migrations(), pool).await?;
    Ok(Standing { missing: ours.missing + queues.missing, unknown: ours.unknown + queues.unknown })
}

async fn compare(set: &Migrator, pool: &PgPool) -> Result<Standing, StoreError> {
    let wanted: Vec<i64> = set
        .iter()
        .filter(|migration| !migration.migration_type.is_down_migration())
        .map(|migration| migration.version)
        .collect();
    let exists = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&*set.table_name);
    if !exists.fetch_one(pool).await? {
        return Ok(Standing { missing: wanted.len(), unknown: 0 });
    }
    let query = format!("SELECT version FROM {} WHERE success", set.table_name);
    // Safe: the name of the table is a constant of the crate that the migrations belong to.
    let applied: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(pool).await?;
    let lacking = |one: &[i64], other: &[i64]| one.iter().filter(|version| !other.contains(version)).count();
    Ok(Standing { missing: lacking(&wanted, &applied), unknown: lacking(&applied, &wanted) })
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
