//! The vendor `mirror`: what is read through a pull-through cache, and what is believed of it.

use std::time::Duration;

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::digest::Digest;
use forewarm_domain::instance::{InstanceSettings, KrakenMode};
use forewarm_domain::options::{Kind, OriginAccess, PreheatOptions};
use forewarm_domain::task_log::TaskLog;
use forewarm_fake::registry::{Auth as FakeAuth, ImageSpec, Knobs, Lie, Pushed, Registry, Storage};
use forewarm_fake::{Answer, Fault};
use forewarm_provider::{Preheat, Progress, ProviderError, Subject, vendor};
use sha2::{Digest as _, Sha512};

use crate::support::preheats::{child, connect, failed, image, instance, log, preheat, proven, text};

/// A registry that holds one image with a config and two layers.
async fn with_image(knobs: Knobs) -> (Registry, Pushed) {
    let registry = Registry::start_with(knobs).await.unwrap();
    let spec = ImageSpec::default().layer_of("a", 300_000).layer_of("b", 7);
    let pushed = registry.push_image("shop/web", "v1", spec);
    (registry, pushed)
}

fn subject(registry: &Registry, pushed: &Pushed) -> Subject {
    Subject::Image(image(registry, pushed))
}

async fn read(mirror: &Registry, task: &Preheat, log: &TaskLog) -> Progress {
    let provider = connect(&instance("mirror", &mirror.url()));
    provider.preheat(task, log).await.unwrap()
}

#[tokio::test]
async fn every_manifest_and_blob_is_read_once_through_the_mirror() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let task = preheat(subject(&mirror, &pushed));
    let log = log();

    let progress = read(&mirror, &task, &log).await;

    assert!(proven(&progress.outcome).starts_with("3 of 3 blobs read"));
    assert_eq!((progress.report.expected, progress.report.confirmed), (3, 3));
    let blobs: u64 = image(&mirror, &pushed).blobs.iter().map(|blob| blob.size).sum();
    assert_eq!(progress.report.bytes, blobs + pushed.size as u64);
    assert!(pushed.blobs.iter().all(|blob| mirror.blob_gets(blob) == 1));
    assert_eq!(mirror.manifest_gets("shop/web", &pushed.digest), 1);
    let text = text(&log);
    assert!(pushed.blobs.iter().all(|blob| text.contains(blob)), "{text}");
}

#[tokio::test]
async fn the_index_and_its_tag_are_read_besides_the_child() {
    let mirror = Registry::start().await.unwrap();
    let index = mirror.push_index("shop/web", "v1", &["linux/amd64", "linux/arm64"], true);
    let task = preheat(Subject::Image(child(&mirror, &index, "linux/arm64")));

    let progress = read(&mirror, &task, &log()).await;

    proven(&progress.outcome);
    let arm = index.child("linux/arm64").unwrap();
    for reference in [&index.digest, &arm.digest, "v1"] {
        assert_eq!(mirror.manifest_gets("shop/web", reference), 1, "{reference}");
    }
    let amd = index.child("linux/amd64").unwrap();
    assert_eq!(mirror.manifest_gets("shop/web", &amd.digest), 0);
    assert!(arm.blobs.iter().all(|blob| mirror.blob_gets(blob) == 1));
}

#[tokio::test]
async fn a_tag_that_is_gone_is_only_a_warning() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let task = preheat(subject(&mirror, &pushed));
    mirror.untag("shop/web", "v1");
    let log = log();

    let progress = read(&mirror, &task, &log).await;

    proven(&progress.outcome);
    assert!(text(&log).contains("warning tag v1:"));
}

#[tokio::test]
async fn a_tag_that_moved_is_only_a_warning() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let task = preheat(subject(&mirror, &pushed));
    mirror.push_image("shop/web", "v1", ImageSpec::default().layer_of("new", 10));
    let log = log();

    let progress = read(&mirror, &task, &log).await;

    proven(&progress.outcome);
    assert!(text(&log).contains("warning tag v1: the mirror says that it names something else"));
}

