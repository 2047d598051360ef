//! From a policy in Harbor's form to what is to be stored. What Harbor's fields cannot say stays as it is, and so does
//! what they say only roughly, as long as they say the same as before.

use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::harbor::extra_attrs::ExtraAttrs;
use forewarm_domain::harbor::texts::Texts;
use forewarm_domain::harbor::{filters, trigger};
use forewarm_domain::instance::Instance;
use forewarm_domain::options::{Kind, OriginAccess, PreheatOptions};
use forewarm_domain::policy::{DEFAULT_MAX_ATTEMPTS, Policy};
use forewarm_domain::trigger::{Schedule, Trigger};
use forewarm_domain::{Invalid, name};
use forewarm_store::policies::PolicyDraft;

use super::types::{Model, provider};
use crate::checks::Checks;
use crate::error::ApiError;
use crate::harbor::errors;
use crate::harbor::instances::types::{check_description, text};
use crate::plan;

/// The longest pattern and the longest cron expression, as in `/api/v1`.
const LONGEST_PATTERN: usize = 1024;
const LONGEST_CRON: usize = 200;

impl Model {
    /// The draft, or everything that is wrong with it; `instances` are all there are.
    pub fn draft(&self, current: Option<&Policy>, instances: &[Instance]) -> Result<PolicyDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(self.check_id(current));
        let name = self.name.clone().or_else(|| current.map(|current| current.name.clone()));
        let name = name.unwrap_or_default();
        checks.check(name::check("name", &name));
        let description = text(self.description.as_ref()).to_owned();
        checks.check(check_description(&description));
        let filters = checks.take(self.filters(current)).unwrap_or_default();
        checks.add(Selector::compile(&filters).err().into_iter().flatten());
        let trigger = checks.take(self.trigger(current)).unwrap_or_default();
        let options = checks.take(self.options(current));
        let chosen = self.chosen(current, instances)?;
        let access = current.map_or_else(OriginAccess::default, |current| current.access.clone());
        if let Some(options) = &options {
            checks.add(refusals(&chosen, options, &access));
        }
        let options = checks.finish(options)?;
        Ok(PolicyDraft {
            name,
            description,
            enabled: self.enabled.unwrap_or_default(),
            filters,
            texts: Some(self.texts(current, &trigger)),
            trigger,
            options,
            access,
            instance_ids: self.instance_ids(current, &chosen),
            skip_if_warm: current.and_then(|current| current.skip_if_warm),
            max_attempts: current.map_or(DEFAULT_MAX_ATTEMPTS, |current| current.max_attempts),
        })
    }

    /// The path is what names a policy; Harbor believes the body instead.
    fn check_id(&self, current: Option<&Policy>) -> Result<(), Invalid> {
        match (self.id, current) {
            (Some(id), Some(current)) if id != 0 && id != current.id => {
                let reason = format!("is {id}, but the policy at this address is {}", current.id);
                Err(Invalid::new("id", reason))
            }
            _ => Ok(()),
        }
    }

    fn filters(&self, current: Option<&Policy>) -> Result<Vec<Filter>, Invalid> {
        let said = filters::decode(text(self.filters.as_ref()))?;
        said.iter().try_for_each(check_filter)?;
        let same = |current: &&Policy| {
            filters::decode(&current.texts.filters(&current.filters)).is_ok_and(|shown| shown == said)
        };
        Ok(current.filter(same).map_or(said, |current| current.filters.clone()))
    }

    /// Which events, and what becomes of missed times, are not in Harbor's form.
    fn trigger(&self, current: Option<&Policy>) -> Result<Trigger, Invalid> {
        let said = trigger::decode(text(self.trigger.as_ref()))?;
        check_cron(&said)?;
        let Some(current) = current else { return Ok(said) };
        let shown = trigger::decode(&current.texts.trigger(&current.trigger));
        Ok(match (said, &current.trigger) {
            (said, stored) if shown.is_ok_and(|shown| shown == said) => stored.clone(),
            (Trigger::Schedule(said), Trigger::Schedule(stored)) => {
                Trigger::Schedule(Schedule { missed: stored.missed, ..said })
            }
            (said, _) => said,
        })
    }

    /// Options with the scope and the clusters that are meant. Harbor 2.12 had the scope in a field of its own, so that
    /// its clients send nothing of clusters; of the two places the one counts that says something new.
    fn options(&self, current: Option<&Policy>) -> Result<PreheatOptions, Invalid> {
        let stored = current.map(|current| current.options.clone()).unwrap_or_default();
        let given = self.extra_attrs.as_deref().map(ExtraAttrs::decode).transpose()?;
        let mut attrs = given.unwrap_or_else(|| ExtraAttrs::of(&stored));
        let scope = self.scope_word()?.scope;
        if scope.is_some() && scope != attrs.scope {
            let attrs_are_new = self.extra_attrs.is_some() && attrs.scope != stored.scope;
            if !attrs_are_new {
                attrs.scope = scope;
            } else if scope != stored.scope {
                return Err(Invalid::new(
                    "scope",
                    "says something else than extra_attrs; one of them is enough",
                ));
            }
        }
        let mut options = stored;
        attrs.apply(&mut options);
        Ok(options)
    }

    fn scope_word(&self) -> Result<ExtraAttrs, Invalid> {
        let object = serde_json::json!({ "scope": text(self.scope.as_ref()) });
        ExtraAttrs::decode(&object.to_string()).map_err(|invalid| {
            let reason = invalid.reason.trim_start_matches("scope ").to_owned();
            Invalid::new("scope", reason)
        })
    }

    /// The instances that the policy will go to.
    fn chosen(&self, current: Option<&Policy>, instances: &[Instance]) -> Result<Vec<Instance>, ApiError> {
        if let Some(current) = current.filter(|current| self.keeps_provider(current, instances)) {
            let names = &current.instances;
            let is_meant = |instance: &&Instance| match names.as_slice() {
                [] => instance.is_default,
                names => names.contains(&instance.name),
            };
            return Ok(instances.iter().filter(is_meant).cloned().collect());
        }
        let id = self.provider_id.unwrap_or_default();
        let found = instances.iter().find(|instance| instance.id == id);
        let found = found.ok_or_else(|| errors::not_found(format!("instance {id}")))?;
        Ok(vec![found.clone()])
    }

    /// None for a policy that names none: it goes on following the default instance.
    fn instance_ids(&self, current: Option<&Policy>, chosen: &[Instance]) -> Vec<i64> {
        let follows_default = current
            .is_some_and(|current| current.instances.is_empty() && self.keeps_provider(current, chosen));
        if follows_default { vec![] } else { chosen.iter().map(|instance| instance.id).collect() }
    }

    fn keeps_provider(&self, current: &Policy, instances: &[Instance]) -> bool {
        let shown = provider(current, instances).map(|instance| instance.id);
        self.provider_id.is_none_or(|id| id == 0) || self.provider_id == shown
    }

    /// What to give back later. Of a new schedule Harbor keeps its own writing (Harbor 2.16,
    /// `controller/p2p/preheat/controller.go`).
    fn texts(&self, current: Option<&Policy>, trigger: &Trigger) -> Texts {
        let is_new_schedule = current.is_none() && matches!(trigger, Trigger::Schedule(_));
        let kept = || current.and_then(|current| current.texts.extra_attrs.clone());
        Texts {
            filters: self.filters.clone(),
            trigger: if is_new_schedule { None } else { self.trigger.clone() },
            extra_attrs: self.extra_attrs.clone().or_else(kept),
        }
    }
}

