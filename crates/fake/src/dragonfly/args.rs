//! The `args` of a preheat: which types and ranges the manager refuses, and which defaults it fills in.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::filters;

/// Arguments with their defaults filled in. Keys the manager does not know are gone.
#[derive(Debug, Clone)]
pub(crate) struct Args {
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) urls: Option<Vec<String>>,
    pub(crate) headers: Option<BTreeMap<String, String>>,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) platform: String,
    pub(crate) scope: String,
    pub(crate) ips: Option<Vec<String>>,
    pub(crate) count: Option<u64>,
    pub(crate) percentage: Option<u64>,
    pub(crate) concurrent_task_count: u64,
    pub(crate) timeout: i64,
    /// What the manager shows.
    pub(crate) echo: Value,
}

const MIB: u64 = 1 << 20;
/// Sixty minutes in nanoseconds.
const DEFAULT_TIMEOUT: i64 = 3_600_000_000_000;

impl Args {
    /// The error is the text of the validator.
    pub(crate) fn parse(args: &Value) -> Result<Self, String> {
        let empty = Map::new();
        let fields = Fields(args.as_object().unwrap_or(&empty));
        let mut parsed = Self {
            kind: fields.text("type")?,
            url: fields.text("url")?,
            urls: fields.list("urls")?,
            headers: fields.map("headers")?,
            username: fields.text("username")?,
            password: fields.text("password")?,
            platform: fields.text("platform")?,
            scope: or_default(fields.text("scope")?, "single_seed_peer"),
            ips: fields.list("ips")?,
            count: fields.number("count", 1, 200)?,
            percentage: fields.number("percentage", 1, 100)?,
            concurrent_task_count: fields.counter("concurrent_task_count", 100, 8)?,
            timeout: fields.timeout()?,
            echo: Value::Null,
        };
        parsed.check()?;
        parsed.echo = parsed.echo(&fields)?;
        Ok(parsed)
    }

    /// What is to be downloaded by a file preheat, or the one manifest of an image.
    pub(crate) fn targets(&self) -> Vec<String> {
        let mut targets = match self.kind.as_str() {
            "file" => self.urls.clone().unwrap_or_default(),
            _ => Vec::new(),
        };
        targets.extend((!self.url.is_empty()).then(|| self.url.clone()));
        targets
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        let headers = self.headers.as_ref()?;
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        found.map(|(_, value)| value.as_str())
    }

    fn check(&self) -> Result<(), String> {
        match self.kind.as_str() {
            "image" | "file" => {}
            "" => return Err(rule("type", "required")),
            _ => return Err(rule("type", "oneof")),
        }
        match self.ips.as_ref().map(Vec::len) {
            Some(0) => Err(rule("ips", "gte")),
            Some(101..) => Err(rule("ips", "lte")),
            _ => Ok(()),
        }
    }

    fn echo(&self, fields: &Fields<'_>) -> Result<Value, String> {
        let filtered = or_default(fields.text("filtered_query_params")?, &filters::default_list());
        Ok(json!({
            "type": self.kind, "url": self.url, "urls": self.urls,
            "piece_length": fields.number("piece_length", 4 * MIB, 64 * MIB)?,
            "tag": fields.text("tag")?, "application": fields.text("application")?,
            "filtered_query_params": filtered, "headers": self.headers,
            "username": self.username, "password": self.password, "platform": self.platform,
            "scope": self.scope, "ips": self.ips, "percentage": self.percentage, "count": self.count,
            "concurrent_task_count": self.concurrent_task_count,
            "concurrent_peer_count": fields.counter("concurrent_peer_count", 1000, 500)?,
            "timeout": self.timeout,
            "object_storage": fields.object("object_storage")?, "hdfs": fields.object("hdfs")?,
        }))
    }
}

/// The fields as sent. An explicit `null` counts as absent everywhere.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn text(&self, key: &str) -> Result<String, String> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(mismatch(other, key, "string")),
        }
    }

    fn list(&self, key: &str) -> Result<Option<Vec<String>>, String> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let items = value.as_array().ok_or_else(|| mismatch(value, key, "[]string"))?;
        let text =
            |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| mismatch(item, key, "string"));
        items.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    fn map(&self, key: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let entries = value.as_object().ok_or_else(|| mismatch(value, key, "map[string]string"))?;
        let text = |(name, item): (&String, &Value)| match item {
            Value::String(text) => Ok((name.clone(), text.clone())),
            other => Err(mismatch(other, key, "string")),
        };
        entries.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    fn object(&self, key: &str) -> Result<Value, String> {
        match self.get(key) {
            None => Ok(Value::Null),
            Some(value @ Value::Object(_)) => Ok(value.clone()),
            Some(other) => Err(mismatch(other, key, "object")),
        }
    }

    fn number(&self, key: &str, least: u64, most: u64) -> Result<Option<u64>, String> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.as_u64().ok_or_else(|| mismatch(value, key, "uint"))? {
            number if number < least => Err(rule(key, "gte")),
            number if number > most => Err(rule(key, "lte")),
            number => Ok(Some(number)),
        }
    }

    /// 0 means the default.
    fn counter(&self, key: &str, most: u64, default: u64) -> Result<u64, String> {
        let negative = self.get(key).and_then(Value::as_i64).is_some_and(|number| number < 0);
        if negative {
            return Err(rule(key, "gte"));
        }
        let number = self.number(key, 0, most)?.unwrap_or_default();
        Ok(if number == 0 { default } else { number })
    }

    fn timeout(&self) -> Result<i64, String> {
        let Some(value) = self.get("timeout") else {
            return Ok(DEFAULT_TIMEOUT);
        };
        let number = value.as_i64().ok_or_else(|| mismatch(value, "timeout", "time.Duration"))?;
        Ok(if number == 0 { DEFAULT_TIMEOUT } else { number })
    }
}

fn or_default(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

/// In the words of Go's JSON decoder.
fn mismatch(value: &Value, key: &str, wanted: &str) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) => {
            return format!(
                "json: cannot unmarshal number {number} into Go struct field PreheatArgs.{key} of type {wanted}"
            );
        }
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {found} into Go struct field PreheatArgs.{key} of type {wanted}")
}

/// In the words of Go's validator.
fn rule(key: &str, tag: &str) -> String {
    let words = key.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    let field = words.collect::<String>();
    format!("Key: 'PreheatArgs.{field}' Error:Field validation for '{field}' failed on the '{tag}' tag")
}
