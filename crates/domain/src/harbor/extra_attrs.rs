//! The extra attributes of a policy, as Harbor writes them: a JSON object in a text.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json;
use crate::Invalid;
use crate::options::PreheatOptions;
use crate::scope::Scope;

const FIELD: &str = "extra_attrs";

/// What Harbor hands on to Dragonfly with each task (Harbor 2.16, `pkg/p2p/preheat/provider/dragonfly.go`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExtraAttrs {
    /// Which peers; None = the engine's default.
    pub scope: Option<Scope>,
    /// Scheduler clusters, by their numbers from 1; empty = all.
    pub cluster_ids: Vec<i64>,
    /// What Forewarm does not know, as it was given.
    pub other: Map<String, Value>,
}

impl ExtraAttrs {
    /// Reads `{"scope":"…","cluster_ids":[…]}`; an empty text, `null` and an empty scope say nothing. Harbor takes any
    /// object and fails each task of a policy with a wrong scope or wrong clusters; here they are refused.
    ///
    /// # Errors
    /// One complaint about `extra_attrs`.
    pub fn decode(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut other = json::read_object(FIELD, text)?;
        let scope = read_scope(other.shift_remove("scope"))?;
        let cluster_ids = read_clusters(other.shift_remove("cluster_ids"))?;
        Ok(Self { scope, cluster_ids, other })
    }

    /// Writes the attributes in the order of their keys, as Go writes a map; nothing at all is an empty text.
    pub fn encode(&self) -> String {
        let mut all: BTreeMap<String, Value> = self.other.clone().into_iter().collect();
        if let Some(scope) = self.scope {
            all.insert("scope".to_owned(), json!(scope.as_str()));
        }
        if !self.cluster_ids.is_empty() {
            all.insert("cluster_ids".to_owned(), json!(self.cluster_ids));
        }
        if all.is_empty() { String::new() } else { Value::Object(all.into_iter().collect()).to_string() }
    }

    /// The attributes of options, without unknown ones.
    pub fn of(options: &PreheatOptions) -> Self {
        let cluster_ids = options.scheduler_cluster_ids.clone();
        Self { scope: options.scope, cluster_ids, other: Map::new() }
    }

    /// Puts scope and clusters into options; the others stay as they are.
    pub fn apply(&self, options: &mut PreheatOptions) {
        options.scope = self.scope;
        options.scheduler_cluster_ids.clone_from(&self.cluster_ids);
    }
}

fn read_scope(value: Option<Value>) -> Result<Option<Scope>, Invalid> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) if word.is_empty() => Ok(None),
        Some(value) => serde_json::from_value(value).map(Some).map_err(|_| {
            Invalid::new(FIELD, "scope must be one of single_seed_peer, all_seed_peers, all_peers")
        }),
    }
}

fn read_clusters(value: Option<Value>) -> Result<Vec<i64>, Invalid> {
    let wrong = || Invalid::new(FIELD, "cluster_ids must be a list of whole numbers from 1");
    match value {
        None | Some(Value::Null) => Ok(vec![]),
        Some(Value::Array(ids)) => {
            ids.iter().map(|id| id.as_i64().filter(|id| *id >= 1).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}
