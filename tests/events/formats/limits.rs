//! What no delivery may be, whatever its format.

use forewarm_domain::event::EventKind;
use forewarm_registry::events::{FORMATS, MAX_NOTICES};
use serde_json::{Value, json};

use super::{ignored, read, try_read};

fn pushes(count: usize) -> String {
    let push = |n: usize| json!({ "id": n.to_string(), "action": "push", "target": { "repository": "a", "tag": "1" } });
    json!({ "events": (0..count).map(push).collect::<Vec<_>>() }).to_string()
}

#[test]
fn a_delivery_holds_a_thousand_notices_at_most() {
    assert_eq!(read("", &pushes(MAX_NOTICES)).notices.len(), MAX_NOTICES);
    let error = try_read("", &pushes(MAX_NOTICES + 1), None).unwrap_err().to_string();
    assert!(error.starts_with("holds 1001 notices, and at most 1000 are taken"), "{error}");
}

#[test]
fn what_is_no_json_or_no_known_format_is_malformed() {
    for body in ["", "push!", "{\"a\":", "\u{0}"] {
        let error = try_read("application/json", body, None).unwrap_err().to_string();
        assert!(error.starts_with("the body is not JSON: "), "{error}");
    }
    let deep = "[".repeat(100_000);
    try_read("application/json", &deep, None).unwrap_err();
    for body in ["{}", "[]", "null", "1", "\"x\"", r#"{"events":1}"#, r#"{"type":"PUSH_ARTIFACT"}"#] {
        let error = try_read("application/json", body, None).unwrap_err().to_string();
        let expected = "this is no delivery in a format that is known \
                        (distribution, harbor, zot, cloudevents, acr, ecr, quay); name the format with the query 'format'";
        assert_eq!(error, expected, "{body}");
    }
}

#[test]
fn an_unknown_format_is_refused_with_the_known_ones() {
    let error = try_read("", "{}", Some("gitea")).unwrap_err().to_string();
    assert_eq!(error, "format: must be one of distribution, harbor, zot, cloudevents, acr, ecr, quay");
}

#[test]
fn no_format_fails_on_any_json() {
    let shapes =
        [json!(null), json!(true), json!(1), json!("x"), json!([]), json!([1]), json!([null]), json!({})];
    let keys =
        ["events", "type", "event_data", "action", "target", "detail", "detail-type", "source", "repository"];
    for format in FORMATS {
        for shape in &shapes {
            let _ = try_read("", &shape.to_string(), Some(format.id));
            for key in keys {
                let mut object: Value = keys.iter().map(|key| ((*key).to_owned(), json!({}))).collect();
                object[key] = shape.clone();
                let _ = try_read("", &object.to_string(), Some(format.id));
            }
        }
    }
}

#[test]
fn what_a_person_reads_of_a_strange_name_is_short_and_harmless() {
    let strange = format!("A\u{0}\n{}", "b".repeat(10_000));
    let body = json!({ "events": [{ "action": "push", "target": { "repository": strange, "tag": "1" } }] });
    let parsed = read("", &body.to_string());
    let (about, _) = ignored(&parsed)[0];
    assert!(about.len() <= 400 && about.starts_with("Abbb"), "{about}");
}

#[test]
fn the_words_for_events_are_those_of_policies() {
    for kind in EventKind::ALL {
        assert_eq!(kind.as_str().parse::<EventKind>().unwrap(), kind);
    }
    let complaint = "must be one of push, scan_completed, label_added, signed";
    assert_eq!("pull".parse::<EventKind>().unwrap_err(), complaint);
}
