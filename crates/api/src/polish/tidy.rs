//! Small repairs all over the document.

use serde_json::{Map, Value, json};

pub fn tidy(document: &mut Value) {
    visit(document);
}

fn visit(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(visit),
        Value::Object(object) => {
            object.values_mut().for_each(visit);
            bare_reference(object);
            plain_media_types(object);
            canonical_headers(object);
            whole_numbers(object);
            signed_integers(object);
            union_without_type(object);
            drop_defaults(object);
            stream_as_text(object);
        }
        _ => {}
    }
}

/// A doc comment on a field of another type becomes `allOf` with a description, which several generators cannot read.
fn bare_reference(object: &mut Map<String, Value>) {
    let Some([first, rest]) = object.get("allOf").and_then(Value::as_array).map(Vec::as_slice) else {
        return;
    };
    let only_words = rest.as_object().is_some_and(|rest| rest.keys().all(|key| key == "description"));
    if first.get("$ref").is_some() && only_words {
        let reference = first["$ref"].clone();
        object.clear();
        object.insert("$ref".to_owned(), reference);
    }
}

fn plain_media_types(object: &mut Map<String, Value>) {
    if let Some(content) = map_with_schemas(object, "content") {
        rename_keys(content, |name| name.split(';').next().unwrap_or(name).trim().to_owned());
    }
}

fn canonical_headers(object: &mut Map<String, Value>) {
    if let Some(headers) = map_with_schemas(object, "headers") {
        rename_keys(headers, canonical);
    }
    if object.get("in").is_some_and(|place| place == "header")
        && let Some(name) = object.get("name").and_then(Value::as_str).map(canonical)
    {
        object.insert("name".to_owned(), name.into());
    }
}

/// `X-TOTAL-COUNT` is `X-Total-Count`.
fn canonical(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let lower = word.to_lowercase();
        let mut letters = lower.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    match words.collect::<Vec<_>>().join("-").as_str() {
        "Etag" => "ETag".to_owned(),
        "Www-Authenticate" => "WWW-Authenticate".to_owned(),
        "Last-Event-Id" => "Last-Event-ID".to_owned(),
        canonical => canonical.to_owned(),
    }
}

fn whole_numbers(object: &mut Map<String, Value>) {
    for key in ["minimum", "maximum", "multipleOf"] {
        if let Some(number) = object.get(key).and_then(Value::as_f64)
            && number.fract() == 0.0
        {
            object.insert(key.to_owned(), json!(number as i64));
        }
    }
}

/// Formats that tools know, with the sign told by a minimum.
fn signed_integers(object: &mut Map<String, Value>) {
    let format = match object.get("format").and_then(Value::as_str) {
        Some("uint64") => "int64",
        Some("uint32" | "uint16" | "uint8") => "int32",
        _ => return,
    };
    object.insert("format".to_owned(), format.into());
    object.entry("minimum").or_insert(json!(0));
}

fn union_without_type(object: &mut Map<String, Value>) {
    if object.contains_key("oneOf") && object.contains_key("discriminator") {
        object.remove("type");
    }
}

fn drop_defaults(object: &mut Map<String, Value>) {
    if object.get("deprecated") == Some(&Value::Bool(false)) {
        object.remove("deprecated");
    }
    if object.contains_key("in") && object.get("explode") == Some(&Value::Bool(true)) {
        object.remove("explode");
    }
}

/// Generators make nothing of an array of events, but hand a text on as it comes.
fn stream_as_text(object: &mut Map<String, Value>) {
    if let Some(media) = object.get_mut("text/event-stream") {
        media["schema"] = json!({ "type": "string" });
    }
}

/// The media types or headers of a response, as opposed to a field of ours that has such a name.
fn map_with_schemas<'a>(object: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let map = object.get_mut(key)?.as_object_mut()?;
    map.values().all(|value| value.get("schema").is_some()).then_some(map)
}

fn rename_keys(map: &mut Map<String, Value>, rename: impl Fn(&str) -> String) {
    *map = std::mem::take(map).into_iter().map(|(name, value)| (rename(&name), value)).collect();
}