/// A pattern that nobody can store or that nobody writes.
fn check_filter(filter: &Filter) -> Result<(), Invalid> {
    let texts: Vec<&String> = match filter {
        Filter::Repository { pattern } | Filter::Tag { pattern } => vec![pattern],
        Filter::Label { labels } => labels.iter().collect(),
        Filter::Signature { .. } | Filter::Vulnerability { .. } => vec![],
    };
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(Invalid::new("filters", "must not contain a NUL character"));
    }
    if texts.iter().any(|text| text.chars().count() > LONGEST_PATTERN) {
        let reason = format!("each value must have at most {LONGEST_PATTERN} characters");
        return Err(Invalid::new("filters", reason));
    }
    Ok(())
}

fn check_cron(trigger: &Trigger) -> Result<(), Invalid> {
    match trigger {
        Trigger::Schedule(schedule) if schedule.cron.chars().count() > LONGEST_CRON => {
            let reason = format!("trigger_setting.cron: must have at most {LONGEST_CRON} characters");
            Err(Invalid::new("trigger", reason))
        }
        _ => Ok(()),
    }
}

/// What the options or the instances cannot do, in Harbor's names of the fields.
fn refusals(instances: &[Instance], options: &PreheatOptions, access: &OriginAccess) -> Vec<Invalid> {
    let found = options.check(Kind::Image).err().unwrap_or_default();
    let found = found.into_iter().map(|invalid| invalid.within("options"));
    let refused =
        instances.iter().flat_map(|instance| plan::refusals(instance, Kind::Image, options, access));
    found
        .chain(refused)
        .map(|invalid| Invalid { field: harbors(&invalid.field).to_owned(), ..invalid })
        .collect()
}

fn harbors(field: &str) -> &str {
    match field {
        "options.scope" => "extra_attrs.scope",
        "options.scheduler_cluster_ids" => "extra_attrs.cluster_ids",
        "instances" => "provider_id",
        field => field,
    }
}
