//! Where a secret lies. It is encrypted together with its value, so a value that is copied elsewhere does not open.

use std::fmt;

/// Table, row and column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub table: &'static str,
    /// The row's id.
    pub row: i64,
    pub column: &'static str,
    /// Within a column that holds several; empty where it holds one.
    pub part: &'a str,
}

impl<'a> Place<'a> {
    pub fn new(table: &'static str, row: i64, column: &'static str) -> Self {
        Self { table, row, column, part: "" }
    }

    pub fn part(self, part: &'a str) -> Self {
        Self { part, ..self }
    }

    /// What is authenticated with the value. Neither names nor parts hold a zero byte.
    pub(super) fn about(&self) -> Vec<u8> {
        let Self { table, row, column, part } = self;
        format!("forewarm\0{table}\0{row}\0{column}\0{part}").into_bytes()
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.table, self.row, self.column)?;
        if self.part.is_empty() { Ok(()) } else { write!(f, " ({})", self.part) }
    }
}
