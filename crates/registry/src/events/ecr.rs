//! Events of Amazon ECR as EventBridge delivers them to an API destination ("Amazon ECR events and EventBridge").

use forewarm_domain::event::EventKind;
use forewarm_domain::hint::Notice;
use serde_json::Value;

use super::claim::{Claim, ignored};
use super::distribution::word;
use super::document::{Document, text, texts, time};
use super::key::key;
use super::{Format, Malformed};

pub(super) const FORMAT: Format =
    Format { id: "ecr", name: "Amazon ECR through EventBridge", recognises, parse };

fn recognises(document: &Document<'_>) -> bool {
    document.json["source"] == "aws.ecr" && document.json["detail-type"].is_string()
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    let json = &document.json;
    if !json["detail-type"].is_string() || !json["detail"].is_object() {
        return Err(Malformed::new("ecr: the body must have 'detail-type' and 'detail'"));
    }
    let key = match text(json, "/id") {
        Some(id) => key(&["ecr", id]),
        None => key(&["ecr event", &json.to_string()]),
    };
    let repository = text(json, "/detail/repository-name").map(short_name).unwrap_or_default();
    let kind = match kind_of(json) {
        Ok(kind) => kind,
        Err(reason) => return Ok(vec![ignored(repository, reason, key)]),
    };
    let mut tags = texts(json, "/detail/image-tags");
    tags.extend(text(json, "/detail/image-tag").map(str::to_owned));
    let claim = Claim {
        kind,
        repository: repository.to_owned(),
        digest: text(json, "/detail/image-digest").map(str::to_owned),
        tags,
        occurred_at: time(text(json, "/time")),
        key,
    };
    Ok(claim.notices())
}

fn kind_of(json: &Value) -> Result<EventKind, String> {
    let detail = |name: &str| text(json, &format!("/detail/{name}")).unwrap_or_default();
    match text(json, "/detail-type").unwrap_or_default() {
        "ECR Image Action" => match (detail("action-type"), detail("result")) {
            ("PUSH", "SUCCESS") => Ok(EventKind::Push),
            ("PUSH", _) => Err("the push failed".to_owned()),
            (action, _) => Err(format!("the action '{}' is no push", word(action))),
        },
        "ECR Image Scan" => match detail("scan-status") {
            "COMPLETE" => Ok(EventKind::ScanCompleted),
            status => Err(format!("the scan's status is '{}', not COMPLETE", word(status))),
        },
        other => Err(format!("'{}' is none that starts anything", word(other))),
    }
}

/// Some events name the repository by its ARN.
fn short_name(name: &str) -> &str {
    match name.starts_with("arn:") {
        true => name.split_once(":repository/").map_or(name, |(_, name)| name),
        false => name,
    }
}
