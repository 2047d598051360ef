//! Tests of the schema: whether it is this version's, and how it becomes so.

use sqlx::{Executor, PgPool};

use crate::support::postgres::database;

#[tokio::test]
async fn a_migrated_database_is_told_from_an_empty_one() {
    let database = database().await;
    let pool = database.pool().await;
    assert!(is_migrated(&pool).await);
    pool.execute("DROP SCHEMA apalis CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await
        .unwrap();
    assert!(!is_migrated(&pool).await);
}

#[tokio::test]
async fn a_migration_that_stopped_half_way_through_the_queues_is_seen_and_mended() {
    let database = database().await;
    let pool = database.pool().await;
    // The newest migration of apalis-postgres 1.0.0 defines the function that hands out the jobs.
    pool.execute("DROP FUNCTION apalis.get_jobs(text, text, integer)").await.unwrap();
    forget_newest(&pool, "apalis._sqlx_migrations").await;
    assert!(!is_migrated(&pool).await);

    forewarm_store::migrate(&pool).await.unwrap();
    assert!(is_migrated(&pool).await);
    pool.execute("SELECT * FROM apalis.get_jobs('worker', 'queue', 1)").await.unwrap();
}

#[tokio::test]
async fn a_migration_of_ours_that_is_missing_or_failed_is_seen() {
    let database = database().await;
    let pool = database.pool().await;
    pool.execute("UPDATE _sqlx_migrations SET success = false").await.unwrap();
    assert!(!is_migrated(&pool).await);
    pool.execute("UPDATE _sqlx_migrations SET success = true").await.unwrap();
    assert!(is_migrated(&pool).await);
    forget_newest(&pool, "_sqlx_migrations").await;
    assert!(!is_migrated(&pool).await);
}

async fn is_migrated(pool: &PgPool) -> bool {
    forewarm_store::is_migrated(pool).await.unwrap()
}

async fn forget_newest(pool: &PgPool, table: &str) {
    let statement = format!("DELETE FROM {table} WHERE version = (SELECT max(version) FROM {table})");
    let deleted = pool.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    assert_eq!(deleted.rows_affected(), 1);
}
