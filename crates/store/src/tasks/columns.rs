//! A chunk of new tasks as columns, and how each of them begins.

use chrono::{DateTime, Utc};
use forewarm_domain::status::Status;
use forewarm_domain::task::{ImageTarget, Proof, Target};
use forewarm_domain::warmth::Warmth;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::{NewTask, urls};
use crate::{StoreError, warm};

/// The columns of a chunk, one vector each, as `unnest` takes them.
#[derive(Default)]
pub(super) struct Columns {
    ordinals: Vec<i32>,
    pub instance_ids: Vec<i64>,
    instances: Vec<String>,
    vendors: Vec<String>,
    registry_ids: Vec<Option<i64>>,
    repositories: Vec<String>,
    digests: Vec<String>,
    media_types: Vec<String>,
    platforms: Vec<Option<String>>,
    tags: Vec<String>,
    artifact_digests: Vec<String>,
    urls: Vec<String>,
    max_attempts: Vec<i32>,
    timeouts: Vec<i32>,
    fresh_for: Vec<Option<f64>>,
    statuses: Vec<&'static str>,
    messages: Vec<String>,
    proofs: Vec<Option<&'static str>>,
    blobs: Vec<Option<Value>>,
}

impl Columns {
    /// Decides how each task begins: stopped, a success that needs no work, or waiting.
    pub async fn settle(
        &mut self,
        connection: &mut PgConnection,
        execution_id: i64,
        tasks: &[NewTask],
        now: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let asked = warm::Asked {
            instance_ids: &self.instance_ids,
            registry_ids: &self.registry_ids,
            repositories: &self.repositories,
            digests: &self.digests,
            seconds: &self.fresh_for,
        };
        let found = warm::of_tasks(connection, execution_id, asked, now).await?;
        for (task, warmth) in tasks.iter().zip(found) {
            let (status, message, proof) = beginning(task, warmth);
            self.statuses.push(status.as_str());
            self.messages.push(message);
            self.proofs.push(proof.map(Proof::as_str));
        }
        Ok(())
    }

    pub async fn insert(
        &self,
        connection: &mut PgConnection,
        execution_id: i64,
        now: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "WITH written AS (
                 INSERT INTO tasks (execution_id, ordinal, instance_id, instance, vendor, registry_id, repository, digest,
                                    media_type, platform, tags, artifact_digest, urls, max_attempts, timeout_seconds,
                                    status, message, proof, blobs, already_warm, log_lines, created_at,
                                    ended_at)
                 SELECT $1, t.ordinal, t.instance_id, t.instance, t.vendor, t.registry_id, t.repository, t.digest,
                        t.media_type, t.platform, ARRAY(SELECT jsonb_array_elements_text(t.tags::jsonb)), t.artifact_digest,
                        ARRAY(SELECT jsonb_array_elements_text(t.urls::jsonb)), t.max_attempts, t.timeout_seconds,
                        t.status, t.message, t.proof, t.blobs, t.status = 'success', CASE WHEN t.status <> 'pending' THEN 1 ELSE 0 END,
                        coalesce($16, now()),
                        CASE WHEN t.status <> 'pending' THEN coalesce($16, now()) END
                 FROM unnest($2::integer[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
                             $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::integer[],
                             $17::text[], $18::text[], $19::text[], $20::jsonb[])
                      AS t (ordinal, instance_id, instance, vendor, registry_id, repository, digest, media_type, platform,
                            tags, artifact_digest, urls, max_attempts, timeout_seconds, status, message, proof, blobs)
                 ON CONFLICT (execution_id, instance_id, repository, digest) DO NOTHING
                 RETURNING id, status, message, created_at
             )
             INSERT INTO task_logs (task_id, n, attempt, lines)
             SELECT id, 1, 0, jsonb_build_array(jsonb_build_object(
                 'at', created_at, 'level', CASE status WHEN 'success' THEN 'info' ELSE 'warning' END, 'message', message))
             FROM written WHERE status <> 'pending'",
            execution_id,
            &self.ordinals,
            &self.instance_ids,
            &self.instances,
            &self.vendors,
            &self.registry_ids as &[Option<i64>],
            &self.repositories,
            &self.digests,
            &self.media_types,
            &self.platforms as &[Option<String>],
            &self.tags,
            &self.artifact_digests,
            &self.urls,
            &self.max_attempts,
            &self.timeouts,
            now,
            &self.statuses as &[&str],
            &self.messages,
            &self.proofs as &[Option<&str>],
            &self.blobs as &[Option<Value>],
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    pub async fn note_tags(
        &self,
        connection: &mut PgConnection,
        execution_id: i64,
    ) -> Result<(), StoreError> {
        let found = warm::Found {
            registry_ids: &self.registry_ids,
            repositories: &self.repositories,
            digests: &self.digests,
            artifact_digests: &self.artifact_digests,
            tags: &self.tags,
        };
        warm::note_tags(connection, execution_id, found).await
    }

    pub fn of(tasks: &[NewTask]) -> Self {
        let mut columns = Self::default();
        for task in tasks {
            columns.ordinals.push(task.ordinal);
            columns.instance_ids.push(task.instance_id);
            columns.instances.push(task.instance.clone());
            columns.vendors.push(task.vendor.clone());
            columns.max_attempts.push(task.max_attempts);
            columns.timeouts.push(task.timeout_seconds);
            columns.fresh_for.push(task.fresh_for.map(|time| time.as_secs_f64()));
            columns.blobs.push(task.blobs.as_ref().map(|blobs| json!(blobs)));
            columns.push_target(&task.target);
        }
        columns
    }

    fn push_target(&mut self, target: &Target) {
        let none = ImageColumns::default();
        let (image, urls) = match target {
            Target::Image(image) => (ImageColumns::of(image), vec![]),
            Target::Files { urls } => (none, urls::bare(urls)),
        };
        self.registry_ids.push(image.registry_id);
        self.repositories.push(image.repository);
        self.digests.push(image.digest);
        self.media_types.push(image.media_type);
        self.platforms.push(image.platform);
        self.tags.push(to_json(&image.tags));
        self.artifact_digests.push(image.artifact_digest);
        self.urls.push(to_json(&urls));
    }
}

/// A task's first status, what there is to say about it, and how far it is proven warm.
fn beginning(task: &NewTask, warmth: Option<Warmth>) -> (Status, String, Option<Proof>) {
    match (&task.stopped, warmth) {
        (Some(reason), _) => (Status::Stopped, reason.clone(), None),
        (None, Some(warmth)) => (Status::Success, warmth.message(), Some(warmth.proof)),
        (None, None) => (Status::Pending, String::new(), None),
    }
}

#[derive(Default)]
struct ImageColumns {
    registry_id: Option<i64>,
    repository: String,
    digest: String,
    media_type: String,
    platform: Option<String>,
    tags: Vec<String>,
    artifact_digest: String,
}

impl ImageColumns {
    fn of(image: &ImageTarget) -> Self {
        Self {
            registry_id: image.registry_id,
            repository: image.repository.clone(),
            digest: image.digest.to_string(),
            media_type: image.media_type.clone(),
            platform: image.platform.as_ref().map(ToString::to_string),
            tags: image.tags.clone(),
            artifact_digest: image.artifact_digest.to_string(),
        }
    }
}

/// `unnest` has no arrays of arrays of different lengths, so lists travel as JSON.
fn to_json(list: &[String]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}
