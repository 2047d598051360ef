//! Which entries of an index the manager takes for a platform: containerd's `Only`.

use serde_json::Value;

/// The fake manager runs here, as most real ones do.
const OWN: &str = "linux/amd64";

#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    text: String,
    os: String,
    architecture: String,
    variant: u8,
}

impl Wanted {
    /// An empty text is the manager's own platform.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = if text.is_empty() { OWN } else { text };
        let parts: Vec<&str> = text.split('/').collect();
        let sound = (2..=3).contains(&parts.len()) && parts.iter().all(|part| !part.is_empty());
        sound.then(|| Self {
            text: text.to_owned(),
            os: parts[0].to_owned(),
            architecture: parts[1].to_owned(),
            variant: variant(parts[1], parts.get(2).copied()),
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// amd64 also takes 386 and its own lower variants; arm64 also takes 32-bit arm.
    pub(crate) fn takes(&self, platform: &Value) -> bool {
        let word = |key: &str| platform[key].as_str().unwrap_or_default();
        let found = word("architecture");
        let level = variant(found, platform["variant"].as_str());
        let fits = match (self.architecture.as_str(), found) {
            ("amd64", "386") | ("arm64", "arm") => true,
            (own, other) => own == other && level <= self.variant,
        };
        word("os") == self.os && fits
    }
}

fn variant(architecture: &str, text: Option<&str>) -> u8 {
    let number = text.and_then(|text| text.trim_start_matches('v').parse().ok());
    number.unwrap_or(match architecture {
        "arm64" => 8,
        "arm" => 7,
        "amd64" => 1,
        _ => 0,
    })
}
