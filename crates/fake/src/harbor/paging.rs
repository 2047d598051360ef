//! Lists page by page: `page`, `page_size`, `X-Total-Count` and `Link`.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Lie;
use super::routes::invalid;
use super::world::World;
use crate::{Answer, Recorded};

/// No page is longer; asking for more is refused.
const LONGEST: i64 = 100;
/// The total that a Harbor without end claims.
const ENDLESS: i64 = 1 << 40;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    number: i64,
    size: i64,
}

impl Page {
    pub(crate) fn of(request: &Recorded) -> Result<Self, Answer> {
        let size = number(request, "page_size", 10)?;
        if size > LONGEST {
            return Err(invalid(&format!("page_size in query should be less than or equal to {LONGEST}")));
        }
        Ok(Self { number: number(request, "page", 1)?, size })
    }

    /// The answer with this page of the entries; only those of the page are drawn up.
    pub(crate) fn answer<T>(
        self,
        world: &World,
        request: &Recorded,
        entries: &[T],
        view: impl Fn(&T) -> Value,
    ) -> Answer {
        let endless = world.lies(Lie::EndlessPaging) || world.lies(Lie::ShortTotal);
        let total = match endless {
            true if world.lies(Lie::EndlessPaging) => ENDLESS,
            true => self.size.max(1),
            false => entries.len() as i64,
        };
        // A size of 0 or less means everything, as in Harbor.
        let size = usize::try_from(self.size).ok().filter(|size| *size > 0).unwrap_or(usize::MAX);
        let before = usize::try_from(self.number - 1).unwrap_or_default();
        let chosen: Vec<Value> = match endless {
            true => entries.iter().cycle().take(size.min(100)).map(view).collect(),
            false => entries.iter().skip(before.saturating_mul(size)).take(size).map(view).collect(),
        };
        let answer = Answer::new(200).json(&chosen).header("x-total-count", total.to_string());
        match self.links(request, total) {
            links if links.is_empty() => answer,
            links => answer.header("link", links.join(" , ")),
        }
    }

    fn links(self, request: &Recorded, total: i64) -> Vec<String> {
        if self.size <= 0 {
            return Vec::new();
        }
        let done = self.number.saturating_mul(self.size);
        let mut links = Vec::new();
        if self.number > 1 && done - self.size < total {
            links.push(self.link(request, self.number - 1, "prev"));
        }
        if done < total {
            links.push(self.link(request, self.number + 1, "next"));
        }
        links
    }

    /// Harbor writes the query unescaped.
    fn link(self, request: &Recorded, number: i64, rel: &str) -> String {
        let kept = request.query.iter().filter(|(key, _)| key != "page" && key != "page_size");
        let mut pairs: Vec<(String, String)> = kept.cloned().collect();
        pairs.push(("page".to_owned(), number.to_string()));
        pairs.push(("page_size".to_owned(), self.size.to_string()));
        pairs.sort();
        let query: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let query = query.join("&");
        let query = percent_decode_str(&query).decode_utf8_lossy().into_owned();
        format!(r#"<{}?{query}>; rel="{rel}""#, request.path)
    }
}

fn number(request: &Recorded, name: &str, default: i64) -> Result<i64, Answer> {
    match request.parameter(name) {
        None | Some("") => Ok(default),
        Some(text) => {
            text.parse().map_err(|_| invalid(&format!("{name} in query must be of type int64: \"{text}\"")))
        }
    }
}
