//! Writing the audit log.

use serde_json::Value;
use sqlx::PgConnection;

use super::{Object, images};
use crate::{Store, StoreError};

/// Something that is about to change, as it was before.
pub(crate) struct Watched {
    object: Object,
    id: i64,
    before: Option<Value>,
}

impl Watched {
    /// Something that was not there before.
    pub fn new(object: Object, id: i64) -> Self {
        Self { object, id, before: None }
    }
}

impl Store {
    /// Remembers what something is before it is changed. What happens by itself has no actor, and is not written down.
    pub(crate) async fn watch(
        &self,
        connection: &mut PgConnection,
        object: Object,
        id: i64,
    ) -> Result<Watched, StoreError> {
        let before = match self.actor {
            Some(_) => images::image(connection, object, id).await?,
            None => None,
        };
        Ok(Watched { object, id, before })
    }

    /// Writes down what became of it, in the transaction that changed it.
    pub(crate) async fn note(
        &self,
        connection: &mut PgConnection,
        action: &str,
        watched: Watched,
    ) -> Result<(), StoreError> {
        let Some(actor) = &self.actor else {
            return Ok(());
        };
        let Watched { object, id, before } = watched;
        let after = images::image(connection, object, id).await?;
        let shown = after.as_ref().or(before.as_ref());
        let text = |key: &str| shown.and_then(|image| image[key].as_str()).map(str::to_owned);
        sqlx::query!(
            "INSERT INTO audit (at, actor_kind, actor, token, address, request_id, action, object, object_id, name,
                                project, before, after)
             VALUES (coalesce($1, now()), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            self.clock.bind(),
            actor.kind,
            actor.name,
            actor.token,
            actor.address,
            actor.request_id,
            action,
            object.as_str(),
            id,
            text("name"),
            text("project"),
            before,
            after,
        )
        .execute(&mut *connection)
        .await?;
        tracing::info!(
            actor = actor.name,
            actor_kind = actor.kind,
            address = actor.address,
            action,
            object = object.as_str(),
            object_id = id,
            name = text("name"),
            "changed by somebody"
        );
        Ok(())
    }
}
