//! The texts of a policy as a client of Harbor wrote them.

use serde::{Deserialize, Serialize};

use super::extra_attrs::ExtraAttrs;
use super::{filters, trigger};
use crate::filter::Filter;
use crate::options::PreheatOptions;
use crate::trigger::Trigger;

/// Harbor 2.16 gives these back letter for letter (`pkg/p2p/preheat/models/policy`), and clients compare them with what
/// they sent. Each is shown only as long as it still says what is stored, so that a change from elsewhere is seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Texts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_attrs: Option<String>,
}

impl Texts {
    /// What to show for these filters.
    pub fn filters(&self, stored: &[Filter]) -> String {
        let fits = |text: &&String| filters::decode(text).is_ok_and(|said| said == stored);
        self.filters.as_ref().filter(fits).cloned().unwrap_or_else(|| filters::encode(stored))
    }

    /// What to show for this trigger.
    pub fn trigger(&self, stored: &Trigger) -> String {
        let written = trigger::encode(stored);
        let meaning = trigger::decode(&written).ok();
        let fits = |text: &&String| trigger::decode(text).ok() == meaning;
        self.trigger.as_ref().filter(fits).cloned().unwrap_or(written)
    }

    /// What to show for these options; attributes that Forewarm does not know are kept.
    pub fn extra_attrs(&self, stored: &PreheatOptions) -> String {
        let now = ExtraAttrs::of(stored);
        let Some(text) = &self.extra_attrs else { return now.encode() };
        match ExtraAttrs::decode(text) {
            Ok(said) if said.scope == now.scope && said.cluster_ids == now.cluster_ids => text.clone(),
            Ok(said) => ExtraAttrs { other: said.other, ..now }.encode(),
            Err(_) => now.encode(),
        }
    }
}
