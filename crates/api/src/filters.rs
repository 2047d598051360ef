//! Filters of policies, as users write and read them.

use forewarm_domain::filter::Filter;
use poem_openapi::{Object, Union};

use crate::criteria::SeverityWord;

/// One condition that an artifact must meet; it must meet all of a policy's.
#[derive(Union, Debug)]
#[oai(rename = "Filter", one_of = true, discriminator_name = "type", rename_all = "snake_case")]
pub enum FilterObject {
    Repository(RepositoryFilter),
    Tag(TagFilter),
    Label(LabelFilter),
    Signature(SignatureFilter),
    Vulnerability(VulnerabilityFilter),
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
    /// Keys or `key=value` pairs of the image's labels and annotations; label names of a Harbor artifact. Blanks
    /// around them do not count; several may be written as one, in braces: `{a,b}`.
    #[oai(validator(min_items = 1, max_items = 100))]
    labels: Vec<String>,
}

/// The artifact has a signature (cosign by tag or referrer, sigstore bundle, notation), or has none. The signature is
/// looked up, not verified.
#[derive(Object, Debug)]
pub struct SignatureFilter {
    signed: bool,
}

/// The artifact has no vulnerability of a severity or above.
#[derive(Object, Debug)]
pub struct VulnerabilityFilter {
    /// Artifacts with a vulnerability of this severity or above are out, and so are those that were not scanned.
    max_severity: SeverityWord,
}

impl From<&FilterObject> for Filter {
    fn from(filter: &FilterObject) -> Self {
        match filter {
            FilterObject::Repository(filter) => Self::Repository { pattern: filter.pattern.clone() },
            FilterObject::Tag(filter) => Self::Tag { pattern: filter.pattern.clone() },
            FilterObject::Label(filter) => Self::Label { labels: filter.labels.clone() },
            FilterObject::Signature(filter) => Self::Signature { signed: filter.signed },
            FilterObject::Vulnerability(filter) => {
                Self::Vulnerability { max_severity: filter.max_severity.into() }
            }
        }
    }
}

impl From<&Filter> for FilterObject {
    fn from(filter: &Filter) -> Self {
        match filter.clone() {
            Filter::Repository { pattern } => Self::Repository(RepositoryFilter { pattern }),
            Filter::Tag { pattern } => Self::Tag(TagFilter { pattern }),
            Filter::Label { labels } => Self::Label(LabelFilter { labels }),
            Filter::Signature { signed } => Self::Signature(SignatureFilter { signed }),
            Filter::Vulnerability { max_severity } => {
                Self::Vulnerability(VulnerabilityFilter { max_severity: max_severity.into() })
            }
        }
    }
}
