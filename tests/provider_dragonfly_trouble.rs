//! The vendor `dragonfly`: refusals, lost answers, limits, and servers that are something else.

use std::io::Write as _;

use chrono::TimeDelta;
use forewarm_fake::dragonfly::{Cluster, Knobs, Outcome as Registry, Script, TEST_TOKEN, Token};
use forewarm_fake::{Answer, Fault};
use forewarm_provider::ProviderError;
use serde_json::json;

use crate::support::manager::{Rig, manager};
use crate::support::preheats::{connect, proven, running, start, text};

#[track_caller]
fn permanent(error: &ProviderError) -> String {
    assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
    error.to_string()
}

#[track_caller]
fn transient(error: &ProviderError) -> String {
    assert!(matches!(error, ProviderError::Transient { .. }), "{error:?}");
    error.to_string()
}

#[track_caller]
fn busy(error: &ProviderError) -> String {
    assert!(matches!(error, ProviderError::Busy { .. }), "{error:?}");
    error.to_string()
}

#[track_caller]
fn unknown(error: &ProviderError) -> String {
    assert!(matches!(error, ProviderError::Unknown { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn a_refused_token_is_reported_in_the_managers_words_and_never_retried() {
    let token = || Token::active("secret-pat-value");
    let ago = start() - TimeDelta::hours(1);
    for (tokens, words) in [
        (vec![], "Unauthorized"),
        (vec![token().inactive()], "Token is inactive"),
        (vec![token().expires(ago)], "Token has expired"),
        (vec![token().scopes(&["cluster"])], "Required permission: job"),
    ] {
        let mut rig = Rig::with(Knobs { tokens, ..Knobs::default() }).await;
        rig.provider = connect(&manager(&rig.dragonfly.url(), "secret-pat-value"));

        // `/healthy` asks for no token: a ping has to look further.
        let pinged = permanent(&rig.provider.ping().await.unwrap_err());
        let submitted = permanent(&rig.try_submit().await.unwrap_err());

        for message in [&pinged, &submitted] {
            assert!(message.contains("refuses the access token") && message.contains(words), "{message}");
        }
        assert!(!format!("{pinged}{submitted}{}", text(&rig.log)).contains("secret-pat-value"));
        assert_eq!(rig.posts(), 1);
    }
}

#[tokio::test]
async fn a_manager_that_accepts_the_token_is_healthy() {
    let rig = Rig::start().await;
    assert!(rig.provider.ping().await.unwrap().contains("Dragonfly manager"));
}

#[tokio::test]
async fn a_server_that_is_something_else_is_called_so() {
    let json = || Fault::Answer(Answer::new(200).json(&json!({"status": "UP"})));
    for fault in [Fault::moved("/"), Fault::html(), json()] {
        let mut rig = Rig::start().await;
        rig.submit().await;
        rig.dragonfly.recorder().clear();
        rig.dragonfly.fail_next(2, fault);

        let pinged = permanent(&rig.provider.ping().await.unwrap_err());
        let looked = permanent(&rig.look().await.unwrap_err());

        assert!(pinged.contains("not a Dragonfly manager"), "{pinged}");
        assert!(looked.contains("not a Dragonfly manager"), "{looked}");
        // A redirect is not followed.
        assert_eq!(rig.dragonfly.recorder().requests().len(), 2);
    }
}

#[tokio::test]
async fn a_healthy_server_without_the_open_api_is_no_manager() {
    let rig = Rig::start().await;
    rig.dragonfly.faults().on("GET", "/oapi").inject(Fault::html());

    let message = permanent(&rig.provider.ping().await.unwrap_err());

    assert!(message.contains("not a Dragonfly manager"), "{message}");
}

#[tokio::test]
async fn the_rate_limit_is_no_failure_and_passes() {
    let mut rig = Rig::start().await;
    rig.task.options.scheduler_cluster_ids = vec![1];
    for _ in 0..10 {
        rig.submit().await;
    }

    let message = busy(&rig.try_submit().await.unwrap_err());
    assert!(message.contains("rate limit exceeded"), "{message}");
    assert_eq!(rig.dragonfly.jobs().len(), 10);

    rig.dragonfly.clock().advance(std::time::Duration::from_secs(1));
    rig.submit().await;
    assert_eq!(rig.dragonfly.jobs().len(), 11);
}

#[tokio::test]
async fn a_limit_of_the_registry_that_the_manager_met_is_no_failure_either() {
    let mut rig = Rig::start().await;
    let words = "failed to pull image manifest: toomanyrequests: You have reached your pull rate limit";
    let answer = Answer::new(500).json(&json!({ "message": words }));
    rig.dragonfly.faults().on("POST", "/oapi/v1/jobs").inject(Fault::Answer(answer));

    let message = busy(&rig.try_submit().await.unwrap_err());

    assert!(message.contains("toomanyrequests"), "{message}");
}

#[tokio::test]
async fn a_cluster_that_does_not_exist_is_told_from_the_rate_limit() {
    let mut rig = Rig::start().await;
    rig.task.options.scheduler_cluster_ids = vec![1, 99];

    let message = permanent(&rig.try_submit().await.unwrap_err());

    assert!(message.contains("unknown cluster 99"), "{message}");
}

#[tokio::test]
async fn a_token_that_may_not_list_clusters_leaves_the_limit_a_limit() {
    let mut rig =
        Rig::with(Knobs { tokens: vec![Token::active(TEST_TOKEN).scopes(&["job"])], ..Knobs::default() })
            .await;
    rig.task.options.scheduler_cluster_ids = vec![99];

    busy(&rig.try_submit().await.unwrap_err());
}

#[tokio::test]
async fn of_two_json_objects_back_to_back_the_first_is_told() {
    let mut rig = Rig::start().await;
    let body = r#"{"errors":"first words"}{"errors":"second words"}"#;
    let answer = Answer::new(422).body("application/json", body);
    rig.dragonfly.faults().next(Fault::Answer(answer));

    let message = permanent(&rig.try_submit().await.unwrap_err());

    assert!(message.contains("422: first words") && !message.contains("second"), "{message}");
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_finding_the_job() {
    let mut rig = Rig::start().await;
    rig.dragonfly.faults().next(Fault::DropAfter);

    unknown(&rig.try_submit().await.unwrap_err());
    let found = rig.find().await.unwrap().unwrap();

    assert_eq!(found.engine_job.as_deref(), Some("1"));
    running(&found.outcome);
    assert_eq!(rig.posts(), 1);
    proven(&rig.look_at(32).await.outcome);
}

#[tokio::test]
async fn a_request_that_never_arrived_leaves_nothing_to_find() {
    let mut rig = Rig::start().await;
    rig.dragonfly.faults().next(Fault::DropBefore);

    unknown(&rig.try_submit().await.unwrap_err());

    assert_eq!(rig.find_later().await, None);
    rig.submit().await;
    assert_eq!(rig.dragonfly.jobs().len(), 1);
}

#[tokio::test]
async fn while_the_manager_may_still_read_manifests_a_list_without_the_job_proves_nothing() {
    let mut rig = Rig::start().await;
    rig.dragonfly.faults().next(Fault::DropBefore);
    unknown(&rig.try_submit().await.unwrap_err());
    rig.dragonfly.clock().advance(std::time::Duration::from_secs(40));

    let error = rig.find().await.unwrap_err();

    let ProviderError::Busy { retry_after: Some(left), .. } = error else { panic!("{error:?}") };
    assert_eq!(left, std::time::Duration::from_secs(120));
    rig.dragonfly.clock().advance(left);
    assert_eq!(rig.find().await.unwrap(), None);
}

#[tokio::test]
async fn the_job_of_another_task_or_attempt_is_never_taken_for_ours() {
    let mut rig = Rig::start().await;
    rig.submit().await;

    rig.task.attempt = 2;
    assert_eq!(rig.find_later().await, None);
    rig.task.attempt = 1;
    rig.task.task_id = 441;
    assert_eq!(rig.find_later().await, None);
}

#[tokio::test]
async fn a_job_is_found_behind_pages_of_newer_ones_and_old_pages_are_not_read() {
    let mut rig = Rig::start().await;
    let ours = rig.task.task_id;
    rig.task.task_id = 1;
    for _ in 0..120 {
        rig.submit().await;
    }
    rig.dragonfly.clock().advance(std::time::Duration::from_secs(2 * 3600));
    rig.task.task_id = ours;
    rig.submit().await;
    rig.task.task_id = 2;
    for _ in 0..60 {
        rig.submit().await;
    }
    rig.task.task_id = ours;

    let found = rig.find().await.unwrap().unwrap();
    assert_eq!(found.engine_job.as_deref(), Some("121"));

    rig.dragonfly.recorder().clear();
    rig.task.task_id = 3;
    assert_eq!(rig.find_later().await, None);
    assert_eq!(rig.dragonfly.recorder().count("GET", "/oapi/v1/jobs"), 2);
}

#[tokio::test]
async fn pages_too_large_to_read_are_asked_for_in_pieces() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    let ours = rig.task.task_id;
    rig.task.task_id = 1;
    for _ in 0..7 {
        rig.submit().await;
    }
    rig.task.task_id = ours;
    rig.dragonfly.recorder().clear();
    let huge = Answer::new(200).json(&json!([{"id": 1, "bio": "x".repeat(17 << 20)}]));
    rig.dragonfly.faults().next(Fault::Answer(huge));

    let found = rig.find().await.unwrap().unwrap();

    assert_eq!(found.engine_job.as_deref(), Some("1"));
    let asked = rig.dragonfly.recorder().requests();
    let pages: Vec<_> =
        asked.iter().map(|request| (request.parameter("page"), request.parameter("per_page"))).collect();
    let page = |page, size| (Some(page), Some(size));
    assert_eq!(pages, [page("1", "50"), page("1", "5"), page("2", "5")]);
}

#[tokio::test]
async fn an_empty_list_is_the_end_of_the_search() {
    let mut rig = Rig::start().await;
    assert_eq!(rig.find_later().await, None);
    assert_eq!(rig.dragonfly.recorder().count("GET", "/oapi/v1/jobs"), 1);
}

#[tokio::test]
async fn a_broken_answer_to_a_new_job_leaves_open_whether_there_is_one() {
    for (fault, made) in [(Fault::Truncated, 1), (Fault::BreakMidBody, 1), (Fault::bad_gateway(), 0)] {
        let mut rig = Rig::start().await;
        rig.dragonfly.faults().next(fault);

        unknown(&rig.try_submit().await.unwrap_err());

        assert_eq!(rig.dragonfly.jobs().len(), made);
        assert_eq!(rig.find_later().await.is_some(), made == 1);
    }
}

#[tokio::test]
async fn a_look_that_is_cut_off_or_met_by_a_proxys_page_is_repeated_later() {
    let faults =
        [Fault::Truncated, Fault::BreakMidBody, Fault::DropBefore, Fault::bad_gateway(), Fault::too_many(7)];
    for fault in faults {
        let mut rig = Rig::start().await;
        rig.submit().await;
        rig.dragonfly.faults().next(fault);

        transient(&rig.look().await.unwrap_err());
        running(&rig.look().await.unwrap().outcome);
    }
}

#[tokio::test]
async fn a_compressed_answer_is_understood() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(br#"{"id":1,"state":"PENDING"}"#).unwrap();
    let answer = Answer::new(200)
        .body("application/json", encoder.finish().unwrap())
        .header("content-encoding", "gzip");
    rig.dragonfly.faults().next(Fault::Answer(answer));

    running(&rig.look().await.unwrap().outcome);
}

#[tokio::test]
async fn what_the_registry_told_the_manager_is_final() {
    for (outcome, words) in [
        (Registry::Unauthorized, "unauthorized: authentication required"),
        (Registry::NotFound, "manifest unknown"),
        (Registry::NoPlatform, "no matching manifest"),
        (Registry::Unreachable, "does not dial loopback"),
    ] {
        let mut rig = Rig::start().await;
        rig.dragonfly.script_registry(Script::always(outcome));

        let message = permanent(&rig.try_submit().await.unwrap_err());

        assert!(message.contains(words), "{message}");
        assert!(text(&rig.log).contains(words));
    }
}

#[tokio::test]
async fn a_registry_that_was_too_slow_for_the_manager_may_be_faster_next_time() {
    let mut rig = Rig::start().await;
    let slow = Registry::Slow(std::time::Duration::ZERO);
    rig.dragonfly.script_registry(Script::always(slow));

    let message = transient(&rig.try_submit().await.unwrap_err());

    assert!(message.contains("deadline exceeded"), "{message}");
}

#[tokio::test]
async fn a_manager_whose_schedulers_are_still_starting_is_asked_again() {
    let mut rig = Rig::start().await;
    rig.dragonfly.set_clusters(vec![Cluster::new(1).without_scheduler()]);

    let message = transient(&rig.try_submit().await.unwrap_err());

    assert!(message.contains("candidate schedulers not found"), "{message}");
}

#[tokio::test]
async fn a_manager_that_is_away_took_nothing() {
    let mut rig = Rig::start().await;
    rig.dragonfly.stop().await;

    let message = transient(&rig.try_submit().await.unwrap_err());

    assert!(message.contains("connection refused"), "{message}");
}

#[tokio::test]
async fn a_job_whose_number_was_never_learnt_is_to_be_looked_for() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    for number in [None, Some("../clusters")] {
        let error = rig.provider.progress(&rig.task, number, &rig.log).await;
        unknown(&error.unwrap_err());
    }
}