#[tokio::test]
async fn a_blob_with_wrong_bytes_fails_the_task_and_is_named() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    mirror.lie(Lie::BlobBody);

    let progress = read(&mirror, &preheat(subject(&mirror, &pushed)), &log()).await;

    let (message, retry) = failed(&progress.outcome);
    assert!(message.contains("0 of 3 blobs read"), "{message}");
    assert!(message.contains("another digest"), "{message}");
    assert!(pushed.blobs.iter().any(|blob| message.contains(blob)), "{message}");
    assert!(retry);
    assert_eq!(progress.report.missing.len(), 3);
}

#[tokio::test]
async fn a_manifest_with_wrong_bytes_is_not_taken_for_the_image() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    mirror.lie(Lie::ManifestBody);

    let error = connect(&instance("mirror", &mirror.url()))
        .preheat(&preheat(subject(&mirror, &pushed)), &log())
        .await
        .unwrap_err();

    assert!(error.to_string().contains(&pushed.digest), "{error}");
    assert_eq!(mirror.total_blob_gets(), 0);
}

#[tokio::test]
async fn a_truncated_blob_fails_the_task_and_the_others_are_still_warmed() {
    for fault in [Fault::Truncated, Fault::BreakMidBody] {
        let (mirror, pushed) = with_image(Knobs::default()).await;
        let layer = &pushed.blobs[1];
        mirror.faults().on("GET", layer).inject(fault);
        let provider = connect(&instance("mirror", &mirror.url()));
        let task = preheat(subject(&mirror, &pushed));

        let progress = provider.preheat(&task, &log()).await.unwrap();

        let (message, retry) = failed(&progress.outcome);
        assert!(message.contains("2 of 3 blobs read") && message.contains(layer), "{message}");
        assert!(retry);
        assert_eq!(progress.report.missing, std::slice::from_ref(layer));
        // The next attempt finds it mended.
        proven(&provider.preheat(&task, &log()).await.unwrap().outcome);
    }
}

#[tokio::test]
async fn a_blob_larger_than_its_manifest_says_is_not_read_to_the_end() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let mut image = image(&mirror, &pushed);
    image.blobs[1].size = 10;

    let progress = read(&mirror, &preheat(Subject::Image(image)), &log()).await;

    assert!(failed(&progress.outcome).0.contains("larger than its 10 bytes"));
}

#[tokio::test]
async fn blobs_with_sha512_digests_are_checked_too() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let mut image = image(&mirror, &pushed);
    let bytes = mirror.blob(&pushed.blobs[1]).unwrap();
    let digest = format!("sha512:{}", hex::encode(Sha512::digest(&bytes)));
    image.blobs[1].digest = Digest::parse(&digest).unwrap();
    let serve = |bytes: &[u8]| {
        let answer = Answer::new(200).body("application/octet-stream", bytes);
        mirror.faults().on("GET", &digest).inject(Fault::Answer(answer));
    };
    let provider = connect(&instance("mirror", &mirror.url()));
    let task = preheat(Subject::Image(image));

    serve(&bytes);
    proven(&provider.preheat(&task, &log()).await.unwrap().outcome);

    let mut wrong = bytes.clone();
    wrong[0] ^= 1;
    serve(&wrong);
    let progress = provider.preheat(&task, &log()).await.unwrap();
    assert!(failed(&progress.outcome).0.contains("another digest"));
}

#[tokio::test]
async fn what_the_origin_does_not_have_is_named_and_not_retried() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let missing = Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
    let mut image = image(&mirror, &pushed);
    image.blobs[2].digest = missing.clone();

    let progress = read(&mirror, &preheat(Subject::Image(image)), &log()).await;

    let (message, retry) = failed(&progress.outcome);
    assert!(message.contains(missing.as_str()) && message.contains("404"), "{message}");
    assert!(!retry);
}

