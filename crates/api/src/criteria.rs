//! What projects demand of every artifact, and what holds for a policy in the end.

use forewarm_domain::criteria::{Criteria, Demand, ProjectCriteria, Source};
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::severity::Severity;
use poem_openapi::{Enum, Object};

/// What every artifact of a project must meet, whatever a policy says; the stricter of both counts.
#[derive(Object, Debug)]
#[oai(rename = "Criteria", skip_serializing_if_is_none)]
pub struct CriteriaObject {
    /// Only artifacts that have a signature. Whether it is valid is not verified. Left out: false.
    signed_only: Option<bool>,
    /// Artifacts with a vulnerability of this severity or above are out, and those that were not scanned.
    max_severity: Option<SeverityWord>,
    /// Demand also what the registry's own project demands (Harbor: content trust by cosign or notation, prevent
    /// vulnerable images, with its CVE allowlist). Left out: true.
    follow_registry: Option<bool>,
}

/// How bad a vulnerability is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[oai(rename = "Severity", rename_all = "snake_case")]
pub enum SeverityWord {
    /// Nothing passes: every artifact has at least this.
    None,
    Negligible,
    Low,
    Medium,
    High,
    Critical,
}

/// What holds for a policy in the end, and who demands it.
#[derive(Object, Debug)]
#[oai(rename = "EffectiveCriteria", skip_serializing_if_is_none)]
pub struct EffectiveView {
    /// Whether an artifact must have a signature (true) or must have none (false); absent: it does not matter.
    signed: Option<SignedView>,
    /// The severity that is out together with all above it; absent: it does not matter.
    max_severity: Option<MaxSeverityView>,
    /// Whether what the registry's own project demands is looked up at each run and counts, too.
    follow_registry: bool,
}

#[derive(Object, Debug)]
#[oai(rename = "EffectiveSigned")]
struct SignedView {
    value: bool,
    from: SourceWord,
}

#[derive(Object, Debug)]
#[oai(rename = "EffectiveMaxSeverity")]
struct MaxSeverityView {
    value: SeverityWord,
    from: SourceWord,
}

/// Who demands it.
#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename = "CriterionSource", rename_all = "snake_case")]
enum SourceWord {
    Policy,
    Project,
    /// The registry's own project.
    Registry,
}

impl EffectiveView {
    /// What is known without asking the registry.
    pub fn of(filters: &[Filter], criteria: &ProjectCriteria) -> Self {
        let selector = Selector::compile(filters).unwrap_or_default().with(&criteria.own, Source::Project);
        Self::of_selector(&selector, criteria.follow_registry)
    }

    pub fn of_selector(selector: &Selector, follow_registry: bool) -> Self {
        let signed =
            selector.signed().map(|Demand { value, source }| SignedView { value, from: source.into() });
        let max_severity = selector
            .max_severity()
            .map(|Demand { value, source }| MaxSeverityView { value: value.into(), from: source.into() });
        Self { signed, max_severity, follow_registry }
    }
}

impl From<&CriteriaObject> for ProjectCriteria {
    fn from(object: &CriteriaObject) -> Self {
        Self {
            own: Criteria {
                signed_only: object.signed_only.unwrap_or(false),
                max_severity: object.max_severity.map(Severity::from),
            },
            follow_registry: object.follow_registry.unwrap_or(true),
        }
    }
}

impl From<&ProjectCriteria> for CriteriaObject {
    fn from(criteria: &ProjectCriteria) -> Self {
        Self {
            signed_only: Some(criteria.own.signed_only),
            max_severity: criteria.own.max_severity.map(SeverityWord::from),
            follow_registry: Some(criteria.follow_registry),
        }
    }
}

impl From<Source> for SourceWord {
    fn from(source: Source) -> Self {
        match source {
            Source::Policy => Self::Policy,
            Source::Project => Self::Project,
            Source::Registry => Self::Registry,
        }
    }
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::None => Self::None,
            SeverityWord::Negligible => Self::Negligible,
            SeverityWord::Low => Self::Low,
            SeverityWord::Medium => Self::Medium,
            SeverityWord::High => Self::High,
            SeverityWord::Critical => Self::Critical,
        }
    }
}

impl From<Severity> for SeverityWord {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::None => Self::None,
            Severity::Negligible => Self::Negligible,
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}
