//! Remote look-ups: only for what passed the cheap filters, and shown in what the execution says.

use forewarm_domain::criteria::{Criteria, ProjectCriteria};
use forewarm_domain::execution::{Only, Spec, Work};
use forewarm_domain::filter::Filter;
use forewarm_domain::registry::Registry;
use forewarm_domain::severity::Severity;
use forewarm_domain::status::Status;
use forewarm_domain::task::Target;
use forewarm_fake::dragonfly::{Dragonfly, Knobs};
use forewarm_fake::registry::{Lie, Registry as Fake};

use crate::support::lab::Lab;

struct Scene {
    lab: Lab,
    fake: Fake,
    registry: Registry,
    spec: Spec,
}

impl Scene {
    /// A registry, and an engine that takes everything.
    async fn start(filters: Vec<Filter>) -> (Self, Dragonfly) {
        let lab = Lab::start().await;
        let fake = Fake::start().await.unwrap();
        let knobs = Knobs { clock: lab.clock.clone(), ..Knobs::default() };
        let engine = Dragonfly::start_with(knobs).await.unwrap();
        let registry = lab.registry("hub", &fake.url()).await;
        let instance = lab.instance(Lab::draft("seeds", "dragonfly", &engine.url())).await;
        let spec = Lab::select(&registry, filters, &[&instance]);
        (Self { lab, fake, registry, spec }, engine)
    }

    fn demand(&mut self, signed_only: bool, max_severity: Option<Severity>) {
        let Work::Policy(selection) = &mut self.spec.work else { unreachable!() };
        let own = Criteria { signed_only, max_severity };
        selection.criteria = ProjectCriteria { own, ..ProjectCriteria::default() };
    }

    async fn run(&self) -> i64 {
        let id = self.lab.execute(self.spec.clone()).await;
        self.lab.run_dry().await;
        id
    }

    /// `repository:tag` of every task.
    async fn images(&self, id: i64) -> Vec<String> {
        let mut images = Vec::new();
        for task in self.lab.tasks(id).await {
            let Target::Image(image) = task.target else { continue };
            images.push(format!("{}:{}", image.repository, image.tags.join(",")));
        }
        images.sort();
        images
    }

    fn look_ups_of_signatures(&self) -> usize {
        let asked = self.fake.recorder().requests();
        asked.iter().filter(|request| request.path.contains("/referrers/")).count()
    }
}

#[tokio::test]
async fn only_signed_artifacts_are_preheated() {
    let (scene, _engine) = Scene::start(vec![Filter::Signature { signed: true }]).await;
    let pushed = scene.fake.holds(&["shop/web:v1", "shop/web:v2", "shop/cart:v1"]);
    scene.fake.sign_by_tag("shop/web", &pushed[0].digest);
    scene.fake.sign_by_referrer("shop/cart", &pushed[2].digest);

    let id = scene.run().await;

    assert_eq!(scene.images(id).await, ["shop/cart:v1", "shop/web:v1"]);
    let message = scene.lab.execution(id).await.message;
    assert!(message.contains("1 by signature"), "{message}");
}

#[tokio::test]
async fn a_signature_on_an_index_covers_its_children() {
    let (scene, _engine) = Scene::start(vec![Filter::Signature { signed: true }]).await;
    let index = scene.fake.push_index("shop/web", "v1", &["linux/amd64", "linux/arm64"], true);
    scene.fake.sign_by_tag("shop/web", &index.digest);

    let id = scene.run().await;

    assert_eq!(scene.images(id).await, ["shop/web:v1", "shop/web:v1"]);
}

#[tokio::test]
async fn a_project_demands_signatures_of_every_policy() {
    let (mut scene, _engine) = Scene::start(vec![]).await;
    let pushed = scene.fake.holds(&["shop/web:v1", "shop/web:v2"]);
    scene.fake.sign_by_tag("shop/web", &pushed[1].digest);
    scene.demand(true, None);

    let id = scene.run().await;

    assert_eq!(scene.images(id).await, ["shop/web:v2"]);
}

#[tokio::test]
async fn signatures_are_looked_up_only_for_what_passed_the_cheap_filters() {
    let filters = vec![Filter::Signature { signed: true }, Filter::Tag { pattern: "v1".to_owned() }];
    let (scene, _engine) = Scene::start(filters).await;
    scene.fake.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3", "shop/cart:v2"]);

    scene.run().await;

    assert_eq!(scene.look_ups_of_signatures(), 1);
}

#[tokio::test]
async fn a_plain_registry_scans_nothing_so_a_severity_leaves_everything_out() {
    let (mut scene, _engine) = Scene::start(vec![]).await;
    scene.fake.holds(&["shop/web:v1"]);
    scene.demand(false, Some(Severity::Critical));

    let id = scene.run().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success);
    assert_eq!(execution.message, "no artifact matched; left out: 1 by vulnerability");
}

#[tokio::test]
async fn the_artifact_of_an_event_is_looked_at_alone_and_a_tag_that_moved_on_is_dropped() {
    let (mut scene, _engine) = Scene::start(vec![]).await;
    let pushed = scene.fake.holds(&["shop/web:v1", "shop/web:v2", "shop/cart:v1"]);
    scene.fake.tag("shop/web", "v1", "stable");
    let Work::Policy(selection) = &mut scene.spec.work else { unreachable!() };
    selection.only = Some(Only {
        repository: "shop/web".to_owned(),
        digest: Some(pushed[0].digest.clone().try_into().unwrap()),
        tags: vec!["v1".to_owned(), "stable".to_owned(), "v2".to_owned()],
    });

    let id = scene.run().await;

    assert_eq!(scene.images(id).await, ["shop/web:v1,stable"]);
    let message = scene.lab.execution(id).await.message;
    assert!(message.contains("left out: 1 by tag"), "{message}");
    assert_eq!(scene.registry.kind, "oci");
}

#[tokio::test]
async fn a_registry_that_lies_fails_the_execution_with_the_reason_and_within_bounds() {
    let lies = [
        (Lie::ManifestBody, "whose digest is"),
        (Lie::EndlessPaging, "endless paging"),
        (Lie::HugeManifest(10_000_000), "larger than"),
    ];
    for (lie, reason) in lies {
        let (scene, _engine) = Scene::start(vec![]).await;
        scene.fake.holds(&["shop/web:v1"]);
        scene.fake.lie(lie);

        let id = scene.run().await;

        let execution = scene.lab.execution(id).await;
        assert_eq!(execution.status, Status::Error);
        assert!(execution.message.contains(reason), "{}", execution.message);
        assert!(scene.lab.tasks(id).await.is_empty());
    }
}
