//! How many values each key has sealed.

use std::collections::BTreeMap;

use super::columns::{COLUMNS, Column};
use super::sealed::Sealed;
use crate::{Store, StoreError};

/// Rows that are read in one go.
const BATCH: i64 = 2_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// Values by the id of their key.
    pub by_key: BTreeMap<String, u64>,
    /// Values that are not encrypted.
    pub plain: u64,
}

impl Census {
    /// Values of a key.
    pub fn of(&self, id: &str) -> u64 {
        self.by_key.get(id).copied().unwrap_or_default()
    }

    fn count(&mut self, text: &str) {
        match Sealed::parse(text) {
            Some(sealed) => *self.by_key.entry(sealed.key_id.to_owned()).or_default() += 1,
            None => self.plain += 1,
        }
    }
}

impl Store {
    pub async fn census(&self) -> Result<Census, StoreError> {
        let mut census = Census::default();
        for column in COLUMNS {
            let mut last = Some(i64::MIN);
            while let Some(after) = last {
                last = self.count_after(column, after, &mut census).await?;
            }
        }
        Ok(census)
    }

    /// Returns the last id that was counted.
    async fn count_after(
        &self,
        column: &Column,
        after: i64,
        census: &mut Census,
    ) -> Result<Option<i64>, StoreError> {
        let mut last = None;
        for (id, mut value) in self.rows_after(column, after, BATCH).await? {
            column.each(id, &mut value, &mut |_, text| {
                census.count(text);
                Ok(())
            })?;
            last = Some(id);
        }
        Ok(last)
    }
}
