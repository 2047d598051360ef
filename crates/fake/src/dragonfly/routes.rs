//! The manager's HTTP surface: which route exists, who may use it, and how errors look.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::gzip::zipped;
use super::world::World;
use super::{access, cluster_routes, create, job_routes, legacy, user_routes};
use crate::server::Service;
use crate::{Answer, Recorded, lock};

#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) world: Mutex<World>,
}

impl Manager {
    pub(crate) fn new(world: World) -> Self {
        Self { world: Mutex::new(world) }
    }
}

#[async_trait]
impl Service for Manager {
    async fn answer(&self, request: &Recorded) -> Answer {
        lock(&self.world).collect();
        let answer = self.route(request).await;
        zipped(answer, request).header("x-server-ip", "127.0.0.1, ::1")
    }
}

/// An error in the manager's usual form.
pub(crate) fn message(status: u16, text: &str) -> Answer {
    Answer::new(status).json(&json!({"message": text}))
}

/// The validator's form: another key, also for a single error.
pub(crate) fn invalid(text: &str) -> Answer {
    Answer::new(422).json(&json!({"errors": text}))
}

pub(crate) fn not_found() -> Answer {
    message(404, "record not found")
}

impl Manager {
    async fn route(&self, request: &Recorded) -> Answer {
        let generation = lock(&self.world).knobs.generation;
        let path = request.path.as_str();
        match (request.method.as_str(), path) {
            ("GET", "/healthy") => return Answer::new(200).json(&"OK"),
            ("GET", "/") => return console(),
            _ => {}
        }
        if generation.has_legacy()
            && let Some(answer) = legacy::route(self, request).await
        {
            return answer;
        }
        let known = if generation.has_oapi() { self.api(request).await } else { None };
        // Whatever nobody knows is for the console.
        known.unwrap_or_else(|| {
            Answer::new(301).header("location", "/").body("text/html; charset=utf-8", MOVED)
        })
    }

    async fn api(&self, request: &Recorded) -> Option<Answer> {
        let path = request.path.as_str();
        if let Some(answer) = user_routes::route(&mut lock(&self.world), request) {
            return Some(answer);
        }
        let (open, rest) = match path.strip_prefix("/oapi/v1/") {
            Some(rest) => (true, rest),
            None => (false, path.strip_prefix("/api/v1/")?),
        };
        let (resource, id) = rest.split_once('/').map_or((rest, None), |(resource, id)| (resource, Some(id)));
        let scope = match resource {
            "jobs" => "job",
            "clusters" => "cluster",
            _ => return None,
        };
        if !exists(request, scope, id) {
            return None;
        }
        if let Err(refusal) = self.check(request, open, scope) {
            return Some(refusal);
        }
        Some(match (request.method.as_str(), scope) {
            ("POST", _) => create::create(self, request).await,
            (_, "job") => job_routes::route(&mut lock(&self.world), request, id),
            _ => cluster_routes::route(&lock(&self.world), id),
        })
    }

    fn check(&self, request: &Recorded, open: bool, scope: &str) -> Result<(), Answer> {
        let world = lock(&self.world);
        if open {
            access::check_token(&world, request, scope)
        } else {
            access::check_session(&world, request).map(|_| ())
        }
    }
}

/// The fake's clusters are made by its knobs, so that they are only read here.
fn exists(request: &Recorded, scope: &str, id: Option<&str>) -> bool {
    match (request.method.as_str(), id) {
        ("GET", None) => true,
        ("GET", Some(id)) => !id.is_empty() && !id.contains('/'),
        ("POST", None) => scope == "job",
        ("PATCH" | "DELETE", Some(id)) => scope == "job" && !id.is_empty() && !id.contains('/'),
        _ => false,
    }
}

const MOVED: &str = "<a href=\"/\">Moved Permanently</a>.\n\n";

fn console() -> Answer {
    let page = "<!doctype html><html><head><title>Dragonfly</title></head><body></body></html>";
    Answer::new(200).body("text/html; charset=utf-8", page)
}
