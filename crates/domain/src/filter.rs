//! Filters: conditions that an artifact must meet, all of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::criteria::{Criteria, Demand, Source};
use crate::glob::Glob;
use crate::severity::{Scan, Severity};
use crate::signature::Signature;

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
    /// The artifact has a signature, or has none. Whether a signature is valid is not looked at.
    Signature { signed: bool },
    /// Artifacts with a vulnerability of this severity or above are out, and those that were not scanned.
    Vulnerability { max_severity: Severity },
}

/// Filters and criteria ready for use. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    repositories: Vec<Arc<Glob>>,
    tags: Vec<Arc<Glob>>,
    labels: Vec<String>,
    signed: Vec<Demand<bool>>,
    /// The lowest bar of all, with who sets it.
    max_severity: Option<Demand<Severity>>,
}

/// Why an artifact is out: the first filter that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// A type of filter (`repository`, `tag`, …), or `media_type` or `platform`.
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
        let mut selector = Self::default();
        let mut found = Vec::new();
        for (i, filter) in filters.iter().enumerate() {
            match filter {
                Filter::Repository { pattern } => compile(&mut selector.repositories, &mut found, i, pattern),
                Filter::Tag { pattern } => compile(&mut selector.tags, &mut found, i, pattern),
                Filter::Label { labels } => match wanted_labels(labels) {
                    Ok(labels) => selector.labels.extend(labels),
                    Err(reason) => found.push(Invalid::new(format!("filters[{i}].labels"), reason)),
                },
                Filter::Signature { signed } => selector.demand_signature(*signed, Source::Policy),
                Filter::Vulnerability { max_severity } => {
                    selector.demand_severity(*max_severity, Source::Policy);
                }
            }
        }
        if found.is_empty() { Ok(selector) } else { Err(found) }
    }

    /// Adds what a project or its registry demands. Nothing that was demanded before is dropped.
    #[must_use]
    pub fn with(mut self, criteria: &Criteria, source: Source) -> Self {
        if criteria.signed_only {
            self.demand_signature(true, source);
        }
        if let Some(bar) = criteria.max_severity {
            self.demand_severity(bar, source);
        }
        self
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

    /// Whether signatures must be looked up to decide.
    pub fn needs_signatures(&self) -> bool {
        !self.signed.is_empty()
    }

    /// Whether an artifact must be signed, or must not be, and who says so: the first of those who do.
    pub fn signed(&self) -> Option<Demand<bool>> {
        self.signed.first().copied()
    }

    pub fn signatures(&self, found: &[Signature]) -> Result<(), LeftOut> {
        let unmet = self.signed.iter().find(|demand| demand.value == found.is_empty());
        let Some(demand) = unmet else { return Ok(()) };
        let reason = match found.first() {
            Some(signature) => {
                format!("it has a signature, {}, and only unsigned artifacts are wanted", signature.scheme)
            }
            None => format!("it has no signature, which {} demands", whose(demand.source)),
        };
        Err(LeftOut { filter: "signature", reason })
    }

    /// The severity that is out together with all above it, and who says so. It must be known to look up scans.
    pub fn max_severity(&self) -> Option<Demand<Severity>> {
        self.max_severity
    }

    pub fn scan(&self, found: &Scan) -> Result<(), LeftOut> {
        let Some(Demand { value: bar, source }) = self.max_severity else { return Ok(()) };
        let reason = match found {
            Scan::Worst(worst) if *worst < bar => return Ok(()),
            Scan::Worst(worst) => {
                format!("its worst vulnerability is {worst}; {} allows none of {bar} or above", whose(source))
            }
            Scan::Unscanned(why) => {
                format!("it counts as vulnerable: {why}; {} allows none of {bar} or above", whose(source))
            }
        };
        Err(LeftOut { filter: "vulnerability", reason })
    }

    fn demand_signature(&mut self, value: bool, source: Source) {
        if !self.signed.iter().any(|demand| demand.value == value) {
            self.signed.push(Demand { value, source });
        }
    }

    fn demand_severity(&mut self, value: Severity, source: Source) {
        if self.max_severity.is_none_or(|bar| value < bar.value) {
            self.max_severity = Some(Demand { value, source });
        }
    }
}

fn whose(source: Source) -> &'static str {
    match source {
        Source::Policy => "the policy",
        Source::Project => "the project",
        Source::Registry => "the registry's project",
    }
}

/// An empty pattern means everything and needs no matcher (Harbor's rule too).
fn compile(globs: &mut Vec<Arc<Glob>>, found: &mut Vec<Invalid>, index: usize, pattern: &str) {
    if pattern.is_empty() {
        return;
    }
    match Glob::new(pattern) {
        Ok(glob) => globs.push(Arc::new(glob)),
        Err(error) => found.push(Invalid::new(format!("filters[{index}].pattern"), error.to_string())),
    }
}

fn wanted_labels(labels: &[String]) -> Result<Vec<String>, &'static str> {
    let labels: Vec<String> = labels.iter().flat_map(|label| unwrapped(label)).collect();
    if labels.is_empty() || labels.len() > 100 {
        return Err("must have 1 to 100 labels");
    }
    if labels.iter().any(|label| label.is_empty() || label.len() > 1024) {
        return Err("each label must have 1 to 1024 characters");
    }
    Ok(labels)
}

/// Labels as Harbor writes them, in one text: `a,b`, also with blanks, and in the braces that its console adds.
pub fn split_labels(text: &str) -> Vec<String> {
    let text = text.trim();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let labels = inner.split(',').map(|label| label.trim().to_owned());
    labels.filter(|label| !label.is_empty()).collect()
}

/// One label; or several in braces. A comma alone may be part of a value.
pub(crate) fn unwrapped(label: &str) -> Vec<String> {
    let label = label.trim();
    let is_wrapped = label.starts_with('{') && label.ends_with('}');
    if is_wrapped { split_labels(label) } else { vec![label.to_owned()] }
}

fn matches(globs: &[Arc<Glob>], filter: &'static str, name: &str) -> Result<(), LeftOut> {
    match globs.iter().find(|glob| !glob.is_match(name)) {
        Some(glob) => {
            Err(LeftOut { filter, reason: format!("{filter} '{name}' does not match '{}'", glob.pattern()) })
        }
        None => Ok(()),
    }
}
