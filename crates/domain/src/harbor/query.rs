//! Harbor's query language: the parameters `q` and `sort` of its lists.

use chrono::{DateTime, NaiveDateTime, Utc};
use percent_encoding::percent_decode_str;

use crate::Invalid;

/// One condition of `q`; all of them hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// A column of Harbor's database or a field of its Go type; unknown ones are to be ignored.
    pub key: String,
    pub pattern: Pattern,
}

/// What the value of a key must be like (Harbor 2.16, `lib/q/builder.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `k=v`: this text; a backslash in front keeps a first character from being special.
    Exact(String),
    /// `k=~v`: holds this text, in any case.
    Fuzzy(String),
    /// `k=[min~max]`: at least one of both is set, and both belong to it.
    Range { min: Option<Value>, max: Option<Value> },
    /// `k={a b}`: one of these.
    AnyOf(Vec<Value>),
    /// `k=(a b)`: all of these. Harbor reads it but ignores it in the lists of preheats.
    AllOf(Vec<Value>),
}

/// A value in a range or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    /// `2006-01-02T15:04:05`, in UTC.
    Time(DateTime<Utc>),
    Text(String),
}

/// One key to sort by (Harbor 2.16, `lib/q/builder.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    pub key: String,
    /// A `-` before the key.
    pub descending: bool,
}

/// Reads `k=v,k=~v,k=[min~max],k={a b},k=(a b)`. The text was decoded once as part of the URL and is decoded once more
/// here, as Harbor 2.16 does; its console encodes twice. Of a key that comes twice the last counts.
///
/// # Errors
/// One complaint about `q`, which names the wrong condition.
pub fn parse(q: &str) -> Result<Vec<Term>, Invalid> {
    if q.is_empty() {
        return Ok(vec![]);
    }
    let decoded = decoded(q);
    if decoded.contains('\0') {
        return Err(Invalid::new("q", "must not contain a NUL character"));
    }
    let mut terms: Vec<Term> = Vec::new();
    for condition in decoded.split(',') {
        let term = read_term(condition)?;
        terms.retain(|earlier| earlier.key != term.key);
        terms.push(term);
    }
    Ok(terms)
}

/// Reads `key1,-key2`; keys that nobody knows are to be ignored, as Harbor 2.16 does.
pub fn parse_sort(sort: &str) -> Vec<Sort> {
    let keys = sort.split(',').map(|text| match text.strip_prefix('-') {
        Some(key) => Sort { key: key.to_owned(), descending: true },
        None => Sort { key: text.to_owned(), descending: false },
    });
    keys.filter(|sort| !sort.key.is_empty()).collect()
}

/// A text with a broken escape stays as it is.
fn decoded(q: &str) -> String {
    let is_escape = |after: &str| after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if !q.split('%').skip(1).all(is_escape) {
        return q.to_owned();
    }
    percent_decode_str(&q.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn read_term(condition: &str) -> Result<Term, Invalid> {
    match condition.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            let pattern = read_pattern(value)
                .map_err(|reason| Invalid::new("q", format!("'{}' {reason}", shown(condition))))?;
            Ok(Term { key: key.to_owned(), pattern })
        }
        _ => {
            let reason = format!("'{}' must be key=value, and neither may be empty", shown(condition));
            Err(Invalid::new("q", reason))
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

fn read_pattern(value: &str) -> Result<Pattern, &'static str> {
    match value.chars().next() {
        Some('~') if value.len() < 2 => Err("must have a text after '~'"),
        Some('~') => Ok(Pattern::Fuzzy(value[1..].to_owned())),
        Some('[') => read_range(value),
        Some('{') => read_list(value, '{', '}').map(Pattern::AnyOf).ok_or("must end its list with '}'"),
        Some('(') => read_list(value, '(', ')').map(Pattern::AllOf).ok_or("must end its list with ')'"),
        Some('}' | ')') => Err(r"begins with a closing bracket; write '\' before it if it is meant"),
        _ => Ok(Pattern::Exact(value.strip_prefix('\\').unwrap_or(value).to_owned())),
    }
}

fn read_range(value: &str) -> Result<Pattern, &'static str> {
    let wrong = "must be a range like [min~max], [min~] or [~max]";
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or(wrong)?;
    let (min, max) = inner.split_once('~').ok_or(wrong)?;
    let (min, max) = (min.trim(), max.trim());
    if max.contains('~') || (min.is_empty() && max.is_empty()) {
        return Err(wrong);
    }
    let bound = |text: &str| (!text.is_empty()).then(|| read_value(text));
    Ok(Pattern::Range { min: bound(min), max: bound(max) })
}

fn read_list(value: &str, open: char, close: char) -> Option<Vec<Value>> {
    let inner = value.strip_prefix(open)?.strip_suffix(close)?;
    let values = inner.split(' ').map(read_value);
    Some(values.filter(|value| *value != Value::Text(String::new())).collect())
}

/// A time if it looks like one, else a whole number, else a text without its quotes.
fn read_value(text: &str) -> Value {
    let text = text.trim();
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Value::Time(time.and_utc());
    }
    match text.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::Text(text.trim_matches(['"', '\'']).to_owned()),
    }
}
