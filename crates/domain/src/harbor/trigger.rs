//! The trigger of a policy, as Harbor writes it: a JSON object in a text.

use serde_json::{Map, Value, json};

use super::json;
use crate::Invalid;
use crate::event::EventKind;
use crate::trigger::{Missed, Schedule, Trigger};

const FIELD: &str = "trigger";

/// What starts an `event_based` policy: Harbor's topics PUSH_ARTIFACT, SCANNING_COMPLETED and ARTIFACT_LABELED
/// (Harbor 2.16, `controller/event/handler/p2p`).
pub const EVENTS: [EventKind; 3] = [EventKind::Push, EventKind::ScanCompleted, EventKind::LabelAdded];

/// Reads `{"type":"manual|scheduled|event_based","trigger_setting":{"cron":"…"}}` (Harbor 2.16,
/// `pkg/p2p/preheat/models/policy`).
///
/// `null`, `{}` and an empty type are manual. So is `scheduled` with an empty cron: Harbor takes it and never fires it,
/// and a policy that runs only when somebody asks is just what [`Trigger::Manual`] says. The cron of another type means
/// nothing and is dropped. A `TZ=` or `CRON_TZ=` prefix stays in the schedule's text. An unknown type, which Harbor
/// treats like manual, is refused: whoever mistypes `scheduled` would wait for ever.
///
/// # Errors
/// One complaint about `trigger`.
pub fn decode(text: &str) -> Result<Trigger, Invalid> {
    let object = json::read_object(FIELD, text)?;
    let kind = text_of(&object, "type")?;
    let cron = cron_of(&object)?;
    match kind {
        "" | "manual" => Ok(Trigger::Manual),
        "scheduled" => scheduled(cron),
        "event_based" => Ok(Trigger::Event { events: EVENTS.to_vec() }),
        other => {
            let shown: String = other.chars().take(100).collect();
            let reason = format!("type must be one of manual, scheduled, event_based, not '{shown}'");
            Err(Invalid::new(FIELD, reason))
        }
    }
}

/// Writes a trigger as Harbor does: the cron is left out when there is none. A time zone beside the schedule goes in
/// front of it as `CRON_TZ=`, which Harbor 2.16 reads too (robfig/cron v3.0.1). Which events a policy waits for cannot
/// be said in Harbor's form.
pub fn encode(trigger: &Trigger) -> String {
    let setting = match trigger {
        Trigger::Schedule(schedule) => json!({ "cron": cron_with_zone(schedule) }),
        Trigger::Manual | Trigger::Event { .. } => json!({}),
    };
    json!({ "type": word(trigger), "trigger_setting": setting }).to_string()
}

/// Harbor's word for what starts a policy; its executions bear it too (Harbor 2.16, `extra_attrs.trigger`).
pub fn word(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Manual => "manual",
        Trigger::Schedule(_) => "scheduled",
        Trigger::Event { .. } => "event_based",
    }
}

fn scheduled(cron: &str) -> Result<Trigger, Invalid> {
    if cron.is_empty() {
        return Ok(Trigger::Manual);
    }
    let schedule = Schedule { cron: cron.to_owned(), time_zone: None, missed: Missed::default() };
    schedule
        .cron()
        .map_err(|wrong| Invalid::new(FIELD, format!("trigger_setting.cron: {}", wrong.reason)))?;
    Ok(Trigger::Schedule(schedule))
}

fn cron_of(object: &Map<String, Value>) -> Result<&str, Invalid> {
    match object.get("trigger_setting") {
        None | Some(Value::Null) => Ok(""),
        Some(Value::Object(setting)) => text_of(setting, "cron"),
        Some(other) => {
            let reason = format!("trigger_setting must be an object, not {}", json::kind(other));
            Err(Invalid::new(FIELD, reason))
        }
    }
}

/// A text that may be left out or null, as Go reads it.
fn text_of<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a str, Invalid> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(Invalid::new(FIELD, format!("{key} must be a text, not {}", json::kind(other)))),
    }
}

/// A cron expression with its time zone in front, if it has one.
pub fn cron_with_zone(schedule: &Schedule) -> String {
    let cron = &schedule.cron;
    let has_prefix = ["TZ=", "CRON_TZ="].iter().any(|prefix| cron.trim_start().starts_with(prefix));
    match &schedule.time_zone {
        Some(zone) if !has_prefix => format!("CRON_TZ={zone} {cron}"),
        _ => cron.clone(),
    }
}
