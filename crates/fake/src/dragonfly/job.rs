//! Rows of the manager's job table.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::args::Args;
use super::queue::QueueTask;
use super::snapshot::Snapshot;
use super::world::World;

#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) group: String,
    pub(crate) bio: String,
    pub(crate) user_id: u64,
    pub(crate) args: Args,
    /// The clusters it was sent to.
    pub(crate) clusters: Vec<u64>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) state: &'static str,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) queue: Vec<QueueTask>,
    /// How many refreshes have been done; `None` once nobody refreshes it any more.
    pub(crate) refreshes: Option<usize>,
    /// The row is gone; the queue goes on.
    pub(crate) deleted: bool,
}

/// How much of a row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// The answer to its creation: `result` is null.
    Created,
    /// Read alone: `result` is an object, an empty one before the first refresh.
    Single,
    /// In a list: clusters are not loaded.
    Listed,
}

impl Job {
    pub(crate) fn to_json(&self, world: &World, view: View) -> Value {
        let time = |moment| world.printed(moment);
        json!({
            "id": self.id, "created_at": time(self.created_at), "updated_at": time(self.updated_at),
            "is_del": 0, "task_id": self.group, "bio": self.bio, "type": "preheat", "state": self.state,
            "args": self.args.echo,
            "result": self.result(world, view),
            "user_id": self.user_id, "user": {"id": 0, "name": ""},
            "seed_peer_clusters": null,
            "scheduler_clusters": match view {
                View::Listed => Value::Null,
                View::Created | View::Single => self.clusters_json(world),
            },
        })
    }

    /// `repository:tag` or `repository@digest` of an image, else the URLs.
    pub(crate) fn names(&self) -> Vec<String> {
        self.args.targets().iter().map(|url| short_name(url)).collect()
    }

    fn result(&self, world: &World, view: View) -> Value {
        match (&self.snapshot, view) {
            (_, View::Created) => Value::Null,
            (None, _) => json!({}),
            (Some(snapshot), _) => {
                let time = |moment| world.printed(moment);
                snapshot.to_json(&self.group, self.created_at, world.knobs.keys, time)
            }
        }
    }

    fn clusters_json(&self, world: &World) -> Value {
        let named = world.clusters.iter().filter(|cluster| self.clusters.contains(&cluster.id));
        let view = |cluster: &super::Cluster| {
            let config = json!({"job_rate_limit": cluster.job_rate_limit});
            json!({"id": cluster.id, "name": cluster.name, "config": config})
        };
        named.map(view).collect()
    }
}

fn short_name(url: &str) -> String {
    match super::resolve::Access::parse(url) {
        Some(access) if access.reference.contains(':') => {
            format!("{}@{}", access.repository, access.reference)
        }
        Some(access) => format!("{}:{}", access.repository, access.reference),
        None => url.to_owned(),
    }
}
