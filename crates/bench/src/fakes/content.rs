//! What the fake registry holds, and what the fake engines find there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use forewarm_fake::dragonfly::{Outcome, Script};
use forewarm_fake::registry::{ImageSpec, Pushed, Registry};

/// Bytes of a layer: what is in it concerns nobody.
const LAYER: usize = 48;

/// The blobs of every manifest, by its digest: the engines need not ask the registry, whose time would be measured.
#[derive(Clone, Default)]
pub struct Content(Arc<Mutex<HashMap<String, Vec<String>>>>);

impl Content {
    /// Images below a namespace, no two of which are the same.
    pub fn fill(&self, registry: &Registry, namespace: &str, repositories: usize, tags: usize) {
        for number in 0..repositories {
            let repository = format!("{namespace}/team-{}/app-{number}", number % 10);
            (0..tags).for_each(|tag| drop(self.push(registry, &repository, &format!("v{tag}"))));
        }
    }

    /// A small image with a config and two layers.
    pub fn push(&self, registry: &Registry, repository: &str, tag: &str) -> Pushed {
        let layer = |place| format!("{repository}:{tag}:{place}");
        let spec = ImageSpec::default().layer_of(&layer("base"), LAYER).layer_of(&layer("app"), LAYER);
        let pushed = registry.push_image(repository, tag, spec);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(pushed.digest.clone(), pushed.blobs.clone());
        pushed
    }

    pub fn script(&self) -> Script {
        let known = Arc::clone(&self.0);
        Script::new(move |url| {
            let digest = url.rsplit('/').next().unwrap_or_default();
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            Some(known.get(digest).map_or(Outcome::NotFound, |blobs| Outcome::Blobs(blobs.clone())))
        })
    }
}
