//! Reads clusters.

use serde_json::{Value, json};

use super::Cluster;
use super::routes::{invalid, not_found};
use super::world::World;
use crate::Answer;

pub(crate) fn route(world: &World, id: Option<&str>) -> Answer {
    let Some(id) = id else {
        let all: Vec<Value> = world.clusters.iter().map(view).collect();
        return Answer::new(200).json(&all);
    };
    let Ok(id) = id.parse::<u64>() else {
        return invalid(&format!(r#"strconv.ParseUint: parsing "{id}": invalid syntax"#));
    };
    match world.clusters.iter().find(|cluster| cluster.id == id) {
        Some(cluster) => Answer::new(200).json(&view(cluster)),
        None => not_found(),
    }
}

fn view(cluster: &Cluster) -> Value {
    json!({
        "id": cluster.id, "name": cluster.name, "bio": "", "scopes": {},
        "scheduler_cluster_id": cluster.id, "seed_peer_cluster_id": cluster.id,
        "scheduler_cluster_config": {
            "candidate_parent_limit": 3, "filter_parent_limit": 15, "job_rate_limit": cluster.job_rate_limit,
        },
        "seed_peer_cluster_config": {"load_limit": 2000},
        "peer_cluster_config": {"load_limit": 200},
        "is_default": cluster.id == 1,
    })
}
