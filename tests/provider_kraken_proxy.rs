//! The vendor `kraken` by its proxy: the modes that only say "accepted".

use forewarm_domain::instance::{Instance, InstanceSettings, KrakenMode};
use forewarm_domain::options::{Kind, PreheatOptions};
use forewarm_domain::task::Proof;
use forewarm_fake::kraken::{Backend, Knobs, Kraken};
use forewarm_fake::registry::{ImageSpec, Registry};
use forewarm_fake::{Answer, Fault};
use forewarm_provider::{Outcome, ProviderError, vendor};
use url::Url;

use crate::provider_kraken::{cluster, task};
use crate::support::preheats::{connect, failed, image, instance, log};

fn in_mode(mode: KrakenMode, endpoint: &str) -> Instance {
    let mut engine = instance("kraken", endpoint);
    engine.settings.kraken_mode = Some(mode);
    engine
}

#[track_caller]
fn accepted(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Success { proof: Proof::Submitted, message } => message,
        other => panic!("expected it to be accepted and no more, not {other:?}"),
    }
}

#[tokio::test]
async fn prefetch_mode_triggers_every_tag_and_claims_no_more() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    // A storage that ignores the namespace, as S3 does; a registry as backend fails, see below.
    kraken.set_backend(Backend::Everything);
    let engine = connect(&in_mode(KrakenMode::Prefetch, &kraken.proxy_url()));
    let mut image = image(&registry, &pushed);
    image.tags = vec!["v1".into(), "v1.2".into()];
    image.registry_url = Url::parse("https://registry.corp.test:8443/").unwrap();

    let done = engine.preheat(&task(image), &log()).await.unwrap();

    assert!(accepted(&done.outcome).contains("cannot tell whether they ended well"));
    assert_eq!(kraken.prefetched_tags(), ["team/app:v1", "team/app:v1.2"]);
    let asked = kraken.proxy_recorder().requests()[0].json().unwrap();
    assert_eq!(asked["tag"], "registry.corp.test:8443/team/app:v1");
    assert_eq!(done.report.confirmed, 0);
}

#[tokio::test]
async fn prefetch_mode_refuses_names_that_the_proxy_would_cut() {
    for (repository, tags) in
        [("team/deep/app", vec!["v1".to_owned()]), ("app", vec!["v1".to_owned()]), ("team/app", vec![])]
    {
        let (kraken, registry, pushed) = cluster(repository).await;
        let engine = connect(&in_mode(KrakenMode::Prefetch, &kraken.proxy_url()));
        let mut image = image(&registry, &pushed);
        image.tags = tags;

        let done = engine.preheat(&task(image), &log()).await.unwrap();

        let (message, retry) = failed(&done.outcome);
        assert!(message.contains("use mode origin"), "{message}");
        assert!(!retry);
        assert!(kraken.proxy_recorder().requests().is_empty());
    }
}

#[tokio::test]
async fn a_trigger_that_fails_is_told_in_the_proxys_words() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    let engine = connect(&in_mode(KrakenMode::Prefetch, &kraken.proxy_url()));

    let error = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Transient { .. }), "{error:?}");
    assert!(error.to_string().contains("failed to download manifest"), "{error}");
}

#[tokio::test]
async fn notification_mode_says_accepted_and_never_more() {
    let registry = Registry::start().await.unwrap();
    for docker in [false, true] {
        let kraken = Kraken::start().await.unwrap();
        let spec = ImageSpec { docker, ..ImageSpec::default() };
        let pushed = registry.push_image("team/deep/app", "v1", spec);
        let engine = connect(&in_mode(KrakenMode::Notification, &kraken.proxy_url()));

        let done = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap();

        let message = accepted(&done.outcome);
        assert!(message.starts_with("accepted: Kraken's notification mode cannot tell"), "{message}");
        assert_eq!(kraken.received(), [format!("team/deep/app@{}", pushed.digest)]);
    }
}

#[tokio::test]
async fn what_kraken_would_drop_without_a_word_is_not_sent() {
    let registry = Registry::start().await.unwrap();
    let kraken = Kraken::start().await.unwrap();
    let index = registry.push_index("team/app", "v1", &["linux/amd64"], false);
    let engine = connect(&in_mode(KrakenMode::Notification, &kraken.proxy_url()));

    let done = engine.preheat(&task(image(&registry, &index)), &log()).await.unwrap();

    let (message, retry) = failed(&done.outcome);
    assert!(message.contains("image manifests with sha256 digests only"), "{message}");
    assert!(!retry);
    assert!(kraken.events().is_empty());
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_may_be_a_failure() {
    let (kraken, registry, pushed) = cluster("team/app").await;
    kraken.proxy_faults().next(Fault::Answer(Answer::hang_up()));
    let engine = connect(&in_mode(KrakenMode::Notification, &kraken.proxy_url()));

    let error = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Transient { .. }), "{error:?}");
    assert!(error.to_string().contains("may or may not have taken"), "{error}");
}

#[tokio::test]
async fn notifications_that_nginx_swallows_are_explained() {
    let (_, registry, pushed) = cluster("team/app").await;
    let knobs = Knobs { nginx: true, ..Knobs::default() };
    let kraken = Kraken::start_with(knobs).await.unwrap();
    let engine = connect(&in_mode(KrakenMode::Notification, &kraken.proxy_url()));

    let error = engine.preheat(&task(image(&registry, &pushed)), &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
    assert!(error.to_string().contains("nginx does not pass them on"), "{error}");
}

#[test]
fn platforms_cannot_be_chosen_in_prefetch_mode() {
    let kraken = vendor("kraken").unwrap();
    let options =
        PreheatOptions { platforms: vec!["linux/arm64".parse().unwrap()], ..PreheatOptions::default() };
    assert_eq!(kraken.check(Kind::Image, &options), Ok(()));
    for (mode, honoured) in
        [(KrakenMode::Origin, true), (KrakenMode::Prefetch, false), (KrakenMode::Notification, true)]
    {
        let engine = in_mode(mode, "http://kraken.test");
        let checked = kraken.check_instance(&engine, Kind::Image, &options);
        assert_eq!(checked.is_ok(), honoured, "{checked:?}");
    }
    let settings = InstanceSettings {
        registry_url: Some(Url::parse("https://r.test").unwrap()),
        ..InstanceSettings::default()
    };
    assert_eq!(kraken.check_settings(&settings).unwrap_err()[0].field, "registry_url");
}
