//! The vendor `kraken` by its origins: the mode that knows the end.

use std::time::Duration;

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::digest::Digest;
use forewarm_fake::kraken::{Backend, Knobs, Kraken};
use forewarm_fake::registry::{ImageSpec, Pushed, Registry};
use forewarm_fake::{Answer, Fault};
use forewarm_provider::{ImagePreheat, Outcome, Preheat, ProviderError, Subject};

use crate::support::preheats::{
    after, child, connect, failed, image, instance, log, preheat, proven, running, text,
};

/// A registry with an image of three blobs, and a Kraken whose backend it is.
pub async fn cluster(repository: &str) -> (Kraken, Registry, Pushed) {
    let registry = Registry::start().await.unwrap();
    let spec = ImageSpec::default().layer_of("a", 2000).layer_of("b", 3000);
    let pushed = registry.push_image(repository, "v1", spec);
    let kraken = Kraken::start_with(Backend::Registry(registry.url()).into()).await.unwrap();
    (kraken, registry, pushed)
}

pub fn task(image: ImagePreheat) -> Preheat {
    preheat(Subject::Image(image))
}

#[tokio::test]
async fn origin_mode_ends_when_manifest_and_blobs_are_in_the_origins_cache() {
    let (kraken, registry, pushed) = cluster("team/deep/app").await;
    let engine = connect(&instance("kraken", &kraken.url()));
    let task = task(image(&registry, &pushed));

    let first = engine.preheat(&task, &log()).await.unwrap();
    let (message, check_in) = running(&first.outcome);
    assert_eq!((message, check_in), ("0 of 4 blobs cached", Duration::from_secs(2)));
    assert_eq!(first.report.missing.len(), 4);

    let log = log();
    let task = after(&task, check_in);
    let done = engine.progress(&task, None, &log).await.unwrap();

    assert!(proven(&done.outcome).starts_with("4 of 4 blobs cached"));
    assert_eq!((done.report.expected, done.report.confirmed), (4, 4));
    assert!(pushed.blobs.iter().all(|blob| kraken.has(blob)));
    assert!(kraken.has(&pushed.digest));
    assert!(text(&log).contains(&format!("{}: cached", pushed.blobs[0])));
}

#[tokio::test]
async fn the_whole_repository_name_is_one_encoded_segment() {
    let (kraken, registry, pushed) = cluster("team/deep/app").await;
    let engine = connect(&instance("kraken", &kraken.url()));

    engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap();

    let start = "/namespace/team%2Fdeep%2Fapp/blobs/sha256:";
    let asked = kraken.recorder().requests();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|request| request.path.starts_with(start)));
}

#[tokio::test]
async fn the_index_that_a_tag_names_is_cached_too_and_other_platforms_are_not() {
    let registry = Registry::start().await.unwrap();
    let index = registry.push_index("team/app", "v1", &["linux/amd64", "linux/arm64"], true);
    let knobs = Knobs { pending: 0, ..Backend::Registry(registry.url()).into() };
    let kraken = Kraken::start_with(knobs).await.unwrap();
    let engine = connect(&instance("kraken", &kraken.url()));

    let done = engine.preheat(&task(child(&registry, &index, "linux/arm64")), &log()).await.unwrap();

    proven(&done.outcome);
    let arm = index.child("linux/arm64").unwrap();
    let mut expected = arm.blobs.clone();
    expected.extend([index.digest.clone(), arm.digest.clone()]);
    expected.sort();
    assert_eq!(kraken.cached(), expected);
}

#[tokio::test]
async fn a_blob_that_takes_long_is_asked_for_again_and_again() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    kraken.pending(&pushed.blobs[1], 3);
    let engine = connect(&instance("kraken", &kraken.url()));
    let task = task(image(&registry, &pushed));
    let mut progress = engine.preheat(&task, &log()).await.unwrap();
    let mut looks = 0;

    while let Outcome::Running { .. } = progress.outcome {
        looks += 1;
        let task = after(&task, Duration::from_secs(looks * 2));
        progress = engine.progress(&task, None, &log()).await.unwrap();
        if looks == 1 {
            assert_eq!(running(&progress.outcome).0, "3 of 4 blobs cached");
            assert_eq!(progress.report.missing, [pushed.blobs[1].clone()]);
        }
    }

    proven(&progress.outcome);
    assert_eq!(looks, 3);
}

