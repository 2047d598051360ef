//! Values that travel to the database as JSON in text: Postgres parses them either way, and a tree of each would cost
//! dozens of allocations.

use serde::Serialize;

use crate::StoreError;

pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Computation(format!("it cannot be written as JSON: {error}")))
}
