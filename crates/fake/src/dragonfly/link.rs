//! Pages of a list, with the manager's odd `Link` header.

use crate::{Answer, Recorded};

const MOST_PER_PAGE: usize = 10_000_000;

/// Which page was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// The error is the validator's text.
    pub(crate) fn parse(request: &Recorded) -> Result<Self, String> {
        let number = |key: &str, default: usize| match request.parameter(key) {
            None | Some("") => Ok(default),
            Some(text) => {
                text.parse().map_err(|_| format!(r#"strconv.ParseInt: parsing "{text}": invalid syntax"#))
            }
        };
        let size = number("per_page", 10)?;
        if !(1..=MOST_PER_PAGE).contains(&size) {
            let text =
                "Key: 'GetJobsQuery.PerPage' Error:Field validation for 'PerPage' failed on the 'gte' tag";
            return Err(text.to_owned());
        }
        Ok(Self { number: number("page", 1)?.max(1), size })
    }

    pub(crate) fn of<T>(self, items: impl Iterator<Item = T>) -> Vec<T> {
        items.skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect()
    }

    /// No space after the semicolon, no quotes, path and query alone.
    pub(crate) fn link(self, answer: Answer, request: &Recorded, total: usize) -> Answer {
        let last = total.div_ceil(self.size);
        let pages = [
            ("prev", self.number.saturating_sub(1).max(1)),
            ("next", (self.number + 1).min(last)),
            ("first", 1),
            ("last", last),
        ];
        let links = pages.map(|(rel, page)| format!("<{}>;rel={rel}", self.target(request, page)));
        answer.header("link", links.join(","))
    }

    /// Go prints a query sorted by its keys.
    fn target(self, request: &Recorded, page: usize) -> String {
        let others = request.query.iter().filter(|(key, _)| key != "page" && key != "per_page").cloned();
        let own = [("page", page), ("per_page", self.size)];
        let mut pairs: Vec<(String, String)> = others.collect();
        pairs.extend(own.map(|(key, value)| (key.to_owned(), value.to_string())));
        pairs.sort();
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", request.path)
    }
}
