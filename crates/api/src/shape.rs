//! Checks a JSON body against the schema that the document publishes, so that the document is what is enforced, every
//! complaint names its field, and all of them come at once.

use forewarm_domain::Invalid;
use serde_json::{Map, Value};

/// What is wrong with the shape of `value`; empty = nothing. `schemas` are the document's.
pub fn check(schemas: &Value, schema: &Value, value: &Value, spelling: Spelling) -> Vec<Invalid> {
    let mut checker = Checker { schemas, spelling, found: vec![] };
    checker.value("", schema, value);
    checker.found
}

/// What is done about an unknown field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// One that is spelled almost like a field that exists is refused.
    Known,
    /// Each is ignored, as Harbor does.
    Any,
}

/// What a schema allows, in words that follow "must be".
pub fn expected(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", words.join(", "));
    }
    let format = schema["format"].as_str().unwrap_or_default();
    let range = range_in_words(schema);
    match (schema["type"].as_str().unwrap_or_default(), format) {
        ("integer", _) => format!("a whole number{range}"),
        ("number", _) => format!("a number{range}"),
        ("string", "date-time") => "a time like 2026-01-31T12:00:00Z".to_owned(),
        ("string", _) => "a string".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => "a list".to_owned(),
        _ => "an object".to_owned(),
    }
}

/// The most complaints about one request.
const MAX_COMPLAINTS: usize = 50;

struct Checker<'a> {
    schemas: &'a Value,
    spelling: Spelling,
    found: Vec<Invalid>,
}

impl<'a> Checker<'a> {
    fn value(&mut self, field: &str, schema: &'a Value, value: &Value) {
        let schema = self.resolve(schema);
        if schema.as_object().is_none_or(Map::is_empty) {
            return self.anything(field, value);
        }
        if value.is_null() {
            if schema["nullable"] != Value::Bool(true) {
                self.complain(field, "must not be null; leave it out instead");
            }
        } else if let Some(discriminator) = schema.get("discriminator") {
            self.union(field, discriminator, value);
        } else if let Some(parts) = schema["allOf"].as_array() {
            for part in parts {
                self.value(field, part, value);
            }
        } else {
            self.plain(field, schema, value);
        }
    }

    /// Where the document sets no limits.
    fn anything(&mut self, field: &str, value: &Value) {
        if holds_nul(value) {
            self.complain(field, "must not contain a NUL character");
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"].as_str().and_then(|text| text.rsplit('/').next());
        reference.map_or(schema, |name| &self.schemas[name])
    }

    fn union(&mut self, field: &str, discriminator: &'a Value, value: &Value) {
        let property = discriminator["propertyName"].as_str().unwrap_or_default();
        let Some(mapping) = discriminator["mapping"].as_object() else {
            return;
        };
        let Some(object) = value.as_object() else {
            return self.complain(field, "must be an object");
        };
        let target = object
            .get(property)
            .and_then(Value::as_str)
            .and_then(|word| mapping.get(word))
            .and_then(Value::as_str)
            .and_then(|reference| reference.rsplit('/').next());
        match target {
            Some(name) => self.value(field, &self.schemas[name], value),
            None => {
                let words: Vec<&str> = mapping.keys().map(String::as_str).collect();
                let place = join(field, property);
                self.complain(&place, &format!("must be one of {}", words.join(", ")));
            }
        }
    }

    fn plain(&mut self, field: &str, schema: &'a Value, value: &Value) {
        if !has_type(schema, value) || !in_range(schema, value) || !in_words(schema, value) {
            return self.complain(field, &format!("must be {}", expected(schema)));
        }
        match value {
            Value::Object(object) => self.object(field, schema, object),
            Value::Array(items) => self.array(field, schema, items),
            // Postgres cannot store it, and no name or address has it.
            Value::String(text) if text.contains('\0') => {
                self.complain(field, "must not contain a NUL character");
            }
            Value::String(text) => self.length(field, schema, text),
            _ => {}
        }
    }

    fn length(&mut self, field: &str, schema: &'a Value, text: &str) {
        if let Some(most) = schema["maxLength"].as_u64()
            && text.chars().count() as u64 > most
        {
            self.complain(field, &format!("must have at most {most} characters"));
        }
    }

    fn array(&mut self, field: &str, schema: &'a Value, items: &[Value]) {
        if let Some(least) = schema["minItems"].as_u64()
            && (items.len() as u64) < least
        {
            self.complain(field, &format!("must have at least {least} entries"));
        }
        if let Some(most) = schema["maxItems"].as_u64()
            && items.len() as u64 > most
        {
            return self.complain(field, &format!("must have at most {most} entries"));
        }
        for (i, item) in items.iter().enumerate() {
            self.value(&format!("{field}[{i}]"), &schema["items"], item);
        }
    }

    fn object(&mut self, field: &str, schema: &'a Value, object: &Map<String, Value>) {
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        for name in schema["required"].as_array().into_iter().flatten() {
            if let Some(name) = name.as_str()
                && !object.contains_key(name)
            {
                self.complain(&join(field, name), "is required");
            }
        }
        for (name, value) in object {
            match properties.get(name) {
                Some(_) => self.value(&join(field, name), &schema["properties"][name], value),
                None => self.unknown(field, schema, name, value),
            }
        }
    }

    /// Unknown fields are ignored, so that what was read can be sent back; but not where a typing error would silently
    /// change what is done, and not another spelling of a field that exists.
    fn unknown(&mut self, field: &str, schema: &'a Value, name: &str, value: &Value) {
        let extra = &schema["additionalProperties"];
        if extra.is_object() {
            if name.contains('\0') {
                return self.complain(field, "must not contain a NUL character");
            }
            return self.value(&join(field, name), extra, value);
        }
        if self.spelling == Spelling::Any {
            return;
        }
        let known: Vec<&str> =
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        if let Some(right) = known.iter().find(|right| bare(right) == bare(name)) {
            self.complain(&join(field, name), &format!("is spelled '{right}'"));
        } else if extra == &Value::Bool(false) {
            let reason = format!("is unknown; known are {}", known.join(", "));
            self.complain(&join(field, name), &reason);
        }
    }

    fn complain(&mut self, field: &str, reason: &str) {
        if self.found.len() < MAX_COMPLAINTS {
            let field = if field.is_empty() { "body" } else { field };
            self.found.push(Invalid::new(shorten(field), reason));
        }
    }
}

/// Postgres cannot store it, wherever it is.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    match schema["type"].as_str() {
        Some("integer") => value.as_i64().is_some(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    }
}

fn in_range(schema: &Value, value: &Value) -> bool {
    let Some(number) = value.as_f64() else {
        return true;
    };
    schema["minimum"].as_f64().is_none_or(|least| number >= least)
        && schema["maximum"].as_f64().is_none_or(|most| number <= most)
}

fn in_words(schema: &Value, value: &Value) -> bool {
    schema["enum"].as_array().is_none_or(|words| words.contains(value))
}

fn range_in_words(schema: &Value) -> String {
    match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        (None, Some(most)) => format!(" up to {most}"),
        (None, None) => String::new(),
    }
}

/// A field's name without what spellings differ in: `pieceLength` and `piece-length` are `piecelength`.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

fn shorten(field: &str) -> String {
    field.chars().take(200).collect()
}
