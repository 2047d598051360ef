//! Which path of a fake Harbor is what.

use std::sync::Arc;

use async_trait::async_trait;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::world::World;
use super::{Lie, artifacts, distribution, projects, system, token};
use crate::server::Service;
use crate::{Answer, Recorded};

/// Where the API is.
const BASE: &str = "/api/v2.0/";

pub(crate) struct HarborService(pub(crate) Arc<World>);

#[async_trait]
impl Service for HarborService {
    async fn answer(&self, request: &Recorded) -> Answer {
        let answer = match request.path.as_str() {
            "/service/token" => token::grant(&self.0, request),
            path if path == "/v2" || path.starts_with("/v2/") => {
                return distribution::answer(&self.0, request);
            }
            path => match path.strip_prefix(BASE) {
                Some(rest) => api(&self.0, request, rest).unwrap_or_else(|refusal| refusal),
                // The portal: one page for every path.
                None => Answer::new(200).body("text/html", "<!doctype html><title>Harbor</title>"),
            },
        };
        let answer = answer.header("x-request-id", "5e1f1f4e-7f0c-4c55-9a2b-000000000001");
        padded(&self.0, answer)
    }
}

/// An error in Harbor's form.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::new(status).json(&json!({"errors": [{"code": code, "message": message}]}))
}

pub(crate) fn not_found(message: &str) -> Answer {
    error(404, "NOT_FOUND", message)
}

pub(crate) fn bad_request(message: &str) -> Answer {
    error(400, "BAD_REQUEST", message)
}

/// What the API's own checks refuse.
pub(crate) fn invalid(message: &str) -> Answer {
    error(422, "UNPROCESSABLE_ENTITY", &format!("validation failure list:\n{message}"))
}

/// The path of a repository in the API: the part after the project is encoded twice.
pub(crate) fn repository_path(repository: &str) -> String {
    let (project, rest) = repository.split_once('/').unwrap_or((repository, ""));
    format!("{BASE}projects/{project}/repositories/{}", rest.replace('/', "%252F"))
}

fn api(world: &World, request: &Recorded, path: &str) -> Result<Answer, Answer> {
    let parts: Vec<&str> = path.split('/').collect();
    if request.method != "GET" {
        return Err(error(405, "METHOD_NOT_ALLOWED", &format!("method {} is not allowed", request.method)));
    }
    let decoded: Vec<String> = parts.iter().map(|part| decoded(part)).collect();
    let decoded: Vec<&str> = decoded.iter().map(String::as_str).collect();
    match decoded.as_slice() {
        ["ping"] => Ok(Answer::new(200).text("Pong")),
        ["health"] => Ok(system::health()),
        ["systeminfo"] => Ok(system::info(world, request)),
        ["users", "current"] => system::user(world, request),
        ["system", "CVEAllowlist"] => system::allowlist(world, request),
        ["projects"] => projects::list(world, request),
        ["projects", project] => projects::get(world, request, project),
        ["projects", project, "artifacts"] if world.knobs.project_artifacts => {
            artifacts::of_project(world, request, project)
        }
        ["projects", project, "repositories"] => projects::repositories(world, request, project),
        ["projects", project, "repositories", repository, rest @ ..] if !repository.contains('/') => {
            let repository = format!("{project}/{}", self::decoded(repository));
            artifacts::answer(world, request, &repository, rest)
        }
        _ => Err(not_found(&format!("path {} was not found", request.path))),
    }
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// Blanks before JSON are still JSON.
fn padded(world: &World, mut answer: Answer) -> Answer {
    let lies = crate::lock(&world.lies);
    let padding = lies.iter().find_map(|lie| match lie {
        Lie::HugeBody(size) => Some(*size),
        _ => None,
    });
    if let Some(size) = padding {
        answer.body.splice(0..0, std::iter::repeat_n(b' ', size));
    }
    answer
}