#[tokio::test]
async fn looks_become_rarer_and_end_with_the_tasks_time() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    kraken.pending(&pushed.blobs[1], 100);
    let engine = connect(&instance("kraken", &kraken.url()));
    let mut task = task(image(&registry, &pushed));
    task.options.timeout_seconds = Some(300);
    engine.preheat(&task, &log()).await.unwrap();

    let late = after(&task, Duration::from_secs(61));
    let progress = engine.progress(&late, None, &log()).await.unwrap();
    assert_eq!(running(&progress.outcome).1, Duration::from_secs(5));

    let too_late = after(&task, Duration::from_secs(300));
    let progress = engine.progress(&too_late, None, &log()).await.unwrap();
    let (message, retry) = failed(&progress.outcome);
    assert!(message.contains("after 300 seconds") && message.contains(&pushed.blobs[1]), "{message}");
    assert!(retry);
}

#[tokio::test]
async fn a_blob_that_the_backend_does_not_have_is_named_and_not_retried() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    kraken.refuse(&pushed.blobs[2], 404, 1);
    let engine = connect(&instance("kraken", &kraken.url()));

    let done = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap();

    let (message, retry) = failed(&done.outcome);
    assert!(message.contains(&pushed.blobs[2]), "{message}");
    assert!(!retry);
}

#[tokio::test]
async fn a_broken_origin_is_asked_again_and_one_without_a_free_worker_only_a_little_later() {
    for (status, is_busy) in [(500, false), (502, false), (503, true), (429, true)] {
        let (kraken, registry, pushed) = cluster("team/app").await;
        kraken.refuse(&pushed.blobs[0], status, 1);
        let engine = connect(&instance("kraken", &kraken.url()));
        let task = task(image(&registry, &pushed));

        let error = engine.preheat(&task, &log()).await.unwrap_err();

        match error {
            ProviderError::Busy { .. } => assert!(is_busy, "{error:?}"),
            ProviderError::Transient { .. } => assert!(!is_busy, "{error:?}"),
            _ => panic!("{error:?}"),
        }
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        running(&engine.preheat(&task, &log()).await.unwrap().outcome);
    }
}

#[tokio::test]
async fn a_server_that_is_no_origin_is_told_from_a_missing_blob() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    let engine = connect(&instance("kraken", &kraken.proxy_url()));

    let error = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
    assert!(error.to_string().contains("must be an origin of Kraken"), "{error}");
}

#[tokio::test]
async fn a_refusal_over_https_is_explained() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    kraken.refuse(&pushed.digest, 403, 1);
    let engine = connect(&instance("kraken", &kraken.url()));

    let error = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
    assert!(error.to_string().contains("client certificate"), "{error}");
}

#[tokio::test]
async fn digests_that_kraken_does_not_know_are_not_asked_for() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    let mut image = image(&registry, &pushed);
    image.blobs[0].digest = Digest::parse(&format!("sha512:{}", "0".repeat(128))).unwrap();
    let engine = connect(&instance("kraken", &kraken.url()));

    let done = engine.preheat(&task(image), &log()).await.unwrap();

    assert!(failed(&done.outcome).0.contains("sha256 digests only"));
    assert!(kraken.recorder().requests().is_empty());
}

#[tokio::test]
async fn ping_tells_kraken_from_anything_else() {
    let kraken = Kraken::start().await.unwrap();
    let engine = connect(&instance("kraken", &kraken.url()));
    assert_eq!(engine.ping().await.unwrap(), "Kraken answered (mode origin)");

    for fault in [Fault::html(), Fault::moved("/login")] {
        kraken.faults().next(fault);
        let error = engine.ping().await.unwrap_err();
        assert!(error.to_string().contains("not Kraken"), "{error}");
    }
}

#[tokio::test]
async fn credentials_for_a_proxy_in_front_are_sent_and_never_shown() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    let mut engine = instance("kraken", &kraken.url());
    engine.auth = Auth::Bearer { token: Secret::new("front-door-token") };
    let answer = Answer::new(401).text("who is front-door-token?");
    kraken.faults().next(Fault::Answer(answer));
    let log = log();

    let error = connect(&engine).preheat(&task(image(&registry, &pushed)), &log).await.unwrap_err();

    let sent = kraken.recorder().requests();
    assert_eq!(sent[0].header("authorization"), Some("Bearer front-door-token"));
    assert!(error.to_string().contains("who is ***?"), "{error}");
    assert!(!text(&log).contains("front-door-token"));
}
