//! What an execution does, as it lies in the database: JSON in which the queries of file addresses are encrypted.

use forewarm_domain::execution::{Spec, Work};
use serde_json::Value;

use super::TABLE;
use crate::keyring::Place;
use crate::{Keyring, StoreError, file_urls};

pub(super) fn seal(keys: &Keyring, id: i64, spec: &Spec) -> Result<Spec, StoreError> {
    let mut sealed = spec.clone();
    if let Work::Files { urls } = &mut sealed.work {
        *urls = file_urls::seal(keys, place(id), urls)?;
    }
    Ok(sealed)
}

/// Also says why, if one of the addresses cannot be opened.
pub(super) fn read(keys: &Keyring, id: i64, spec: Value) -> Result<(Spec, Option<String>), StoreError> {
    let mut spec: Spec = serde_json::from_value(spec).map_err(|error| StoreError::Corrupt {
        table: "execution",
        id,
        column: "spec",
        reason: error.to_string(),
    })?;
    let locked = match &mut spec.work {
        Work::Files { urls } => file_urls::open(keys, place(id), urls),
        Work::Policy(_) | Work::Images { .. } => None,
    };
    Ok((spec, locked))
}

fn place(id: i64) -> Place<'static> {
    Place::new(TABLE, id, "spec")
}
