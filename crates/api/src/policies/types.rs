//! Policies, as users write and read them.

use chrono::{DateTime, Utc};
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::harbor::texts::Texts;
use forewarm_domain::instance::Instance;
use forewarm_domain::name;
use forewarm_domain::options::{Kind, OriginAccess};
use forewarm_domain::policy::{DEFAULT_MAX_ATTEMPTS, Policy};
use forewarm_domain::project::Project;
use forewarm_domain::trigger::Trigger;
use forewarm_store::policies::PolicyDraft;
use poem_openapi::Object;

use crate::access::{AccessView, AccessWrite};
use crate::checks::Checks;
use crate::criteria::EffectiveView;
use crate::error::ApiError;
use crate::filters::FilterObject;
use crate::options::OptionsObject;
use crate::plan::{self, Wish};
use crate::state::ApiState;
use crate::triggers::{ScheduleView, TriggerObject};

/// Which artifacts go to which instances, when and how.
#[derive(Object)]
#[oai(rename = "Policy", skip_serializing_if_is_none)]
pub struct View {
    /// Name of its project.
    project: String,
    name: String,
    description: String,
    enabled: bool,
    filters: Vec<FilterObject>,
    /// What the signature and vulnerability filters and the project's criteria come to.
    criteria: EffectiveView,
    trigger: TriggerObject,
    /// When its schedule is due; absent without one.
    schedule: Option<ScheduleView>,
    options: OptionsObject,
    access: AccessView,
    /// Names of the instances; none: the default instance.
    instances: Vec<String>,
    /// How often a task is tried before it has failed.
    max_attempts: i64,
    /// Whether runs by schedule and event leave out what is proven warm.
    skip_if_warm: bool,
    /// What is allowed but probably not wanted.
    warnings: Vec<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A policy to be stored.
#[derive(Object)]
#[oai(rename = "PolicyWrite")]
pub struct Write {
    /// Letters and digits, with single `.`, `_` or `-` between them.
    #[oai(validator(max_length = 255))]
    pub name: String,
    #[oai(validator(max_length = 2000))]
    description: Option<String>,
    /// Left out: true.
    enabled: Option<bool>,
    /// An artifact must meet all of them; none: everything in the project.
    #[oai(validator(max_items = 50))]
    filters: Option<Vec<FilterObject>>,
    /// Left out: manual.
    trigger: Option<TriggerObject>,
    options: Option<OptionsObject>,
    access: Option<AccessWrite>,
    /// Names of the instances. Left out or empty: the default instance.
    #[oai(validator(max_items = 100))]
    instances: Option<Vec<String>>,
    /// How often a task is tried before it has failed; left out: 5.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    max_attempts: Option<i64>,
    /// Whether runs by schedule and event leave out what is proven warm on an instance and still fresh there. A run
    /// by hand preheats it anyway, unless it is asked not to. Left out: true.
    skip_if_warm: Option<bool>,
}

impl Write {
    /// What is to be stored, or everything that is wrong with it.
    pub async fn draft(&self, state: &ApiState, current: Option<&Policy>) -> Result<PolicyDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(name::check("name", &self.name));
        let filters: Vec<Filter> = self.filters.iter().flatten().map(Filter::from).collect();
        checks.add(Selector::compile(&filters).err().into_iter().flatten());
        let trigger = self.trigger.as_ref().map_or(Ok(Trigger::Manual), TriggerObject::resolve);
        let trigger = checks.take(trigger).unwrap_or_default();
        let names = self.instances.as_deref().unwrap_or_default();
        let instances = plan::instances(state, &mut checks, names).await?;
        let wish = Wish {
            kind: Kind::Image,
            options: self.options.as_ref(),
            access: self.access.as_ref(),
            stored_access: current.map_or_else(OriginAccess::default, |current| current.access.clone()),
        };
        let plan = wish.plan(&mut checks, &instances);
        let plan = checks.finish(plan)?;
        Ok(PolicyDraft {
            name: self.name.clone(),
            description: self.description.clone().unwrap_or_default(),
            enabled: self.enabled.unwrap_or(true),
            filters,
            trigger,
            options: plan.options,
            access: plan.access,
            instance_ids: if names.is_empty() { vec![] } else { ids(&instances) },
            skip_if_warm: self.skip_if_warm,
            max_attempts: attempts(self.max_attempts),
            texts: None,
        })
    }
}

impl Write {
    /// The policy as it would be stored, for a preview.
    pub async fn unsaved(&self, state: &ApiState, project: &Project) -> Result<Policy, ApiError> {
        let draft = self.draft(state, None).await?;
        let now = state.store.clock().local();
        Ok(Policy {
            id: 0,
            project_id: project.id,
            project: project.name.clone(),
            name: draft.name,
            description: draft.description,
            enabled: draft.enabled,
            filters: draft.filters,
            criteria: project.criteria,
            trigger: draft.trigger,
            options: draft.options,
            access: draft.access,
            instances: self.instances.clone().unwrap_or_default(),
            max_attempts: draft.max_attempts,
            skip_if_warm: draft.skip_if_warm,
            next_fire_at: None,
            texts: Texts::default(),
            created_at: now,
            updated_at: now,
        })
    }
}

/// How often a task is tried.
pub fn attempts(given: Option<i64>) -> i32 {
    given.and_then(|number| i32::try_from(number).ok()).unwrap_or(DEFAULT_MAX_ATTEMPTS)
}

fn ids(instances: &[Instance]) -> Vec<i64> {
    instances.iter().map(|instance| instance.id).collect()
}

impl View {
    /// The policy as it is seen at this moment.
    pub fn at(policy: Policy, now: DateTime<Utc>) -> Self {
        Self {
            warnings: policy.options.warnings(Kind::Image),
            criteria: EffectiveView::of(&policy.filters, &policy.criteria),
            schedule: ScheduleView::of(&policy.trigger, policy.enabled, now),
            skip_if_warm: policy.skip_if_warm.unwrap_or(true),
            project: policy.project,
            name: policy.name,
            description: policy.description,
            enabled: policy.enabled,
            filters: policy.filters.iter().map(FilterObject::from).collect(),
            trigger: TriggerObject::from(&policy.trigger),
            options: OptionsObject::from(&policy.options),
            access: AccessView::from(&policy.access),
            instances: policy.instances,
            max_attempts: policy.max_attempts.into(),
            created_at: policy.created_at,
            updated_at: policy.updated_at,
        }
    }
}
