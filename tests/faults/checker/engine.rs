//! Reads what a fake engine remembers: the jobs that it made, and every request for one.

use forewarm_fake::Recorded;
use forewarm_fake::dragonfly::{Dragonfly, JobView};
use forewarm_fake::registry::Pushed;
use serde_json::Value;

use super::evidence::{EngineJob, Evidence, Mark, Wanted};

pub fn read(name: &str, engine: &Dragonfly, evidence: &mut Evidence) {
    evidence.jobs.extend(engine.jobs().into_iter().map(|job| view(name, job)));
    let posts = engine.recorder().matching("POST", "/oapi/v1/jobs");
    evidence.posts.extend(posts.iter().filter_map(mark));
}

/// Tasks whose submissions have reached the engine, and are not answered yet.
pub fn being_asked(engine: &Dragonfly) -> Vec<i64> {
    let under_way = engine.recorder().under_way();
    let posts = under_way.iter().filter(|request| request.method == "POST");
    posts.filter_map(mark).map(|mark| mark.task).collect()
}

/// What an execution must have a task for, on an instance of this name.
pub fn wanted(execution: i64, instance: &str, registry: &str, image: &Pushed) -> Wanted {
    let repository = &image.repository;
    let blob = |digest: &String| format!("{registry}/v2/{repository}/blobs/{digest}");
    Wanted {
        execution,
        instance: instance.to_owned(),
        repository: repository.clone(),
        digest: image.digest.clone(),
        blobs: image.blobs.iter().map(blob).collect(),
    }
}

fn view(instance: &str, job: JobView) -> EngineJob {
    EngineJob {
        id: job.id,
        instance: instance.to_owned(),
        mark: Mark::read(&job.bio),
        manifest: job.urls.first().cloned().unwrap_or_default(),
        loaded: loaded(&job.result),
        state: job.state,
        gone: job.gone,
    }
}

/// The union of all `success_tasks`.
fn loaded(result: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let clusters = list(&result["job_states"]).into_iter().flat_map(|state| list(&state["results"]));
    let successes = clusters.flat_map(|cluster| list(&cluster["success_tasks"]));
    successes.filter_map(|task| task["url"].as_str().map(str::to_owned)).collect()
}

fn mark(request: &Recorded) -> Option<Mark> {
    Mark::read(request.json()?["bio"].as_str()?)
}
