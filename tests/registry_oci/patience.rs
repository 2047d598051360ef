//! Waiting when the registry asks for it, and no longer than is reasonable.

use std::time::Duration;

use forewarm_fake::registry::Registry as Fake;
use forewarm_fake::{Answer, Fault};
use forewarm_registry::{Registry, RegistryError};

use crate::support::clock::TestClock;
use crate::support::oci::{connect, settings};

async fn start() -> (Fake, TestClock, std::sync::Arc<dyn Registry>) {
    let fake = Fake::start().await.unwrap();
    fake.holds(&["web:v1"]);
    let clock = TestClock::with(fake.clock());
    let registry = connect(&settings(&fake.url()), &clock.outbound());
    (fake, clock, registry)
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let (fake, clock, registry) = start().await;
    fake.faults().next(Fault::too_many(7));

    assert_eq!(registry.repositories("").await.unwrap(), ["web"]);

    assert_eq!(clock.sleeps(), [Duration::from_secs(7)]);
    assert_eq!(fake.recorder().requests().len(), 2);
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let (fake, clock, registry) = start().await;
    let date = fake.clock().now() + chrono::TimeDelta::seconds(9);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let busy = Answer::new(503).header("retry-after", date);
    fake.faults().next(Fault::Answer(busy));

    registry.repositories("").await.unwrap();

    assert_eq!(clock.sleeps(), [Duration::from_secs(9)]);
}

#[tokio::test]
async fn without_retry_after_the_waits_grow() {
    let (fake, clock, registry) = start().await;
    fake.faults().on("GET", "").times(3).inject(Fault::status(429, ""));

    registry.repositories("").await.unwrap();

    let sleeps = clock.sleeps();
    assert_eq!(sleeps.len(), 3);
    for (sleep, base) in sleeps.iter().zip([1.0, 2.0, 4.0]) {
        assert!((base..=base * 1.5).contains(&sleep.as_secs_f64()), "{sleep:?}");
    }
}

#[tokio::test]
async fn patience_ends_and_the_error_says_when_to_come_back() {
    let (fake, clock, registry) = start().await;
    fake.faults().on("GET", "").always().inject(Fault::too_many(8));

    let error = registry.repositories("").await.unwrap_err();

    assert!(error.is_transient());
    let RegistryError::Http(http) = &error else { panic!("{error:?}") };
    assert_eq!(http.retry_after, Some(Duration::from_secs(8)));
    assert!(error.to_string().contains("429"), "{error}");
    assert_eq!(clock.sleeps().len(), 2, "a third wait would go beyond twenty seconds");
}

#[tokio::test]
async fn a_long_wait_is_left_to_the_caller() {
    let (fake, clock, registry) = start().await;
    fake.faults().next(Fault::too_many(3600));

    let error = registry.repositories("").await.unwrap_err();

    let RegistryError::Http(http) = &error else { panic!("{error:?}") };
    assert_eq!(http.retry_after, Some(Duration::from_secs(3600)));
    assert!(clock.sleeps().is_empty());
    assert_eq!(fake.recorder().requests().len(), 1);
}

#[tokio::test]
async fn server_errors_are_left_to_the_caller() {
    let (fake, clock, registry) = start().await;
    fake.faults().next(Fault::bad_gateway());

    let error = registry.repositories("").await.unwrap_err();

    assert!(error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("502"), "{error}");
    assert!(clock.sleeps().is_empty());
}
