//! What a token says about whoever came with it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::refusal::Refusal;

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// One text or several.
    pub fn texts(&self, path: &str) -> Vec<&str> {
        match self.at(path) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Clocks may differ by the leeway. A token without an end is refused.
    pub fn check_times(&self, now: SystemTime, leeway: Duration) -> Result<(), Refusal> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let leeway = leeway.as_secs_f64();
        match self.0.get("exp").and_then(Value::as_f64) {
            Some(end) if end + leeway > now => {}
            _ => return Err(Refusal::Expired),
        }
        for claim in ["nbf", "iat"] {
            match self.0.get(claim).map(Value::as_f64) {
                None => {}
                Some(Some(start)) if start - leeway <= now => {}
                Some(_) => return Err(Refusal::Early),
            }
        }
        Ok(())
    }

    /// The claim of this name or, with dots, one inside others: `realm_access.roles`. Names with dots of their own
    /// (`https://shop.example/groups`) come first.
    fn at(&self, path: &str) -> Option<&Value> {
        self.0.get(path).or_else(|| {
            let (first, rest) = path.split_once('.')?;
            rest.split('.').try_fold(self.0.get(first)?, |value, name| value.get(name))
        })
    }
}
