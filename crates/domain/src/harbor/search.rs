//! A question to one of Harbor's lists, with every value of the type of its column.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

use super::query::{self, Pattern, Value};
use crate::Invalid;

/// Something that a list can be narrowed and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Harbor's name of it, in the database's spelling.
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Bool,
    Time,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Text(String),
    Int(i64),
    Bool(bool),
    Time(DateTime<Utc>),
}

/// Which rows, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// All of them hold.
    pub conditions: Vec<Condition>,
    /// Columns, each with whether it descends.
    pub order: Vec<(Column, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub column: Column,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    Is(Field),
    /// In any case.
    Contains(String),
    Between(Option<Field>, Option<Field>),
    OneOf(Vec<Field>),
}

impl Column {
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    pub const fn int(name: &'static str) -> Self {
        Self { name, kind: Kind::Int }
    }

    pub const fn boolean(name: &'static str) -> Self {
        Self { name, kind: Kind::Bool }
    }

    pub const fn time(name: &'static str) -> Self {
        Self { name, kind: Kind::Time }
    }

    /// Keys are columns or fields of Go: `update_time` is also `UpdateTime` (Harbor 2.16, `lib/orm/metadata.go`).
    fn is_called(&self, key: &str) -> bool {
        let bare = |name: &str| name.replace('_', "").to_lowercase();
        bare(self.name) == bare(key)
    }
}

impl Search {
    /// Reads `q` and `sort`. Columns that are not in the list are ignored, as Harbor 2.16 does (`lib/orm/query.go`), and
    /// so is `k=(a b)`, which means nothing for a column with one value.
    ///
    /// # Errors
    /// One complaint about `q`; where a value is not of its column's type Harbor answers 500.
    pub fn read(q: Option<&str>, sort: Option<&str>, columns: &[Column]) -> Result<Self, Invalid> {
        let known = |key: &str| columns.iter().copied().find(|column| column.is_called(key));
        let mut conditions = Vec::new();
        for term in query::parse(q.unwrap_or_default())? {
            let Some(column) = known(&term.key) else { continue };
            let test = read_test(column.kind, &term.pattern).ok_or_else(|| wrong(column))?;
            conditions.extend(test.map(|test| Condition { column, test }));
        }
        let order = query::parse_sort(sort.unwrap_or_default());
        let order = order.iter().filter_map(|sort| Some((known(&sort.key)?, sort.descending)));
        Ok(Self { conditions, order: order.collect() })
    }

    /// The rows that are meant, in the order that is meant. `field` tells a row's value of a column.
    pub fn apply<T>(&self, mut rows: Vec<T>, field: impl Fn(&T, &str) -> Field) -> Vec<T> {
        rows.retain(|row| {
            self.conditions.iter().all(|condition| condition.test.holds(&field(row, condition.column.name)))
        });
        rows.sort_by(|one, other| {
            let orders = self.order.iter().map(|(column, descending)| {
                let order = field(one, column.name).cmp(&field(other, column.name));
                if *descending { order.reverse() } else { order }
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        rows
    }
}

impl Test {
    fn holds(&self, field: &Field) -> bool {
        match self {
            Self::Is(wanted) => wanted == field,
            Self::Contains(part) => field.to_string().to_lowercase().contains(&part.to_lowercase()),
            Self::Between(min, max) => {
                min.as_ref().is_none_or(|min| min <= field) && max.as_ref().is_none_or(|max| field <= max)
            }
            Self::OneOf(wanted) => wanted.contains(field),
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => number.fmt(f),
            Self::Bool(truth) => truth.fmt(f),
            Self::Time(time) => time.format("%Y-%m-%d %H:%M:%S").fmt(f),
        }
    }
}

/// None for a value of the wrong type; `Some(None)` for a pattern that says nothing.
fn read_test(kind: Kind, pattern: &Pattern) -> Option<Option<Test>> {
    let bound = |value: &Option<Value>| match value {
        Some(value) => read_value(kind, value).map(Some),
        None => Some(None),
    };
    Some(match pattern {
        Pattern::Exact(text) => Some(Test::Is(read_text(kind, text)?)),
        Pattern::Fuzzy(part) => Some(Test::Contains(part.clone())),
        Pattern::Range { min, max } => Some(Test::Between(bound(min)?, bound(max)?)),
        Pattern::AnyOf(values) => {
            Some(Test::OneOf(values.iter().map(|value| read_value(kind, value)).collect::<Option<_>>()?))
        }
        Pattern::AllOf(_) => None,
    })
}

fn read_value(kind: Kind, value: &Value) -> Option<Field> {
    match (kind, value) {
        (Kind::Time, Value::Time(time)) => Some(Field::Time(*time)).filter(|_| is_usual(*time)),
        (Kind::Int, Value::Int(number)) => Some(Field::Int(*number)),
        (Kind::Text, Value::Int(number)) => Some(Field::Text(number.to_string())),
        (_, Value::Text(text)) => read_text(kind, text),
        _ => None,
    }
}

fn read_text(kind: Kind, text: &str) -> Option<Field> {
    match kind {
        Kind::Text => Some(Field::Text(text.to_owned())),
        Kind::Int => text.parse().ok().map(Field::Int),
        Kind::Bool => match text.to_lowercase().as_str() {
            "true" | "t" | "1" => Some(Field::Bool(true)),
            "false" | "f" | "0" => Some(Field::Bool(false)),
            _ => None,
        },
        Kind::Time => read_time(text).map(Field::Time),
    }
}

fn read_time(text: &str) -> Option<DateTime<Utc>> {
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let plain = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    plain.map(|time| time.and_utc()).or_else(|| text.parse().ok()).filter(|time| is_usual(*time))
}

/// No database knows all the years that can be written.
fn is_usual(time: DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

fn wrong(column: Column) -> Invalid {
    let expected = match column.kind {
        Kind::Text => "texts",
        Kind::Int => "whole numbers",
        Kind::Bool => "true or false",
        Kind::Time => "times like 2006-01-02T15:04:05",
    };
    Invalid::new("q", format!("the values of {} must be {expected}", column.name))
}
