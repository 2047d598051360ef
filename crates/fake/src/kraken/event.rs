//! Events as the proxy reads them.

use serde_json::Value;

/// One event of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub action: String,
    pub media_type: String,
    pub repository: String,
    pub digest: String,
    /// Whether it passed the filter; the others are dropped without a word.
    pub accepted: bool,
}

/// Why a notification cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// No JSON of this form.
    Syntax,
    /// An event without a target, over which the handler panics.
    NoTarget,
}

/// Go matches field names without regard to case.
pub(crate) fn parse(body: &[u8]) -> Result<Vec<Event>, Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Unreadable::Syntax)?;
    let body = body.as_object().ok_or(Unreadable::Syntax)?;
    let Some(events) =
        body.iter().find(|(key, _)| key.eq_ignore_ascii_case("events")).map(|(_, value)| value)
    else {
        return Ok(Vec::new());
    };
    match events {
        Value::Null => Ok(Vec::new()),
        Value::Array(events) => events.iter().map(event).collect(),
        _ => Err(Unreadable::Syntax),
    }
}

fn event(value: &Value) -> Result<Event, Unreadable> {
    if !value.is_object() {
        return Err(Unreadable::Syntax);
    }
    let target = field(value, "target").filter(|target| !target.is_null()).ok_or(Unreadable::NoTarget)?;
    let (action, media_type) = (text(value, "action")?, text(target, "mediaType")?);
    Ok(Event {
        accepted: action == "push" && is_image_manifest(&media_type),
        action,
        media_type,
        repository: text(target, "repository")?,
        digest: text(target, "digest")?,
    })
}

/// Docker manifests v1 and v2 and OCI image manifests; no index of either kind.
fn is_image_manifest(media_type: &str) -> bool {
    if media_type == "application/vnd.oci.image.manifest.v1+json" {
        return true;
    }
    let docker = media_type.strip_prefix("application/vnd.docker.distribution.manifest.v");
    let version =
        docker.and_then(|rest| rest.strip_suffix("+json").or_else(|| rest.strip_suffix("+prettyjws")));
    version.is_some_and(|version| version.len() == 1 && version.chars().all(|c| c.is_ascii_digit()))
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = value.as_object()?;
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text(value: &Value, name: &str) -> Result<String, Unreadable> {
    match field(value, name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Unreadable::Syntax),
    }
}