#[tokio::test]
async fn blobs_kept_on_another_host_are_read_from_there_without_our_credentials() {
    let auth = FakeAuth::Basic { username: "warm".into(), password: "wet-paint-7".into() };
    let knobs = Knobs { storage: Storage::Redirect, auth, ..Knobs::default() };
    let (mirror, pushed) = with_image(knobs).await;
    let mut engine = instance("mirror", &mirror.url());
    engine.auth = basic("wet-paint-7");

    let progress = connect(&engine).preheat(&preheat(subject(&mirror, &pushed)), &log()).await.unwrap();

    proven(&progress.outcome);
    let stored = mirror.storage_requests();
    assert_eq!(stored.len(), 3);
    assert!(stored.iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn wrong_credentials_end_the_task_at_once_and_are_never_shown() {
    let auth = FakeAuth::Basic { username: "warm".into(), password: "right-password".into() };
    let (mirror, pushed) = with_image(auth.into()).await;
    let mut engine = instance("mirror", &mirror.url());
    engine.auth = basic("wrong-password");
    let provider = connect(&engine);
    let log = log();

    let error = provider.preheat(&preheat(subject(&mirror, &pushed)), &log).await.unwrap_err();
    let pinged = provider.ping().await.unwrap_err();

    for error in [&error, &pinged] {
        assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
        assert!(error.to_string().contains("401"), "{error}");
    }
    assert!(!format!("{error} {pinged} {}", text(&log)).contains("wrong-password"));
}

#[tokio::test]
async fn a_mirror_that_hangs_fails_the_task_when_its_time_is_over() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let slow = Fault::Delay(Duration::from_secs(9));
    mirror.faults().on("GET", &pushed.blobs[0]).inject(slow);
    let mut task = preheat(subject(&mirror, &pushed));
    task.options.timeout_seconds = Some(1);

    let progress = read(&mirror, &task, &log()).await;

    let (message, retry) = failed(&progress.outcome);
    assert!(message.contains("2 of 3 blobs read within 1 second"), "{message}");
    assert!(retry);
    assert_eq!(progress.report.missing, [pushed.blobs[0].clone()]);
}

#[tokio::test]
async fn a_later_attempt_gets_only_what_is_left_of_the_tasks_time() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    mirror.faults().on("GET", &pushed.blobs[0]).inject(Fault::Delay(Duration::from_secs(9)));
    let mut task = preheat(subject(&mirror, &pushed));
    task.options.timeout_seconds = Some(600);
    task.deadline = Some(task.now + chrono::TimeDelta::seconds(1));

    let progress = read(&mirror, &task, &log()).await;

    let (message, retry) = failed(&progress.outcome);
    assert!(message.contains("2 of 3 blobs read within 1 second"), "{message}");
    assert!(retry);
}

