//! `POST jobs`: the manager's checks in the manager's order.

use serde_json::{Value, json};

use super::args::Args;
use super::job::{Job, View};
use super::queue::QueueTask;
use super::resolve::{self, Work};
use super::routes::{Manager, invalid, message};
use super::run::{Order, play};
use super::world::World;
use super::{Generation, manifest};
use crate::{Answer, Recorded, lock};

/// The description's column.
const BIO_LENGTH: usize = 1024;

pub(crate) async fn create(manager: &Manager, request: &Recorded) -> Answer {
    let order = match Top::parse(&request.body) {
        Ok(order) => order,
        Err(text) => return twice(&text),
    };
    if !lock(&manager.world).within_rate(&order.clusters) {
        return Answer::new(429).text("rate limit exceeded");
    }
    if order.kind != "preheat" {
        return invalid("Unknow type");
    }
    match Args::parse(&order.args) {
        Ok(args) => insert(manager, order, args, View::Created).await,
        Err(text) => invalid(&text),
    }
}

/// The checks after those of the body's form, and the row.
pub(crate) async fn insert(manager: &Manager, order: Top, args: Args, view: View) -> Answer {
    let candidates = candidates(&lock(&manager.world), &order.clusters);
    if candidates.is_empty() {
        return message(500, "candidate schedulers not found");
    }
    let work = match work(manager, &args).await {
        Ok(work) => work,
        Err(text) => return message(500, &text),
    };
    if order.bio.chars().count() > BIO_LENGTH {
        return message(500, "Internal Server Error");
    }
    let mut world = lock(&manager.world);
    let job = enqueue(&mut world, order, args, candidates, &work);
    let answer = Answer::new(200).json(&job.shown(&world, view));
    for url in job.args.targets() {
        *world.submissions.entry(url).or_default() += 1;
    }
    world.insert(job);
    answer
}

/// The top level of the body.
#[derive(Debug)]
pub(crate) struct Top {
    pub(crate) kind: String,
    pub(crate) bio: String,
    pub(crate) user_id: u64,
    pub(crate) clusters: Vec<u64>,
    pub(crate) args: Value,
}

impl Top {
    fn parse(body: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(body).map_err(|error| syntax(body, &error))?;
        let wrong = |field: &str, kind: &str| {
            format!("json: cannot unmarshal into Go struct field CreateJobRequest.{field} of type {kind}")
        };
        let fields = value.as_object().ok_or_else(|| wrong("", "types.CreateJobRequest"))?;
        let get = |key: &str| fields.get(key).filter(|value| !value.is_null());
        let text = |key: &str| match get(key) {
            None => Ok(String::new()),
            Some(value) => value.as_str().map(str::to_owned).ok_or_else(|| wrong(key, "string")),
        };
        let ids = |value: &Value| value.as_array()?.iter().map(Value::as_u64).collect::<Option<Vec<u64>>>();
        let top = Self {
            kind: text("type")?,
            bio: text("bio")?,
            user_id: get("user_id").map_or(Some(0), Value::as_u64).ok_or_else(|| wrong("user_id", "uint"))?,
            clusters: get("scheduler_cluster_ids")
                .map_or(Some(Vec::new()), ids)
                .ok_or_else(|| wrong("scheduler_cluster_ids", "[]uint"))?,
            args: get("args").cloned().unwrap_or_else(|| json!({})),
        };
        if top.kind.is_empty() {
            let text =
                "Key: 'CreateJobRequest.Type' Error:Field validation for 'Type' failed on the 'required' tag";
            return Err(text.to_owned());
        }
        if top.args.is_object() { Ok(top) } else { Err(wrong("args", "map[string]interface {}")) }
    }
}

/// The rate limit's middleware answers and does not stop; the handler answers again.
fn twice(text: &str) -> Answer {
    let one = json!({"errors": text}).to_string();
    Answer::new(422).body("application/json; charset=utf-8", format!("{one}{one}"))
}

fn syntax(body: &[u8], error: &serde_json::Error) -> String {
    if body.is_empty() {
        return "EOF".to_owned();
    }
    if error.is_eof() {
        return "unexpected EOF".to_owned();
    }
    let place = error.column().saturating_sub(1).min(body.len() - 1);
    format!("invalid character '{}' looking for beginning of value", char::from(body[place]))
}

/// The clusters that have a scheduler for preheats, with its address; the others are skipped without a word.
fn candidates(world: &World, named: &[u64]) -> Vec<(u64, String)> {
    let wanted = world.clusters.iter().filter(|cluster| named.is_empty() || named.contains(&cluster.id));
    wanted.filter_map(|cluster| Some((cluster.id, cluster.preheat_scheduler()?.to_owned()))).collect()
}

async fn work(manager: &Manager, args: &Args) -> Result<Work, String> {
    if args.targets().is_empty() {
        let what = if args.kind == "image" { "url is required" } else { "url or urls is required" };
        return Err(format!("invalid params: {what}"));
    }
    let (script, refuse_loopback, really_fetch) = {
        let world = lock(&manager.world);
        (world.script.clone(), world.knobs.refuse_loopback, world.knobs.really_fetch)
    };
    let mut authorization = args.authorization().map(str::to_owned);
    let mut work = Work { urls: args.targets(), refused: Vec::new() };
    if args.kind == "image" {
        let resolved = resolve::resolve(args, &script, refuse_loopback).await?;
        authorization.clone_from(&resolved.authorization);
        work = resolved.work();
    }
    if really_fetch {
        work.refused = manifest::fetch(&work.urls, args, authorization.as_deref()).await;
    }
    Ok(work)
}

fn enqueue(world: &mut World, top: Top, args: Args, candidates: Vec<(u64, String)>, work: &Work) -> Job {
    let now = world.now();
    let group = format!("group_{}", uuid::Uuid::new_v4());
    let strict = world.knobs.generation == Generation::OapiPerBlob;
    let mut queue = Vec::new();
    for (id, scheduler) in &candidates {
        let Some(cluster) = world.clusters.iter_mut().find(|cluster| cluster.id == *id) else {
            continue;
        };
        let size = if strict { 1 } else { work.urls.len().max(1) };
        for urls in work.urls.chunks(size) {
            let task = format!("task_{}", uuid::Uuid::new_v4());
            let order = Order { args: &args, urls, work, group: &group, task: &task, strict };
            let played = play(cluster, scheduler, &order);
            queue.push(QueueTask::new(task, *id, now, played));
        }
    }
    Job {
        id: world.jobs.keys().next_back().copied().unwrap_or_default() + 1,
        group,
        bio: top.bio,
        user_id: top.user_id,
        args,
        clusters: candidates.into_iter().map(|(id, _)| id).collect(),
        created_at: now,
        updated_at: now,
        state: "PENDING",
        snapshot: None,
        queue,
        refreshes: Some(0),
        deleted: false,
    }
}
