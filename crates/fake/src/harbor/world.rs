//! Everything that a fake Harbor knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::account::Account;
use super::artifact::{self, Artifact};
use super::project::{Allowlist, Project};
use super::token::Token;
use super::{Knobs, Lie, Scan};
use crate::lock;
use crate::registry::{Content, Distribution};

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) knobs: Knobs,
    pub(crate) url: String,
    /// The registry that keeps the manifests and blobs.
    pub(crate) distribution: Arc<Distribution>,
    pub(crate) data: Mutex<Data>,
    pub(crate) tokens: Mutex<HashMap<String, Token>>,
    pub(crate) lies: Mutex<Vec<Lie>>,
}

#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) projects: BTreeMap<String, Project>,
    pub(crate) accounts: Vec<Account>,
    /// Names of labels; the id is the place, from 1.
    pub(crate) labels: Vec<String>,
    /// The artifacts of each repository in the order of their push.
    pub(crate) artifacts: BTreeMap<String, Vec<Artifact>>,
    /// What is pinned to an artifact, by repository and digest.
    pub(crate) notes: HashMap<(String, String), Notes>,
    pub(crate) system_allowlist: Allowlist,
    last_id: i64,
}

/// What others say of an artifact.
#[derive(Debug, Default, Clone)]
pub(crate) struct Notes {
    /// Places in the list of labels.
    pub(crate) labels: Vec<usize>,
    pub(crate) scan: Option<Scan>,
    /// Harbor's word for it as an accessory, where the test chose one.
    pub(crate) accessory: Option<String>,
}

impl World {
    pub(crate) fn new(knobs: Knobs, url: String, distribution: Arc<Distribution>) -> Self {
        let data = Data { accounts: vec![Account::admin()], ..Data::default() };
        Self {
            knobs,
            url,
            distribution,
            data: Mutex::new(data),
            tokens: Mutex::default(),
            lies: Mutex::default(),
        }
    }

    pub(crate) fn lies(&self, lie: Lie) -> bool {
        lock(&self.lies).contains(&lie)
    }

    /// Works with what is known once all that was pushed is noted.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Data, &Content) -> T) -> T {
        let mut data = lock(&self.data);
        let content = lock(&self.distribution.content);
        data.note(&content);
        work(&mut data, &content)
    }
}

impl Data {
    pub(crate) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// A repository's project comes into being with its first push.
    pub(crate) fn project(&mut self, name: &str) -> &mut Project {
        if !self.projects.contains_key(name) {
            let id = self.next_id();
            let metadata = [("public".to_owned(), "false".to_owned())].into();
            self.projects.insert(name.to_owned(), Project { id, metadata, ..Project::default() });
        }
        self.projects.entry(name.to_owned()).or_default()
    }

    pub(crate) fn notes(&mut self, repository: &str, digest: &str) -> &mut Notes {
        self.notes.entry((repository.to_owned(), digest.to_owned())).or_default()
    }

    fn note(&mut self, content: &Content) {
        for (name, repository) in &content.repositories {
            let Some((project, _)) = name.split_once('/') else {
                continue;
            };
            self.project(project);
            let known = self.artifacts.remove(name).unwrap_or_default();
            let mut all = known;
            if all.len() < repository.manifests.len() {
                self.note_new(content, name, &mut all);
            }
            self.artifacts.insert(name.clone(), all);
        }
    }

    fn note_new(&mut self, content: &Content, name: &str, all: &mut Vec<Artifact>) {
        let manifests = &content.repositories[name].manifests;
        let known: std::collections::HashSet<String> = all.iter().map(|one| one.digest.clone()).collect();
        let new = manifests.iter().filter(|(digest, _)| !known.contains(*digest));
        let first = all.len();
        for (digest, manifest) in new {
            let parsed: Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
            let config = parsed["config"]["digest"].as_str().and_then(|digest| content.any_blob(digest));
            let config: Option<Value> = config.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            all.push(artifact::abstracted(self.next_id(), digest, manifest, config.as_ref()));
        }
        let sizes: HashMap<String, u64> = all.iter().map(|one| (one.digest.clone(), one.size)).collect();
        for index in &mut all[first..] {
            let children = index.references.iter().filter_map(|child| sizes.get(&child.digest));
            index.size += children.sum::<u64>();
        }
    }
}
