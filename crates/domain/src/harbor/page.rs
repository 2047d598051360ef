//! A page of one of Harbor's lists, and the header that leads to its neighbours.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::form_urlencoded;

use crate::Invalid;

/// The largest `page_size` that a client may name (Harbor 2.16, `api/v2.0/swagger.yaml`).
pub const MAX_PAGE_SIZE: i64 = 100;

/// What stays escaped in a link: what would end it or the header, or change what the query says.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'#').add(b'%').add(b'&').add(b'+');

/// Which rows of a list are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Counted from 1.
    pub number: i64,
    /// Rows; 0 = as many as there may be, without pages.
    pub size: i64,
}

impl Page {
    /// Reads `page` and `page_size`, 1 and 10 when they are left out (Harbor 2.16, `api/v2.0/swagger.yaml`). Clients also
    /// send 0 for "not set" in both: it is the first page, and no pages at all.
    ///
    /// # Errors
    /// A negative number, which Harbor takes for "all rows", or a size above [`MAX_PAGE_SIZE`].
    pub fn new(number: Option<i64>, size: Option<i64>) -> Result<Self, Invalid> {
        let (number, size) = (number.unwrap_or(1), size.unwrap_or(10));
        if number < 0 {
            return Err(Invalid::new("page", "must be a number from 1"));
        }
        if !(0..=MAX_PAGE_SIZE).contains(&size) {
            return Err(Invalid::new("page_size", format!("must be 0 to {MAX_PAGE_SIZE}")));
        }
        Ok(Self { number: number.max(1), size })
    }

    /// The header `Link` of this page; None without neighbours.
    ///
    /// It is `<path?query>; rel="prev"` and the same with `next`, joined by ` , ` (Harbor 2.16, `server/v2.0/handler/base.go`).
    /// `path` is the request's, `query` its query as it came, without `?`; the link's is sorted by key and unescaped, but for
    /// what would break the link.
    pub fn link(&self, path: &str, query: &str, total: i64) -> Option<String> {
        let neighbours = [
            (self.has_previous(total), self.number.saturating_sub(1), "prev"),
            (self.has_next(total), self.number.saturating_add(1), "next"),
        ];
        let links = neighbours.into_iter().filter(|(exists, ..)| *exists).map(|(_, number, rel)| {
            let query = Self { number, ..*self }.query(query);
            format!("<{path}?{query}>; rel=\"{rel}\"")
        });
        let links: Vec<String> = links.collect();
        (!links.is_empty()).then(|| links.join(" , "))
    }

    /// A page behind the end leads to none.
    fn has_previous(&self, total: i64) -> bool {
        self.size > 0 && self.number > 1 && (self.number - 1).saturating_mul(self.size) < total
    }

    fn has_next(&self, total: i64) -> bool {
        self.size > 0 && self.number.saturating_mul(self.size) < total
    }

    fn query(&self, query: &str) -> String {
        let given = form_urlencoded::parse(query.as_bytes()).into_owned();
        let mut pairs: Vec<(String, String)> =
            given.filter(|(key, _)| key != "page" && key != "page_size").collect();
        pairs.push(("page".to_owned(), self.number.to_string()));
        pairs.push(("page_size".to_owned(), self.size.to_string()));
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let texts: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{}={}", safe(key), safe(value))).collect();
        texts.join("&")
    }
}

fn safe(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}
