//! The vendor `dragonfly`: how a job's row becomes a task's outcome.

use std::time::Duration;

use chrono::TimeDelta;
use forewarm_domain::options::PreheatOptions;
use forewarm_domain::scope::Scope;
use forewarm_fake::dragonfly::{Behaviour, Cluster, Knobs, Peer};

use crate::support::manager::Rig;
use crate::support::preheats::{failed, proven, running, text};

fn scope(scope: Scope) -> PreheatOptions {
    PreheatOptions { scope: Some(scope), ..PreheatOptions::default() }
}

fn fail(description: &str) -> Behaviour {
    Behaviour::Fail(description.to_owned())
}

#[tokio::test]
async fn an_image_is_warm_when_every_blob_is_confirmed() {
    let mut rig = Rig::start().await;

    let submitted = rig.submit().await;
    assert_eq!(submitted.engine_job.as_deref(), Some("1"));
    let (_, first_look) = running(&submitted.outcome);
    assert!((32..=36).contains(&first_look.as_secs()), "{first_look:?}");
    running(&rig.look_at(29).await.outcome);
    let done = rig.look_at(32).await;

    assert!(proven(&done.outcome).starts_with("3 of 3 blobs confirmed on 1 peer"));
    assert_eq!((done.report.expected, done.report.confirmed), (3, 3));
    assert_eq!(done.report.peers, ["seed-0 (10.1.0.7)"]);
    let text = text(&rig.log);
    for digest in &rig.pushed.blobs {
        let line = format!("cluster 1: {digest} confirmed by 1 peer: seed-0 (10.1.0.7)");
        assert!(text.contains(&line), "{text}");
    }
    assert!(text.contains("cluster 1: peer seed-0 (10.1.0.7): 3 confirmed"), "{text}");
}

#[tokio::test]
async fn what_the_manager_shows_late_is_awaited_with_few_looks() {
    let mut rig = Rig::start().await;
    rig.dragonfly.behave_all(&Behaviour::Ok(100_000));

    let (done, waited) = rig.run().await;

    proven(&done.outcome);
    assert!((210..230).contains(&waited.as_secs()), "{waited:?}");
    assert!(rig.looks() <= 14, "{} looks", rig.looks());
}

#[tokio::test]
async fn reported_success_without_a_single_blob_is_a_failure() {
    let mut rig = Rig::start().await;
    rig.dragonfly.behave_all(&fail("no route to host"));

    let (done, _) = rig.run().await;

    let (message, retry) = failed(&done.outcome);
    assert!(message.contains("reported success"), "{message}");
    assert!(message.contains("0 of 3 blobs confirmed"), "{message}");
    assert!(retry);
    assert_eq!(rig.dragonfly.jobs()[0].state, "SUCCESS");
}

#[tokio::test]
async fn the_one_blob_that_nobody_confirmed_is_named() {
    let mut rig = Rig::start().await;
    let lost = rig.pushed.blobs[2].clone();
    let table = vec![(lost.clone(), "boom".to_owned())];
    rig.dragonfly.behave_all(&Behaviour::FailFor(table));

    let (done, _) = rig.run().await;

    let (message, _) = failed(&done.outcome);
    assert!(message.contains("2 of 3 blobs confirmed") && message.contains(&lost), "{message}");
    assert_eq!(done.report.missing, [lost]);
    assert_eq!(done.report.confirmed, 2);
}

#[tokio::test]
async fn a_peer_that_fails_among_others_that_work_is_a_warning() {
    let mut rig = Rig::start().await;
    let peers = ["host-1", "host-2", "host-3"];
    let peers = peers.iter().enumerate();
    let peers = peers.map(|(n, host)| Peer::normal(host, &format!("10.1.0.{}", 20 + n)));
    rig.dragonfly.set_clusters(vec![Cluster::new(1).with_peers(peers.collect())]);
    let table = vec![(rig.pushed.blobs[1].clone(), "disk full".to_owned())];
    rig.dragonfly.behave("host-2", &Behaviour::FailFor(table));
    rig.task.options = scope(Scope::AllPeers);

    let (done, _) = rig.run().await;

    let message = proven(&done.outcome);
    assert!(message.contains("3 of 3 blobs confirmed on 2 peers"), "{message}");
    assert!(message.contains("warning: 1 failure at peers"), "{message}");
    assert!(message.contains("host-2 (10.1.0.21)") && message.contains("disk full"), "{message}");
    assert_eq!(done.report.failure_count, 1);
    assert_eq!(done.report.failures[0].url, rig.blob_url(1));
    assert_eq!(done.report.peers, ["host-1 (10.1.0.20)", "host-3 (10.1.0.22)"]);
    assert!(text(&rig.log).contains("warning peer host-2 (10.1.0.21) could not get"));
}

#[tokio::test]
async fn when_every_peer_fails_the_engines_own_words_are_told() {
    let mut rig = Rig::start().await;
    rig.dragonfly.behave_all(&fail("connection reset by origin"));
    rig.task.options = scope(Scope::AllPeers);

    let (done, _) = rig.run().await;

    let (message, retry) = failed(&done.outcome);
    assert!(message.contains("all peers preheat failed"), "{message}");
    assert!(message.contains("connection reset by origin"), "{message}");
    assert!(retry);
    assert_eq!((done.report.expected, done.report.confirmed), (3, 0));
}

#[tokio::test]
async fn a_cluster_without_seed_peers_is_not_tried_again() {
    for (scope_word, text) in [
        (Scope::SingleSeedPeer, "no available seed peer"),
        (Scope::AllSeedPeers, "has no available seed peer"),
    ] {
        let mut rig = Rig::start().await;
        rig.dragonfly.set_clusters(vec![Cluster::new(1).without_seeds()]);
        rig.task.options = scope(scope_word);

        let (done, _) = rig.run().await;

        let (message, retry) = failed(&done.outcome);
        assert!(message.contains(text), "{message}");
        assert!(!retry);
    }
}

