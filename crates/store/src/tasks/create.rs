//! Writing the tasks of an execution, in chunks.

use forewarm_domain::task::{ImageTarget, Target};

use super::Tasks;
use crate::StoreError;
use crate::executions::ExpansionLease;

/// A task to be. The same manifest on the same instance is one task, however often it is written.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Place in its execution, from 0.
    pub ordinal: i32,
    pub instance_id: i64,
    pub instance: String,
    pub vendor: String,
    pub target: Target,
    pub max_attempts: i32,
    /// How long the engine may take.
    pub timeout_seconds: i32,
}

/// The columns of a chunk, one vector each, as `unnest` takes them.
#[derive(Default)]
struct Columns {
    ordinals: Vec<i32>,
    instance_ids: Vec<i64>,
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
}

impl Tasks<'_> {
    /// Writes a chunk of tasks in one transaction and opens the windows of their instances. false = the lease on the
    /// execution is lost, and nothing was written. Writing a task that exists already changes nothing.
    pub async fn create_many(&self, lease: ExpansionLease, tasks: &[NewTask]) -> Result<bool, StoreError> {
        let mut tx = self.store.pool.begin().await?;
        let held = sqlx::query_scalar!(
            r#"SELECT true AS "held!" FROM executions WHERE id = $1 AND lease_token = $2 FOR SHARE"#,
            lease.execution_id,
            lease.token
        )
        .fetch_optional(&mut *tx)
        .await?;
        if held.is_none() {
            return Ok(false);
        }
        let columns = Columns::of(tasks);
        sqlx::query!(
            "INSERT INTO tasks (execution_id, ordinal, instance_id, instance, vendor, registry_id, repository, digest,
                                media_type, platform, tags, artifact_digest, urls, max_attempts, timeout_seconds, created_at)
             SELECT $1, t.ordinal, t.instance_id, t.instance, t.vendor, t.registry_id, t.repository, t.digest,
                    t.media_type, t.platform, ARRAY(SELECT jsonb_array_elements_text(t.tags::jsonb)), t.artifact_digest,
                    ARRAY(SELECT jsonb_array_elements_text(t.urls::jsonb)), t.max_attempts, t.timeout_seconds, coalesce($16, now())
             FROM unnest($2::integer[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::integer[])
                  AS t (ordinal, instance_id, instance, vendor, registry_id, repository, digest, media_type, platform,
                        tags, artifact_digest, urls, max_attempts, timeout_seconds)
             ON CONFLICT (execution_id, instance_id, repository, digest) DO NOTHING",
            lease.execution_id,
            &columns.ordinals,
            &columns.instance_ids,
            &columns.instances,
            &columns.vendors,
            &columns.registry_ids as &[Option<i64>],
            &columns.repositories,
            &columns.digests,
            &columns.media_types,
            &columns.platforms as &[Option<String>],
            &columns.tags,
            &columns.artifact_digests,
            &columns.urls,
            &columns.max_attempts,
            &columns.timeouts,
            self.store.clock.bind(),
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut instances = columns.instance_ids;
        instances.sort_unstable();
        instances.dedup();
        self.fill_windows(&instances).await?;
        Ok(true)
    }
}

impl Columns {
    fn of(tasks: &[NewTask]) -> Self {
        let mut columns = Self::default();
        for task in tasks {
            columns.ordinals.push(task.ordinal);
            columns.instance_ids.push(task.instance_id);
            columns.instances.push(task.instance.clone());
            columns.vendors.push(task.vendor.clone());
            columns.max_attempts.push(task.max_attempts);
            columns.timeouts.push(task.timeout_seconds);
            columns.push_target(&task.target);
        }
        columns
    }

    fn push_target(&mut self, target: &Target) {
        let none = ImageColumns::default();
        let (image, urls) = match target {
            Target::Image(image) => (ImageColumns::of(image), vec![]),
            Target::Files { urls } => (none, urls.iter().map(ToString::to_string).collect()),
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
