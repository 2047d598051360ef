//! Policies in Harbor's form: texts that hold JSON.

use chrono::{DateTime, Utc};
use forewarm_domain::harbor::extra_attrs::ExtraAttrs;
use forewarm_domain::harbor::search::{Column, Field};
use forewarm_domain::harbor::time;
use forewarm_domain::instance::Instance;
use forewarm_domain::policy::Policy;
use poem_openapi::Object;
use serde_json::Value;

use crate::harbor::instances::types::filled;

/// What policies can be narrowed and sorted by (Harbor 2.16, `pkg/p2p/preheat/models/policy`).
pub const COLUMNS: &[Column] = &[
    Column::int("id"),
    Column::text("name"),
    Column::text("description"),
    Column::int("provider_id"),
    Column::text("filters"),
    Column::text("trigger"),
    Column::boolean("enabled"),
    Column::text("extra_attrs"),
    Column::time("creation_time"),
    Column::time("update_time"),
];

/// Which artifacts go to which instance, and when. What is empty is left out of answers; what is left out of a request
/// is taken for empty, except as the fields say.
#[derive(Object, Default)]
#[oai(rename = "PreheatPolicy", skip_serializing_if_is_none, nullable_all)]
pub struct Model {
    /// In a request: 0, left out, or the id of the policy that the path names.
    pub id: Option<i64>,
    /// Letters and digits, with single `.`, `_` or `-` between them. Left out of an update it stays.
    pub name: Option<String>,
    pub description: Option<String>,
    /// The path says it.
    pub project_id: Option<i64>,
    /// Id of the instance. A policy can have several in Forewarm: this is the first by name, and as long as it stays
    /// the others do. Left out of an update it stays.
    pub provider_id: Option<i64>,
    /// Name of the instance; only in answers.
    pub provider_name: Option<String>,
    /// JSON: `[{"type":"repository","value":"**"}]`, with the types repository, tag, label, signature, vulnerability.
    pub filters: Option<String>,
    /// JSON: `{"type":"scheduled","trigger_setting":{"cron":"0 0 0 * * *"}}`, with the types manual, scheduled,
    /// event_based.
    pub trigger: Option<String>,
    pub enabled: Option<bool>,
    /// `single_seed_peer`, `all_seed_peers` or `all_peers`, as Harbor 2.12 wrote it; the same as in `extra_attrs`.
    pub scope: Option<String>,
    /// JSON: `{"scope":"all_peers","cluster_ids":[1]}`. Left out of an update it stays.
    pub extra_attrs: Option<String>,
    #[oai(serialize_with = "in_milliseconds")]
    pub creation_time: Option<DateTime<Utc>>,
    #[oai(serialize_with = "in_milliseconds")]
    pub update_time: Option<DateTime<Utc>>,
}

fn in_milliseconds(at: &Option<DateTime<Utc>>) -> Option<Value> {
    Some(Value::String(time::milliseconds(*at)))
}

impl Model {
    /// The policy as it is; `instances` are all there are.
    pub fn of(policy: Policy, instances: &[Instance]) -> Self {
        let provider = provider(&policy, instances);
        let extra_attrs = policy.texts.extra_attrs(&policy.options);
        let scope = ExtraAttrs::of(&policy.options).scope;
        Self {
            id: Some(policy.id),
            description: filled(policy.description),
            project_id: Some(policy.project_id),
            provider_id: provider.map(|instance| instance.id),
            provider_name: provider.map(|instance| instance.name.clone()),
            filters: Some(policy.texts.filters(&policy.filters)),
            trigger: Some(policy.texts.trigger(&policy.trigger)),
            enabled: Some(policy.enabled),
            scope: scope.map(|scope| scope.as_str().to_owned()),
            extra_attrs: filled(extra_attrs),
            creation_time: Some(policy.created_at),
            update_time: Some(policy.updated_at),
            name: Some(policy.name),
        }
    }

    /// Its value of a column.
    pub fn field(&self, column: &str) -> Field {
        let text = |text: &Option<String>| Field::Text(text.clone().unwrap_or_default());
        let time = |time: Option<DateTime<Utc>>| Field::Time(time.unwrap_or_default());
        match column {
            "name" => text(&self.name),
            "description" => text(&self.description),
            "provider_id" => Field::Int(self.provider_id.unwrap_or_default()),
            "filters" => text(&self.filters),
            "trigger" => text(&self.trigger),
            "enabled" => Field::Bool(self.enabled.unwrap_or_default()),
            "extra_attrs" => text(&self.extra_attrs),
            "creation_time" => time(self.creation_time),
            "update_time" => time(self.update_time),
            _ => Field::Int(self.id.unwrap_or_default()),
        }
    }
}

/// The one instance that Harbor's form has room for: the policy's first by name, or the default one.
pub fn provider<'a>(policy: &Policy, instances: &'a [Instance]) -> Option<&'a Instance> {
    match policy.instances.first() {
        Some(name) => instances.iter().find(|instance| instance.name == *name),
        None => instances.iter().find(|instance| instance.is_default),
    }
}
