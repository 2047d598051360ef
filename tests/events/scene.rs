//! A registry with images, a project, and policies that wait for events.

use std::time::Duration;

use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::delivery::{Delivery, Event, Received, Verdict};
use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;
use forewarm_domain::execution::Execution;
use forewarm_domain::filter::Filter;
use forewarm_domain::hint::{A_DAY, Hint, Key, Notice};
use forewarm_domain::instance::Instance;
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use forewarm_domain::registry::Registry;
use forewarm_domain::task::{Target, Task};
use forewarm_domain::trigger::Trigger;
use forewarm_fake::registry::Registry as FakeRegistry;
use forewarm_store::events::{Accepted, NewDelivery};
use forewarm_store::executions::ExecutionFilter;
use forewarm_store::outcome::Written;
use forewarm_store::policies::PolicyDraft;
use forewarm_store::projects::ProjectDraft;
use forewarm_store::registries::RegistryDraft;

use crate::support::lab::Lab;

pub struct Scene {
    pub lab: Lab,
    pub images: FakeRegistry,
    pub registry: Registry,
    pub project: Project,
    pub cache: Instance,
}

impl Scene {
    pub async fn start() -> Self {
        let lab = Lab::start().await;
        let images = FakeRegistry::start().await.unwrap();
        let registry = lab.registry("hub", &images.url()).await;
        Self::with(lab, images, registry).await
    }

    /// With a registry of another kind. The engine is one that will not do what it is asked.
    pub async fn of(lab: Lab, registry: Registry) -> Self {
        let images = FakeRegistry::start().await.unwrap();
        Self::with(lab, images, registry).await
    }

    async fn with(lab: Lab, images: FakeRegistry, registry: Registry) -> Self {
        let cache = lab.instance(Lab::draft("cache", "mirror", &images.url())).await;
        let project = project(&lab, &registry, "shop", "shop").await;
        Self { lab, images, registry, project, cache }
    }

    /// Lets the registry be watched every so many seconds, or not at all.
    pub async fn watch_every(&self, seconds: Option<i32>) {
        self.edit(seconds, self.registry.url.clone()).await;
    }

    /// Moves the watched registry to another address.
    pub async fn move_to(&self, url: &str) {
        self.edit(Some(60), url.parse().unwrap()).await;
    }

    async fn edit(&self, seconds: Option<i32>, url: url::Url) {
        let registry = self.registry.clone();
        let draft = RegistryDraft {
            name: registry.name,
            kind: registry.kind,
            description: String::new(),
            url,
            auth: registry.auth,
            insecure_tls: false,
            repositories: vec![],
            event_secrets: vec![],
            watch_interval_seconds: seconds,
        };
        done(self.lab.store.registries().update(self.registry.id, &draft).await.unwrap());
    }

    /// Lets a minute pass, looks at the registry, and does everything that comes of it.
    pub async fn look_again(&self) {
        self.lab.advance(60);
        self.lab.worker.watch().await;
        self.lab.run_dry().await;
    }

    /// An enabled policy of the project that waits for these events.
    pub async fn policy(&self, name: &str, events: &[EventKind], filters: Vec<Filter>) -> Policy {
        let draft = self.draft(name, events, filters);
        done(self.lab.store.policies().create(self.project.id, &draft).await.unwrap())
    }

    pub fn draft(&self, name: &str, events: &[EventKind], filters: Vec<Filter>) -> PolicyDraft {
        PolicyDraft {
            name: name.to_owned(),
            description: String::new(),
            enabled: true,
            filters,
            trigger: Trigger::Event { events: events.to_vec() },
            options: PreheatOptions::default(),
            access: OriginAccess::default(),
            instance_ids: vec![self.cache.id],
            skip_if_warm: None,
            max_attempts: 5,
            texts: None,
        }
    }

