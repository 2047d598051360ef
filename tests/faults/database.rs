//! A Postgres that goes away, in every way that it can, or has no room.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use tokio::time::sleep;

use super::break_while_running;
use super::scene::{Scene, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_restarts_crashes_and_stays_away_costs_time_and_nothing_else() {
    let setup = Setup { cluster: Some(vec![]), ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for third in 0..3 {
            scene.until_jobs(20 + third * scene.tasks() / 4).await;
            scene.chance.pause(0..500).await;
            match third {
                0 => scene.cluster().stop().await,
                1 => scene.cluster().kill().await,
                _ => {
                    scene.cluster().stop().await;
                    // More than two leases.
                    sleep(Duration::from_secs(8)).await;
                }
            }
            scene.cluster().up().await;
        }
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_for_longer_than_a_lease_costs_time_and_nothing_else() {
    let setup = Setup { cluster: Some(vec![]), images: 600, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for part in 0..4 {
            scene.until_jobs(20 + part * scene.tasks() / 5).await;
            scene.chance.pause(0..200).await;
            // More than three leases: what was noted before is older than anything that may still be under way.
            scene.cluster().stand_still(Duration::from_secs(10)).await;
        }
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_one_by_one_cost_nothing() {
    let setup = Setup { cluster: Some(vec![]), ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        cut_many(scene, 120).await;
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_locks_rows_in_the_opposite_order_costs_nothing() {
    // A deadlock is found at once.
    let setup = Setup { cluster: Some(vec![("deadlock_timeout", "50ms")]), ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        scene.until_jobs(5).await;
        lock_backwards(scene, 25).await;
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_free_connection_is_waited_for() {
    let setup = Setup { cluster: Some(vec![("max_connections", "50")]), ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for _ in 0..2 {
            scene.until_jobs(20).await;
            hog(scene, Duration::from_secs(5)).await;
        }
    })
    .await;
    verdict.assert_clean();
}

/// Ends sessions of the program, one by one.
pub async fn cut_many(scene: &mut Scene, count: usize) {
    let mut admin = PgConnection::connect(scene.database()).await.unwrap();
    for _ in 0..count {
        scene.chance.pause(10..150).await;
        cut_one(&mut admin).await;
    }
}

/// Takes every connection that there is, those of the program too, for a while.
pub async fn hog(scene: &Scene, time: Duration) {
    let mut admin = PgConnection::connect(scene.database()).await.unwrap();
    let mut hogs = Vec::new();
    for _ in 0..100 {
        match PgConnection::connect(scene.database()).await {
            Ok(hog) => hogs.push(hog),
            // Full: a place of theirs becomes one of ours.
            Err(_) => cut_one(&mut admin).await,
        }
    }
    assert!(hogs.len() > 30, "only {} connections were taken", hogs.len());
    sleep(time).await;
}

/// Locks open tasks from the last to the first, one by one, as no statement of ours does; then lets go. Again and again.
pub async fn lock_backwards(scene: &mut Scene, times: usize) {
    let mut stranger = PgConnection::connect(scene.database()).await.unwrap();
    for _ in 0..times {
        let open = "SELECT id FROM tasks WHERE status = 'running' ORDER BY id DESC LIMIT 40";
        let ids: Vec<i64> = sqlx::query_scalar(open).fetch_all(&mut stranger).await.unwrap();
        let mut transaction = stranger.begin().await.unwrap();
        for id in ids {
            let lock = sqlx::query("SELECT FROM tasks WHERE id = $1 FOR UPDATE").bind(id);
            if lock.execute(&mut *transaction).await.is_err() {
                // The deadlock was ended at our cost.
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        transaction.rollback().await.unwrap();
        scene.chance.pause(10..200).await;
    }
    let deadlocks = "SELECT sum(deadlocks)::bigint FROM pg_stat_database";
    let deadlocks: i64 = sqlx::query_scalar(deadlocks).fetch_one(&mut stranger).await.unwrap();
    eprintln!("{deadlocks} deadlocks");
}

/// Ends any session of the program.
async fn cut_one(admin: &mut PgConnection) {
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'forewarm' ORDER BY random() LIMIT 1";
    admin.execute(cut).await.unwrap();
}
