//! What a request wishes: `q` in Harbor's grammar, and the parts of an artifact.

use percent_encoding::percent_decode_str;

use super::routes::{bad_request, invalid};
use super::scan::{OLD_REPORT, REPORT};
use crate::{Answer, Recorded};

/// One term of `q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term {
    Exact(String),
    Fuzzy(String),
    Any(Vec<String>),
    All(Vec<String>),
    Range,
}

/// The terms by their key.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, Term)>);

impl Query {
    /// Reads `q`, which Harbor decodes once more than HTTP does.
    pub(crate) fn of(request: &Recorded) -> Result<Self, Answer> {
        let text = request.parameter("q").unwrap_or_default().replace('+', " ");
        let text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        let mut terms = Vec::new();
        for term in text.split(',').filter(|_| !text.is_empty()) {
            let parts = term.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
            let (key, value) = parts.ok_or_else(|| {
                bad_request(r#"the query string must contain "=" and the key/value cannot be empty"#)
            })?;
            let term =
                parse(value).ok_or_else(|| bad_request(&format!("invalid query string value: {value}")))?;
            terms.push((key.to_owned(), term));
        }
        Ok(Self(terms))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Term> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, term)| term)
    }

    /// Whether a plain column passes; Harbor ignores keys that it does not know.
    pub(crate) fn admits(&self, key: &str, value: &str) -> bool {
        match self.get(key) {
            None | Some(Term::Range | Term::All(_)) => true,
            Some(Term::Exact(wanted)) => value == wanted,
            Some(Term::Fuzzy(part)) => value.to_lowercase().contains(&part.to_lowercase()),
            Some(Term::Any(words)) => words.iter().any(|word| word == value),
        }
    }
}

fn parse(value: &str) -> Option<Term> {
    let inside = |close: char| value[1..].strip_suffix(close);
    let words = |text: &str| {
        let words = text.split(' ').filter(|word| !word.is_empty());
        words.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect::<Vec<_>>()
    };
    match value.chars().next()? {
        '~' => Some(Term::Fuzzy(value[1..].to_owned())).filter(|_| value.len() > 1),
        '[' => inside(']')
            .filter(|range| range.matches('~').count() == 1 && range.len() > 1)
            .map(|_| Term::Range),
        '{' => inside('}').map(|text| Term::Any(words(text))),
        '(' => inside(')').map(|text| Term::All(words(text))),
        '\\' => Some(Term::Exact(value[1..].to_owned())),
        _ => Some(Term::Exact(value.to_owned())),
    }
}

/// The parts of an artifact that are wished for.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    pub(crate) tags: bool,
    pub(crate) labels: bool,
    pub(crate) accessories: bool,
    pub(crate) inherited: bool,
    pub(crate) overview: bool,
    /// The type of report that both sides know.
    pub(crate) report: Option<&'static str>,
}

impl Wish {
    pub(crate) fn of(request: &Recorded, old_reports: bool) -> Result<Self, Answer> {
        Ok(Self {
            tags: flag(request, "with_tag", true)?,
            labels: flag(request, "with_label", false)?,
            accessories: flag(request, "with_accessory", false)?,
            inherited: flag(request, "with_inherited_accessory", false)?,
            overview: flag(request, "with_scan_overview", false)?,
            report: report(request, old_reports),
        })
    }
}

/// The report's type that the client accepts, of what the scanner writes; both by default.
pub(crate) fn report(request: &Recorded, old_reports: bool) -> Option<&'static str> {
    let written = if old_reports { OLD_REPORT } else { REPORT };
    let header = request.header("x-accept-vulnerabilities").unwrap_or_default();
    let known = |text: &str| [REPORT, OLD_REPORT].into_iter().find(|known| *known == text.trim());
    let named: Vec<&str> = header.split(',').filter_map(known).collect();
    (header.is_empty() || named.contains(&written)).then_some(written)
}

fn flag(request: &Recorded, name: &str, default: bool) -> Result<bool, Answer> {
    match request.parameter(name) {
        None => Ok(default),
        Some("true" | "1" | "t" | "T" | "TRUE" | "True") => Ok(true),
        Some("false" | "0" | "f" | "F" | "FALSE" | "False" | "") => Ok(false),
        Some(other) => Err(invalid(&format!("{name} in query must be of type bool: \"{other}\""))),
    }
}
