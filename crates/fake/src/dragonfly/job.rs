//! Rows of the manager's job table.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::Keys;
use super::args::Args;
use super::queue::QueueTask;
use super::snapshot::{self, Snapshot};
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

/// How a row is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    id: u64,
    created_at: String,
    updated_at: String,
    is_del: u64,
    task_id: &'a str,
    bio: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    args: &'a Value,
    result: Outcome<'a>,
    user_id: u64,
    user: Nobody,
    seed_peer_clusters: (),
    scheduler_clusters: Value,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Snapshot(snapshot::Shown<'a>),
    Plain(Value),
}

/// The user of a row is never loaded.
#[derive(Debug, Serialize)]
struct Nobody {
    id: u64,
    name: &'static str,
}

impl Job {
    pub(crate) fn shown<'a>(&'a self, world: &World, view: View) -> Shown<'a> {
        Shown {
            id: self.id,
            created_at: world.printed(self.created_at),
            updated_at: world.printed(self.updated_at),
            is_del: 0,
            task_id: &self.group,
            bio: &self.bio,
            kind: "preheat",
            state: self.state,
            args: &self.args.echo,
            result: self.result(world, view),
            user_id: self.user_id,
            user: Nobody { id: 0, name: "" },
            seed_peer_clusters: (),
            scheduler_clusters: match view {
                View::Listed => Value::Null,
                View::Created | View::Single => self.clusters_json(world),
            },
        }
    }

    /// `repository:tag` or `repository@digest` of an image, else the URLs.
    pub(crate) fn names(&self) -> Vec<String> {
        self.args.targets().iter().map(|url| short_name(url)).collect()
    }

    fn result(&self, world: &World, view: View) -> Outcome<'_> {
        match (&self.snapshot, view) {
            (_, View::Created) => Outcome::Plain(Value::Null),
            (None, _) => Outcome::Plain(json!({})),
            (Some(snapshot), _) => {
                let shown = snapshot.shown(&self.group, self.created_at, |moment| world.printed(moment));
                match world.knobs.keys {
                    Keys::Snake => Outcome::Snapshot(shown),
                    Keys::Camel => Outcome::Plain(shown.camel()),
                }
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
