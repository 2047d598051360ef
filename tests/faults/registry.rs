//! Registries that are slow, set limits, change their mind, and let tokens expire.

use std::time::Duration;

use forewarm_fake::Fault;
use forewarm_fake::clock::Clock;
use forewarm_fake::registry::{Auth, Bearer, ImageSpec, Knobs};

use super::break_while_running;
use super::scene::{Scene, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_slow_and_sets_limits_costs_time_and_nothing_else() {
    let setup = Setup { executions: 0, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        let faults = scene.images.faults();
        faults.on("GET", "/v2/").times(60).inject(Fault::Delay(Duration::from_millis(500)));
        faults.on("", "/v2/").times(60).inject(Fault::too_many(1));
        faults.on("GET", "/v2/").times(20).inject(Fault::Delay(Duration::from_secs(3)));
        scene.execute().await;
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_registry_that_expire_in_the_middle_of_a_run_are_renewed() {
    let auth = Auth::Bearer(Bearer { ttl: Duration::from_secs(6), ..Bearer::default() });
    let registry = Knobs { clock: Clock::real(), ..Knobs::from(auth) };
    // Few at a time, so that it lasts for several lives of a token.
    let setup = Setup { images: 120, max_in_flight: 8, registry, ..Setup::default() };
    let verdict = break_while_running(setup, async |_: &mut Scene| {}).await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_move_between_listing_and_submission_change_nothing_of_what_was_listed() {
    let setup = Setup { images: 100, max_in_flight: 8, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        scene.until_jobs(1).await;
        for name in 0..100 {
            let (repository, tag) = (format!("shop/app{}", name / 50), format!("v{}", name % 50));
            scene.images.push_image(&repository, &tag, ImageSpec::default().layer_of("other", 500));
        }
    })
    .await;
    verdict.assert_clean();
}
