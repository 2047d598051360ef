//! What the servers of one fake registry share.

use std::collections::HashMap;
use std::sync::Mutex;

use super::content::Content;
use super::token::Token;
use super::{Knobs, Lie};
use crate::lock;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) knobs: Knobs,
    pub(crate) url: String,
    pub(crate) realm: String,
    pub(crate) storage_url: String,
    pub(crate) content: Mutex<Content>,
    pub(crate) lies: Mutex<Vec<Lie>>,
    pub(crate) tokens: Mutex<HashMap<String, Token>>,
    /// How often the content behind a path was served.
    pub(crate) served: Mutex<HashMap<String, usize>>,
}

impl State {
    pub(crate) fn new(knobs: Knobs, url: String, realm: String, storage_url: String) -> Self {
        Self {
            knobs,
            url,
            realm,
            storage_url,
            content: Mutex::default(),
            lies: Mutex::default(),
            tokens: Mutex::default(),
            served: Mutex::default(),
        }
    }

    pub(crate) fn lies(&self, lie: Lie) -> bool {
        lock(&self.lies).contains(&lie)
    }

    pub(crate) fn padding(&self) -> Option<usize> {
        lock(&self.lies).iter().find_map(|lie| match lie {
            Lie::HugeManifest(size) => Some(*size),
            _ => None,
        })
    }

    pub(crate) fn served(&self, path: &str) {
        *lock(&self.served).entry(path.to_owned()).or_default() += 1;
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        lock(&self.served).get(path).copied().unwrap_or_default()
    }

    pub(crate) fn count_where(&self, matches: impl Fn(&str) -> bool) -> usize {
        lock(&self.served).iter().filter(|(path, _)| matches(path)).map(|(_, count)| count).sum()
    }
}