    /// Tells of one thing that happened, under a key of its own.
    pub async fn tell(
        &self,
        kind: EventKind,
        repository: &str,
        digest: Option<&str>,
        tags: &[&str],
    ) -> Accepted {
        let key = format!("{kind} {repository} {digest:?} {tags:?} {}", self.lab.clock.now());
        self.deliver(vec![Notice::Hint(hint(kind, repository, digest, tags, &key))]).await
    }

    pub async fn deliver(&self, notices: Vec<Notice>) -> Accepted {
        let delivery = NewDelivery {
            registry_id: self.registry.id,
            format: "distribution".to_owned(),
            note: String::new(),
            notices,
        };
        self.lab.store.events().accept(delivery).await.unwrap()
    }

    /// A push that is told as it happened.
    pub async fn push(&self, repository: &str, digest: &str, tag: &str) -> Accepted {
        self.tell(EventKind::Push, repository, Some(digest), &[tag]).await
    }

    pub async fn delivery(&self, id: i64) -> Delivery {
        self.lab.store.events().delivery(self.registry.id, id).await.unwrap().unwrap()
    }

    /// The only notice of a delivery.
    pub async fn notice(&self, accepted: Accepted) -> Received {
        let mut delivery = self.delivery(accepted.delivery_id).await;
        assert_eq!(delivery.notices.len(), 1);
        delivery.notices.remove(0)
    }

    /// The event of the only notice of a delivery.
    pub async fn event(&self, accepted: Accepted) -> Event {
        self.notice(accepted).await.event.unwrap()
    }

    /// All executions, oldest first.
    pub async fn executions(&self) -> Vec<Execution> {
        let filter = ExecutionFilter { oldest_first: true, ..ExecutionFilter::default() };
        self.lab.store.executions().list(&filter, 1_000, 0).await.unwrap().0
    }

    /// Names of the policies of all executions, in the order in which they were started.
    pub async fn started(&self) -> Vec<String> {
        self.executions().await.into_iter().map(|execution| execution.policy.unwrap()).collect()
    }

    pub async fn only_task(&self, execution_id: i64) -> Task {
        let mut tasks = self.lab.tasks(execution_id).await;
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        tasks.remove(0)
    }
}

pub async fn project(lab: &Lab, registry: &Registry, name: &str, namespace: &str) -> Project {
    let draft = ProjectDraft {
        name: name.to_owned(),
        description: String::new(),
        registry_id: registry.id,
        namespace: namespace.to_owned(),
        criteria: ProjectCriteria::default(),
    };
    done(lab.store.projects().create(&draft).await.unwrap())
}

pub fn hint(kind: EventKind, repository: &str, digest: Option<&str>, tags: &[&str], key: &str) -> Hint {
    Hint {
        kind,
        repository: repository.to_owned(),
        digest: digest.map(|digest| Digest::parse(digest).unwrap()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        occurred_at: None,
        key: self::key(key, A_DAY),
    }
}

pub fn key(text: &str, window: Duration) -> Key {
    Key { text: text.to_owned(), window }
}

pub fn image(task: &Task) -> &forewarm_domain::task::ImageTarget {
    let Target::Image(image) = &task.target else { panic!("an image: {task:?}") };
    image
}

/// Why a policy did not run.
pub fn reason<'a>(event: &'a Event, policy: &str) -> &'a str {
    let verdict = verdict(event, policy);
    assert_eq!(verdict.execution_id, None, "{verdict:?}");
    &verdict.reason
}

pub fn verdict<'a>(event: &'a Event, policy: &str) -> &'a Verdict {
    let found = event.outcome.policies.iter().find(|verdict| verdict.policy == policy);
    found.unwrap_or_else(|| panic!("nothing about {policy}: {event:?}"))
}

pub fn tag(pattern: &str) -> Filter {
    Filter::Tag { pattern: pattern.to_owned() }
}

pub fn repository(pattern: &str) -> Filter {
    Filter::Repository { pattern: pattern.to_owned() }
}

pub fn done<T>(written: Written<T>) -> T {
    match written {
        Written::Done(row) => row,
        _ => panic!("the row could not be written"),
    }
}
