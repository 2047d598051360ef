//! Every column that holds secrets. A new one is a line here, and its table's file seals and opens it.

use serde_json::Value;

use super::Place;
use crate::{StoreError, file_urls, origin_access};

/// One column with secrets.
pub(super) struct Column {
    pub table: &'static str,
    pub name: &'static str,
    shape: Shape,
    /// Leaves out rows that hold none, so that they need not be read.
    pub holds: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A text.
    Text,
    /// Several texts: `text[]`.
    Texts,
    /// JSON with headers and a password.
    Access,
    /// What an execution does: JSON with addresses of files.
    Work,
    /// Addresses of files: `text[]`.
    Urls,
}

pub(super) const COLUMNS: &[Column] = &[
    Column { table: "registries", name: "auth_secret", shape: Shape::Text, holds: "auth_secret IS NOT NULL" },
    Column {
        table: "registries",
        name: "event_secrets",
        shape: Shape::Texts,
        holds: "event_secrets <> '{}'",
    },
    Column { table: "instances", name: "auth_secret", shape: Shape::Text, holds: "auth_secret IS NOT NULL" },
    Column { table: "policies", name: "origin_access", shape: Shape::Access, holds: "origin_access <> '{}'" },
    Column {
        table: "executions",
        name: "origin_access",
        shape: Shape::Access,
        holds: "origin_access <> '{}'",
    },
    Column {
        table: "executions",
        name: "spec",
        shape: Shape::Work,
        holds: "spec -> 'work' ->> 'kind' = 'files'",
    },
    Column { table: "tasks", name: "urls", shape: Shape::Urls, holds: "urls <> '{}'" },
];

impl Column {
    /// What makes the column of the JSON in parameter `$2`.
    pub fn write(&self) -> &'static str {
        match self.shape {
            Shape::Text => "$2::jsonb #>> '{}'",
            Shape::Texts | Shape::Urls => "ARRAY(SELECT jsonb_array_elements_text($2::jsonb))",
            Shape::Access | Shape::Work => "$2::jsonb",
        }
    }

    /// Hands the place and the text of every secret in the column to `change`.
    pub fn each(
        &self,
        row: i64,
        value: &mut Value,
        change: &mut dyn FnMut(Place<'_>, &mut String) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let place = Place::new(self.table, row, self.name);
        if self.shape == Shape::Access {
            return origin_access::each(place, value, change);
        }
        let texts: Vec<&mut Value> = match (self.shape, value) {
            (Shape::Work, value) => value
                .get_mut("work")
                .and_then(|work| work.get_mut("urls"))
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
                .collect(),
            (_, Value::Array(items)) => items.iter_mut().collect(),
            (_, value) => vec![value],
        };
        for text in texts {
            let Value::String(text) = text else { continue };
            match self.shape {
                Shape::Urls | Shape::Work => file_urls::each(place, text, change)?,
                _ => change(place, text)?,
            }
        }
        Ok(())
    }
}
