//! Filters: conditions that an artifact must meet, all of them.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::glob::Glob;

/// One condition, as a user writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Filter {
    /// A glob over the repository's name without the project's namespace.
    Repository { pattern: String },
    /// A glob over one tag.
    Tag { pattern: String },
    /// The artifact carries all of these labels.
    Label { labels: Vec<String> },
}

/// Filters ready for use.
#[derive(Debug)]
pub struct Selector {
    repositories: Vec<Glob>,
    tags: Vec<Glob>,
    labels: Vec<String>,
}

/// Why an artifact is out: the first filter that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// `repository`, `tag` or `label`.
    pub filter: &'static str,
    /// What failed: the name against the pattern, or the label that is missing.
    pub reason: String,
}

/// The most filters of one policy.
pub const MAX_FILTERS: usize = 50;

impl Selector {
    /// Compiles filters; complaints name `filters[i].…`.
    pub fn compile(filters: &[Filter]) -> Result<Self, Vec<Invalid>> {
        if filters.len() > MAX_FILTERS {
            let reason = format!("must have at most {MAX_FILTERS} entries");
            return Err(vec![Invalid::new("filters", reason)]);
        }
        let mut selector = Self { repositories: vec![], tags: vec![], labels: vec![] };
        let mut found = Vec::new();
        for (i, filter) in filters.iter().enumerate() {
            match filter {
                Filter::Repository { pattern } => compile(&mut selector.repositories, &mut found, i, pattern),
                Filter::Tag { pattern } => compile(&mut selector.tags, &mut found, i, pattern),
                Filter::Label { labels } => match wanted_labels(labels) {
                    Ok(labels) => selector.labels.extend(labels),
                    Err(reason) => found.push(Invalid::new(format!("filters[{i}].labels"), reason)),
                },
            }
        }
        if found.is_empty() { Ok(selector) } else { Err(found) }
    }

    /// Checks a repository's name, given without the project's namespace.
    pub fn repository(&self, name: &str) -> Result<(), LeftOut> {
        matches(&self.repositories, "repository", name)
    }

    pub fn tag(&self, tag: &str) -> Result<(), LeftOut> {
        matches(&self.tags, "tag", tag)
    }

    /// Whether labels must be known to decide; looking them up costs a request an artifact.
    pub fn needs_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    pub fn labels(&self, carried: &[String]) -> Result<(), LeftOut> {
        match self.labels.iter().find(|wanted| !carried.contains(wanted)) {
            Some(missing) => {
                Err(LeftOut { filter: "label", reason: format!("label '{missing}' is missing") })
            }
            None => Ok(()),
        }
    }
}

/// An empty pattern means everything and needs no matcher (Harbor's rule too).
fn compile(globs: &mut Vec<Glob>, found: &mut Vec<Invalid>, index: usize, pattern: &str) {
    if pattern.is_empty() {
        return;
    }
    match Glob::new(pattern) {
        Ok(glob) => globs.push(glob),
        Err(error) => found.push(Invalid::new(format!("filters[{index}].pattern"), error.to_string())),
    }
}

fn wanted_labels(labels: &[String]) -> Result<Vec<String>, &'static str> {
    let labels: Vec<String> = labels.iter().map(|label| label.trim().to_owned()).collect();
    if labels.is_empty() || labels.len() > 100 {
        return Err("must have 1 to 100 labels");
    }
    if labels.iter().any(|label| label.is_empty() || label.len() > 1024) {
        return Err("each label must have 1 to 1024 characters");
    }
    Ok(labels)
}

fn matches(globs: &[Glob], filter: &'static str, name: &str) -> Result<(), LeftOut> {
    match globs.iter().find(|glob| !glob.is_match(name)) {
        Some(glob) => {
            Err(LeftOut { filter, reason: format!("{filter} '{name}' does not match '{}'", glob.pattern()) })
        }
        None => Ok(()),
    }
}
