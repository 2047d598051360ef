//! Table `keys`: which keys this database's secrets are encrypted with, so that a process with another key refuses to
//! start instead of writing what nobody else can read.

use forewarm_domain::Secret;
use sqlx::PgConnection;

use super::{Census, Keyring, Place};
use crate::{Store, StoreError};

/// Why a process must not use this database.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    #[error(
        "this database's secrets are encrypted with key {known}, and this process has key {ours}: start it with the same \
         key as the others (--key-file, FOREWARM_KEY_FILE or FOREWARM_KEY). If that key is lost for good, `forewarm key \
         forget {known}` lets this one in; every secret must then be given again"
    )]
    Foreign { known: String, ours: String },
    #[error("key {0} has the id of a key of this database, and is another one")]
    Forged(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an introduction found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Introduced {
    /// Keys of the database that this process does not have.
    pub missing: Vec<String>,
    /// The active key was new to the database.
    pub is_new: bool,
}

struct Row {
    id: String,
    proof: String,
}

impl Store {
    /// Compares this process's keys with those of the database, and makes the active one known there.
    pub async fn introduce_keys(&self) -> Result<Introduced, Unknown> {
        let active = self.keys.active_id().ok_or(StoreError::NoKey)?;
        let mut tx = self.begin().await?;
        // Of two first processes with two keys, one is the second.
        sqlx::query!("LOCK TABLE keys IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *tx)
            .await
            .map_err(StoreError::from)?;
        let rows = rows(&mut tx).await?;
        let missing = compare(&self.keys, &rows)?;
        let is_new = rows.iter().all(|row| row.id != active);
        if is_new {
            self.note_key(&mut tx, active).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        Ok(Introduced { missing, is_new })
    }

    /// Compares this process's keys with those of the database, and changes nothing.
    pub async fn check_keys(&self) -> Result<(), Unknown> {
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        compare(&self.keys, &rows(&mut connection).await?).map(drop)
    }

    /// Ids of the keys that processes were started with, oldest first.
    pub async fn known_keys(&self) -> Result<Vec<String>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        Ok(rows(&mut connection).await?.into_iter().map(|row| row.id).collect())
    }

    /// Forgets every key but the active one that no value needs any more; returns their ids.
    pub async fn retire_keys(&self, census: &Census) -> Result<Vec<String>, StoreError> {
        let used: Vec<String> = census.by_key.keys().cloned().collect();
        let retired = sqlx::query_scalar!(
            "DELETE FROM keys WHERE id <> ALL ($1) AND id IS DISTINCT FROM $2 RETURNING id",
            &used,
            self.keys.active_id(),
        );
        Ok(retired.fetch_all(&self.pool).await?)
    }

    /// Forgets a key, whatever it has sealed; false = it was not known.
    pub async fn forget_key(&self, id: &str) -> Result<bool, StoreError> {
        let forgotten = sqlx::query!("DELETE FROM keys WHERE id = $1", id).execute(&self.pool).await?;
        Ok(forgotten.rows_affected() > 0)
    }

    async fn note_key(&self, connection: &mut PgConnection, id: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO keys (id, proof, created_at) VALUES ($1, $2, coalesce($3, now()))",
            id,
            self.keys.seal(place(id), id)?,
            self.clock.bind(),
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn rows(connection: &mut PgConnection) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(Row, "SELECT id, proof FROM keys ORDER BY created_at, id");
    Ok(rows.fetch_all(connection).await?)
}

/// Ids of known keys that this process does not have.
fn compare(keys: &Keyring, rows: &[Row]) -> Result<Vec<String>, Unknown> {
    let (ours, missing): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| keys.ids().any(|id| id == row.id));
    let ids = |rows: &[&Row]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    if ours.is_empty() && !missing.is_empty() {
        let ours: Vec<&str> = keys.ids().collect();
        return Err(Unknown::Foreign { known: ids(&missing).join(", "), ours: ours.join(", ") });
    }
    match ours.iter().find(|row| keys.open(place(&row.id), &row.proof) != Secret::new(row.id.as_str())) {
        Some(row) => Err(Unknown::Forged(row.id.clone())),
        None => Ok(ids(&missing)),
    }
}

fn place(id: &str) -> Place<'_> {
    Place::new("keys", 0, "proof").part(id)
}
