//! What a thing looks like in the audit log: its row and what belongs to it, without secrets and without what changes
//! by itself.

use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::Object;
use crate::StoreError;

/// Columns that hold secrets, encrypted or hashed.
const SECRETS: [&str; 5] = ["auth_secret", "event_secrets", "origin_access", "password_hash", "hash"];
/// Columns that change without anybody's doing, or only count changes.
const NOISE: [&str; 10] = [
    "healthy",
    "health_reason",
    "health_latency_ms",
    "health_checked_at",
    "next_health_at",
    "next_submit_at",
    "moved_at",
    "last_used_at",
    "updated_at",
    "changed",
];

/// The thing as it is now; None = there is none.
pub(super) async fn image(
    connection: &mut PgConnection,
    object: Object,
    id: i64,
) -> Result<Option<Value>, StoreError> {
    let found = row(connection, object, id).await?;
    Ok(found.map(|mut row| {
        if let Value::Object(columns) = &mut row {
            redact(columns);
        }
        drop_nulls(&mut row);
        row
    }))
}

fn redact(columns: &mut Map<String, Value>) {
    columns.retain(|name, _| !NOISE.contains(&name.as_str()));
    for (name, value) in columns {
        if SECRETS.contains(&name.as_str()) {
            *value = hidden(value);
        }
    }
}

/// What is not set is left out, as everywhere in the API.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Tells that there is something, and how many, but not what.
fn hidden(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Array(items) => items.iter().map(|_| json!("***")).collect(),
        Value::Object(items) if items.is_empty() => json!({}),
        _ => json!("***"),
    }
}

async fn row(connection: &mut PgConnection, object: Object, id: i64) -> Result<Option<Value>, StoreError> {
    let row =
        match object {
            Object::Registry => {
                sqlx::query_scalar!(r#"SELECT to_jsonb(r) AS "row!" FROM registries r WHERE id = $1"#, id)
                    .fetch_optional(connection)
                    .await
            }
            Object::Instance => {
                sqlx::query_scalar!(r#"SELECT to_jsonb(i) AS "row!" FROM instances i WHERE id = $1"#, id)
                    .fetch_optional(connection)
                    .await
            }
            Object::Project => {
                sqlx::query_scalar!(
                    r#"SELECT to_jsonb(p) || jsonb_build_object('registry', r.name) AS "row!"
                   FROM projects p JOIN registries r ON r.id = p.registry_id WHERE p.id = $1"#,
                    id
                )
                .fetch_optional(connection)
                .await
            }
            Object::Policy => policy(connection, id).await,
            Object::Execution => sqlx::query_scalar!(
                r#"SELECT jsonb_build_object('policy', policy, 'project', project, 'project_id', project_id,
                                             'trigger', trigger, 'status', status) AS "row!"
                   FROM executions WHERE id = $1"#,
                id
            )
            .fetch_optional(connection)
            .await,
            Object::User => user(connection, id).await,
            Object::Token => token(connection, id).await,
        };
    Ok(row?)
}

async fn policy(connection: &mut PgConnection, id: i64) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT to_jsonb(p) || jsonb_build_object('project', projects.name, 'instances', (
                      SELECT coalesce(jsonb_agg(i.name ORDER BY i.name), '[]')
                      FROM policy_instances JOIN instances i ON i.id = instance_id WHERE policy_id = p.id
                  )) AS "row!"
           FROM policies p JOIN projects ON projects.id = p.project_id WHERE p.id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await
}

async fn user(connection: &mut PgConnection, id: i64) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT to_jsonb(u) || jsonb_build_object('grants', (
                      SELECT coalesce(jsonb_agg(jsonb_build_object('role', g.role, 'project', p.name)
                                                ORDER BY g.role, p.name), '[]')
                      FROM user_grants g LEFT JOIN projects p ON p.id = g.project_id WHERE g.user_id = u.id
                  )) AS "row!"
           FROM users u WHERE id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await
}

async fn token(connection: &mut PgConnection, id: i64) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT to_jsonb(t) || jsonb_build_object('user', users.name, 'projects', (
                      SELECT coalesce(jsonb_agg(p.name ORDER BY p.name), '[]')
                      FROM token_projects tp JOIN projects p ON p.id = tp.project_id WHERE tp.token_id = t.id
                  )) AS "row!"
           FROM tokens t JOIN users ON users.id = t.user_id WHERE t.id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await
}
