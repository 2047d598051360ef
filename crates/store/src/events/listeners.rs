//! Policies that wait for events of a registry.

use forewarm_domain::event::EventKind;
use forewarm_domain::filter::Filter;
use forewarm_domain::trigger::Trigger;
use sqlx::types::Json;

use super::Events;
use crate::StoreError;

/// A policy that waits for events.
#[derive(Debug, Clone)]
pub struct Listener {
    pub policy_id: i64,
    pub policy: String,
    pub project_id: i64,
    pub project: String,
    /// That of the project.
    pub namespace: String,
    pub enabled: bool,
    pub kinds: Vec<EventKind>,
    pub filters: Vec<Filter>,
}

impl Events<'_> {
    /// A word that changes whenever a policy that waits for events of the registry, or its project, is made, changed
    /// or deleted.
    pub async fn version_of_listeners(&self, registry_id: i64) -> Result<String, StoreError> {
        // Every change writes a row anew, which gives it another xmin, whatever the clock says.
        let version = sqlx::query_scalar!(
            r#"SELECT count(*) || ':' || coalesce(sum(hashtextextended(
                          policies.id || ' ' || policies.xmin || ' ' || projects.xmin, 0)), 0) AS "version!"
               FROM policies JOIN projects ON projects.id = project_id
               WHERE registry_id = $1 AND trigger->>'type' = 'event'"#,
            registry_id,
        );
        Ok(version.fetch_one(&self.store.pool).await?)
    }

    /// The policies, disabled ones too, in the order of their projects and names.
    pub async fn listeners(&self, registry_id: i64) -> Result<Vec<Listener>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT policies.id, policies.name, project_id, projects.name AS project, namespace, enabled,
                      trigger AS "trigger: Json<Trigger>", filters AS "filters: Json<Vec<Filter>>"
               FROM policies JOIN projects ON projects.id = project_id
               WHERE registry_id = $1 AND trigger->>'type' = 'event'
               ORDER BY projects.name, policies.name"#,
            registry_id,
        )
        .fetch_all(&self.store.pool)
        .await?;
        let listeners = rows.into_iter().map(|row| Listener {
            policy_id: row.id,
            policy: row.name,
            project_id: row.project_id,
            project: row.project,
            namespace: row.namespace,
            enabled: row.enabled,
            kinds: kinds(row.trigger.0),
            filters: row.filters.0,
        });
        Ok(listeners.collect())
    }
}

fn kinds(trigger: Trigger) -> Vec<EventKind> {
    match trigger {
        Trigger::Event { events } => events,
        _ => vec![],
    }
}
