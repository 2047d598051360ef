//! The routes of Dragonfly 1, which managers emulated up to 2.4.0.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::args::Args;
use super::create::{Top, insert};
use super::job::{Job, View};
use super::routes::{Manager, invalid, message};
use crate::{Answer, Recorded, lock};

pub(crate) async fn route(manager: &Manager, request: &Recorded) -> Option<Answer> {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/_ping") => Some(Answer::new(200).text("OK")),
        ("POST", "/preheats") => Some(create(manager, request).await),
        ("GET", path) => Some(read(manager, path.strip_prefix("/preheats/")?)),
        _ => None,
    }
}

async fn create(manager: &Manager, request: &Recorded) -> Answer {
    let Some(body) = request.json().filter(Value::is_object) else {
        return invalid("EOF");
    };
    let mut args = json!({"type": body["type"], "url": body["url"], "headers": body["headers"]});
    args["filtered_query_params"] = body["filteredQueryParams"].clone();
    let args = match Args::parse(&args) {
        Ok(args) => args,
        Err(text) => return invalid(&text),
    };
    let top = Top {
        kind: "preheat".to_owned(),
        bio: String::new(),
        user_id: 0,
        clusters: Vec::new(),
        args: Value::Null,
    };
    let answer = insert(manager, top, args, View::Created).await;
    match serde_json::from_slice::<Value>(&answer.body) {
        // The identifier is a text here.
        Ok(job) if answer.status == 200 => Answer::new(200).json(&json!({"id": job["id"].to_string()})),
        _ => answer,
    }
}

fn read(manager: &Manager, id: &str) -> Answer {
    let mut world = lock(&manager.world);
    let found = id.parse().ok().and_then(|id| world.row(id)).map(|job| job.clone());
    match found {
        Some(job) => Answer::new(200).json(&view(&job)),
        // Every error is a 500 on this route.
        None => message(500, "record not found"),
    }
}

fn view(job: &Job) -> Value {
    let status = match job.state {
        "SUCCESS" => "SUCCESS",
        "FAILURE" => "FAIL",
        _ => "WAITING",
    };
    json!({
        "id": job.id.to_string(), "status": status,
        "startTime": go_time(job.created_at), "finishTime": go_time(job.updated_at),
    })
}

/// As Go's `Time.String` prints it.
fn go_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.3f +0000 UTC").to_string()
}