#[tokio::test]
async fn a_mirror_that_is_away_is_a_passing_trouble() {
    let (mut mirror, pushed) = with_image(Knobs::default()).await;
    let task = preheat(subject(&mirror, &pushed));
    mirror.stop().await;
    let provider = connect(&instance("mirror", &mirror.url()));

    let error = provider.preheat(&task, &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Transient { .. }), "{error:?}");
    assert!(error.to_string().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn a_mirror_that_only_asks_for_patience_is_busy_and_nothing_has_failed() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let provider = connect(&instance("mirror", &mirror.url()));
    let task = preheat(subject(&mirror, &pushed));
    for path in [&pushed.digest, &pushed.blobs[1]] {
        // More than a request waits by itself.
        mirror.faults().on("GET", path).inject(Fault::too_many(600));

        let error = provider.preheat(&task, &log()).await.unwrap_err();

        let ProviderError::Busy { message, retry_after } = error else { panic!("{error:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(600)));
        assert!(message.contains("429"), "{message}");
    }
    proven(&provider.preheat(&task, &log()).await.unwrap().outcome);
}

#[tokio::test]
async fn no_more_blobs_are_read_at_one_time_than_asked_for() {
    let mirror = Registry::start().await.unwrap();
    let spec = (0..6).fold(ImageSpec::default(), |spec, n| spec.layer_of(&format!("l{n}"), 100));
    let pushed = mirror.push_image("shop/web", "v1", spec);
    // The first blob never comes within the task's time: with one reader nobody gets past it.
    let first = &image(&mirror, &pushed).blobs[0].digest.to_string();
    mirror.faults().on("GET", first).inject(Fault::Delay(Duration::from_secs(9)));
    let mut task = preheat(subject(&mirror, &pushed));
    task.options = PreheatOptions {
        concurrent_task_count: Some(1),
        timeout_seconds: Some(1),
        ..PreheatOptions::default()
    };

    let progress = read(&mirror, &task, &log()).await;

    assert!(failed(&progress.outcome).0.contains("0 of 7 blobs read"));
    let asked = mirror.recorder().requests();
    let blobs = asked.iter().filter(|request| request.path.contains("/blobs/"));
    assert_eq!(blobs.count(), 1);
}

#[tokio::test]
async fn a_cache_may_keep_each_origin_below_a_name_of_its_own() {
    let cache = Registry::start().await.unwrap();
    let spec = ImageSpec::default().layer_of("a", 100);
    let pushed = cache.push_image("dockerhub/shop/web", "v1", spec);
    let mut image = image(&cache, &pushed);
    image.repository = "shop/web".to_owned();
    let task = preheat(Subject::Image(image));
    for endpoint in ["/v2/dockerhub", "/v2/dockerhub/"] {
        let provider = connect(&instance("mirror", &format!("{}{endpoint}", cache.url())));
        provider.ping().await.unwrap();
        proven(&provider.preheat(&task, &log()).await.unwrap().outcome);
    }
    assert!(pushed.blobs.iter().all(|blob| cache.blob_gets(blob) == 2));
}

#[tokio::test]
async fn ping_tells_a_registry_from_anything_else() {
    let mirror = Registry::start().await.unwrap();
    let provider = connect(&instance("mirror", &mirror.url()));
    assert!(provider.ping().await.unwrap().contains("registry"));

    for fault in [Fault::html(), Fault::moved("/login")] {
        mirror.faults().next(fault);
        let error = provider.ping().await.unwrap_err();
        assert!(error.to_string().contains("not a registry"), "{error}");
        assert!(matches!(error, ProviderError::Permanent { .. }));
    }
}

#[tokio::test]
async fn nothing_is_looked_for_at_a_mirror_because_reading_twice_does_no_harm() {
    let (mirror, pushed) = with_image(Knobs::default()).await;
    let provider = connect(&instance("mirror", &mirror.url()));
    let task = preheat(subject(&mirror, &pushed));

    assert_eq!(provider.find(&task, &log()).await.unwrap(), None);
    assert!(mirror.recorder().requests().is_empty());
}

#[test]
fn what_a_mirror_cannot_honour_is_refused_by_name() {
    let mirror = vendor("mirror").unwrap();
    let options = PreheatOptions {
        piece_length: Some(4 << 20),
        tag: Some("x".into()),
        timeout_seconds: Some(60),
        ..PreheatOptions::default()
    };
    let complaints = mirror.check(Kind::Image, &options).unwrap_err();
    let fields: Vec<&str> = complaints.iter().map(|found| found.field.as_str()).collect();
    assert_eq!(fields, ["piece_length", "tag"]);

    let files = mirror.check(Kind::File, &PreheatOptions::default()).unwrap_err();
    assert_eq!(files[0].field, "type");

    let origin = OriginAccess {
        username: Some("a".into()),
        password: Some(Secret::new("b")),
        ..OriginAccess::default()
    };
    assert_eq!(mirror.check_origin(&origin).unwrap_err().len(), 2);

    let settings =
        InstanceSettings { kraken_mode: Some(KrakenMode::Prefetch), ..InstanceSettings::default() };
    assert_eq!(mirror.check_settings(&settings).unwrap_err()[0].field, "kraken_mode");
}

fn basic(password: &str) -> Auth {
    Auth::Basic { username: "warm".to_owned(), password: Secret::new(password) }
}
