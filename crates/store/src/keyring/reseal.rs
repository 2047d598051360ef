//! Sealing what lies in the database anew: what is plain, or what another key sealed. In batches, while everything
//! runs; each row is locked for a moment, and what somebody else did meanwhile is left as it is.

use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::columns::{COLUMNS, Column};
use super::sealed::Sealed;
use crate::{Store, StoreError};

/// Rows that are looked at in one go.
const BATCH: i64 = 500;

/// What shall be sealed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Plain,
    /// Whatever the active key has not sealed.
    Other,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    pub rows: u64,
    pub values: u64,
    /// Values that none of the keys at hand opens; they stay as they are.
    pub locked: u64,
}

impl Store {
    /// Encrypts what was stored before there were keys.
    pub async fn seal_plain(&self) -> Result<Resealed, StoreError> {
        self.reseal(Which::Plain).await
    }

    /// Encrypts everything that is not under the active key.
    pub async fn rotate(&self) -> Result<Resealed, StoreError> {
        self.reseal(Which::Other).await
    }

    async fn reseal(&self, which: Which) -> Result<Resealed, StoreError> {
        let mut done = Resealed::default();
        for column in COLUMNS {
            let mut last = i64::MIN;
            loop {
                let rows = self.rows_after(column, last, BATCH).await?;
                let Some((next, _)) = rows.last() else { break };
                last = *next;
                for (id, mut value) in rows {
                    // Most rows need nothing, and are not locked for it.
                    let (sealed, locked) = self.reseal_value(column, id, &mut value, which)?;
                    done.locked += locked;
                    if sealed > 0 {
                        self.reseal_row(column, id, which, &mut done).await?;
                    }
                }
            }
        }
        Ok(done)
    }

    /// Ids and values of a column, as JSON, in the order of ids.
    pub(super) async fn rows_after(
        &self,
        column: &Column,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Value)>, StoreError> {
        let Column { table, name, holds, .. } = column;
        let query = format!(
            "SELECT id, to_jsonb({name}) AS value FROM {table} WHERE id > $1 AND {holds} ORDER BY id LIMIT $2"
        );
        // Safe: made of constants.
        let rows = sqlx::query_as(AssertSqlSafe(query)).bind(after).bind(limit);
        Ok(rows.fetch_all(&self.pool).await?)
    }

    async fn reseal_row(
        &self,
        column: &Column,
        id: i64,
        which: Which,
        done: &mut Resealed,
    ) -> Result<(), StoreError> {
        let (table, name) = (column.table, column.name);
        let mut tx = self.begin().await?;
        let query = format!("SELECT to_jsonb({name}) FROM {table} WHERE id = $1 FOR NO KEY UPDATE");
        let value = sqlx::query_scalar(AssertSqlSafe(query)).bind(id).fetch_optional(&mut *tx).await?;
        let Some(Some(mut value)) = value else { return Ok(()) };
        let (sealed, _) = self.reseal_value(column, id, &mut value, which)?;
        if sealed == 0 {
            return Ok(());
        }
        let query = format!("UPDATE {table} SET {name} = {} WHERE id = $1", column.write());
        sqlx::query(AssertSqlSafe(query)).bind(id).bind(value).execute(&mut *tx).await?;
        tx.commit().await?;
        done.rows += 1;
        done.values += sealed;
        Ok(())
    }

    /// How many values of the column were sealed anew, and how many could not be.
    fn reseal_value(
        &self,
        column: &Column,
        id: i64,
        value: &mut Value,
        which: Which,
    ) -> Result<(u64, u64), StoreError> {
        let (mut sealed, mut locked) = (0, 0);
        column.each(id, value, &mut |place, text| {
            let is_wanted = match which {
                Which::Plain => Sealed::parse(text).is_none(),
                Which::Other => !self.keys.is_current(text),
            };
            if !is_wanted {
                return Ok(());
            }
            let secret = self.keys.open(place, text);
            if secret.lock().is_some() {
                locked += 1;
                return Ok(());
            }
            *text = self.keys.seal(place, secret.expose())?;
            sealed += 1;
            Ok(())
        })?;
        Ok((sealed, locked))
    }
}
