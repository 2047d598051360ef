//! Filters and triggers of policies, as users write and read them.

use forewarm_domain::filter::Filter;
use forewarm_domain::trigger::Trigger;
use poem_openapi::{Object, Union};

/// One condition that an artifact must meet; it must meet all of a policy's.
#[derive(Union, Debug)]
#[oai(rename = "Filter", one_of = true, discriminator_name = "type", rename_all = "snake_case")]
pub enum FilterObject {
    Repository(RepositoryFilter),
    Tag(TagFilter),
    Label(LabelFilter),
}

/// The repository's name, without the project's namespace, matches a glob.
#[derive(Object, Debug)]
pub struct RepositoryFilter {
    /// For example `web`, `team-*/**` or `{web,cart}`. Empty: every repository.
    #[oai(validator(max_length = 1024))]
    pattern: String,
}

/// A tag matches a glob.
#[derive(Object, Debug)]
pub struct TagFilter {
    /// For example `v1.*`. Empty: every tag.
    #[oai(validator(max_length = 1024))]
    pattern: String,
}

/// The artifact carries all of these labels.
#[derive(Object, Debug)]
pub struct LabelFilter {
    /// Keys or `key=value` pairs of the image's labels and annotations.
    #[oai(validator(min_items = 1, max_items = 100))]
    labels: Vec<String>,
}

/// What starts a policy's executions.
#[derive(Union, Debug)]
#[oai(rename = "Trigger", one_of = true, discriminator_name = "type", rename_all = "snake_case")]
pub enum TriggerObject {
    Manual(ManualTrigger),
}

/// Only when somebody asks for it.
#[derive(Object, Debug)]
pub struct ManualTrigger {}

impl From<&FilterObject> for Filter {
    fn from(filter: &FilterObject) -> Self {
        match filter {
            FilterObject::Repository(filter) => Self::Repository { pattern: filter.pattern.clone() },
            FilterObject::Tag(filter) => Self::Tag { pattern: filter.pattern.clone() },
            FilterObject::Label(filter) => Self::Label { labels: filter.labels.clone() },
        }
    }
}

impl From<&Filter> for FilterObject {
    fn from(filter: &Filter) -> Self {
        match filter.clone() {
            Filter::Repository { pattern } => Self::Repository(RepositoryFilter { pattern }),
            Filter::Tag { pattern } => Self::Tag(TagFilter { pattern }),
            Filter::Label { labels } => Self::Label(LabelFilter { labels }),
        }
    }
}

impl From<&TriggerObject> for Trigger {
    fn from(trigger: &TriggerObject) -> Self {
        match trigger {
            TriggerObject::Manual(_) => Self::Manual,
        }
    }
}

impl From<&Trigger> for TriggerObject {
    fn from(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Manual => Self::Manual(ManualTrigger {}),
        }
    }
}