#[tokio::test]
async fn the_outcome_of_a_cluster_that_had_not_ended_is_unknown_and_not_failed() {
    let mut rig = Rig::start().await;
    rig.dragonfly.set_clusters(vec![Cluster::new(1), Cluster::new(2).without_seeds()]);
    rig.dragonfly.behave_all(&Behaviour::Ok(100_000));
    rig.task.options.scheduler_cluster_ids = vec![1, 2];

    rig.submit().await;
    let done = rig.look_at(32).await;

    let (message, _) = failed(&done.outcome);
    assert!(message.contains("cluster 2") && message.contains("no available seed peer"), "{message}");
    assert!(message.contains("1 other queue task had not ended, the outcome there is unknown"), "{message}");
    assert_eq!(done.report.failure_count, 0);
}

#[tokio::test]
async fn every_cluster_has_to_confirm_every_blob() {
    let mut rig = Rig::start().await;
    let second = Cluster::new(2).with_peers(vec![Peer::seed("seed-2", "10.2.0.7")]);
    rig.dragonfly.set_clusters(vec![Cluster::new(1), second]);
    let lost = rig.pushed.blobs[0].clone();
    let table = vec![(lost.clone(), "boom".to_owned())];
    rig.dragonfly.behave("seed-2", &Behaviour::FailFor(table));

    let (done, _) = rig.run().await;

    assert!(failed(&done.outcome).0.contains("2 of 3 blobs confirmed"));
    assert_eq!(done.report.missing, [lost]);
}

#[tokio::test]
async fn a_named_cluster_that_the_manager_skipped_is_mentioned() {
    let mut rig = Rig::start().await;
    rig.dragonfly.set_clusters(vec![Cluster::new(1), Cluster::new(4).without_scheduler()]);
    rig.task.options.scheduler_cluster_ids = vec![1, 4];

    let (done, _) = rig.run().await;

    let message = proven(&done.outcome);
    assert!(message.contains("warning: nothing was heard of cluster 4"), "{message}");
}

#[tokio::test]
async fn a_job_that_the_manager_gave_up_on_is_told_from_one_that_failed() {
    for crash in [false, true] {
        let mut rig = Rig::start().await;
        rig.task.options.timeout_seconds = Some(7200);
        rig.dragonfly.behave_all(&Behaviour::Hang);
        rig.submit().await;
        if crash {
            rig.dragonfly.crash_scheduler(1);
        }

        running(&rig.look_at(3740).await.outcome);
        let done = rig.look_at(3751).await;

        let (message, retry) = failed(&done.outcome);
        assert!(message.contains("stopped watching job 1 after about 62 minutes"), "{message}");
        assert!(retry);
    }
}

#[tokio::test]
async fn a_job_that_a_restarted_manager_forgot_ends_at_our_own_deadline() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    rig.dragonfly.clock().advance(Duration::from_secs(10));
    rig.dragonfly.restart();

    running(&rig.look_at(3890).await.outcome);
    let done = rig.look_at(3900).await;

    let (message, _) = failed(&done.outcome);
    assert!(message.contains("within 65 minutes") && message.contains("unknown"), "{message}");
    assert_eq!(rig.dragonfly.jobs()[0].state, "PENDING");
}

#[tokio::test]
async fn looks_become_rare_after_ten_minutes() {
    let mut rig = Rig::start().await;
    rig.task.options.timeout_seconds = Some(7200);
    rig.dragonfly.behave_all(&Behaviour::Hang);
    rig.submit().await;

    let (_, early) = running(&rig.look_at(40).await.outcome.clone());
    let (_, late) = running(&rig.look_at(601).await.outcome.clone());

    assert!((15.0..=16.5).contains(&early.as_secs_f64()), "{early:?}");
    assert!((60.0..=66.0).contains(&late.as_secs_f64()), "{late:?}");
}

#[tokio::test]
async fn a_row_that_the_manager_collected_after_hours_is_called_expired() {
    let mut rig = Rig::start().await;
    rig.submit().await;

    let done = rig.look_at(9 * 3600).await;

    assert!(failed(&done.outcome).0.contains("expired upstream"));
}

#[tokio::test]
async fn a_row_that_somebody_deleted_is_missed_only_after_a_minute_of_grace() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    rig.dragonfly.delete_job(1);

    running(&rig.look_at(59).await.outcome);
    let done = rig.look_at(60).await;

    let (message, retry) = failed(&done.outcome);
    assert!(message.contains("removed or expired upstream"), "{message}");
    assert!(!retry);
}

#[tokio::test]
async fn a_stale_replica_only_delays_the_outcome() {
    let mut rig = Rig::with(Knobs { replicas: 2, ..Knobs::default() }).await;

    let (done, waited) = rig.run().await;

    proven(&done.outcome);
    assert!(waited < Duration::from_secs(80), "{waited:?}");
}

#[tokio::test]
async fn a_managers_clock_that_is_ahead_changes_nothing() {
    let mut rig = Rig::with(Knobs { clock_skew: Duration::from_secs(3600), ..Knobs::default() }).await;

    let (done, waited) = rig.run().await;

    proven(&done.outcome);
    assert!(waited < Duration::from_secs(40), "{waited:?}");
}

#[tokio::test]
async fn an_earlier_submission_is_timed_on_our_clock() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    rig.task.submitted_at = rig.task.submitted_at.map(|at| at + TimeDelta::seconds(20));

    let (_, wait) = running(&rig.look_at(0).await.outcome.clone());

    assert!((32..=36).contains(&wait.as_secs()), "{wait:?}");
}
