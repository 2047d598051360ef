//! Pages of Harbor's lists.

use forewarm_domain::harbor::page::Page;
use forewarm_domain::harbor::search::{Column, Field, Search};
use forewarm_store::listing;
use poem::http::Uri;
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON;

use super::answers::Listed;
use super::errors;
use crate::error::ApiError;

/// The longest page of a client that asks for no pages: Harbor sends all rows, however many.
const LONGEST: i64 = 1000;

/// The parameters of a list, as they came.
pub struct Asked<'a> {
    pub uri: &'a Uri,
    pub page: i64,
    pub page_size: i64,
    pub q: Option<String>,
    pub sort: Option<String>,
}

/// What a request wants of a list.
pub struct Listing<'a> {
    uri: &'a Uri,
    page: Page,
    pub search: Search,
}

pub fn first_page() -> i64 {
    1
}

pub fn usual_page_size() -> i64 {
    10
}

impl<'a> Asked<'a> {
    pub fn read(self, columns: &[Column]) -> Result<Listing<'a>, ApiError> {
        let page = Page::new(Some(self.page), Some(self.page_size))
            .map_err(|invalid| errors::unreadable(&[invalid]))?;
        let search = Search::read(self.q.as_deref(), self.sort.as_deref(), columns)?;
        Ok(Listing { uri: self.uri, page, search })
    }
}

impl Listing<'_> {
    pub fn limit(&self) -> i64 {
        if self.page.size == 0 { LONGEST } else { self.page.size }
    }

    pub fn offset(&self) -> i64 {
        (self.page.number - 1).saturating_mul(self.page.size)
    }

    /// The page of a list that is in memory, in the order that it has if the client wants none.
    pub fn choose<T>(&self, rows: Vec<T>, field: impl Fn(&T, &str) -> Field) -> listing::Page<T> {
        let rows = self.search.apply(rows, field);
        let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let skipped = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let taken = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        listing::Page { items: rows.into_iter().skip(skipped).take(taken).collect(), total }
    }

    pub fn answer<T, V: ToJSON>(&self, page: listing::Page<T>, view: impl Fn(T) -> V) -> Listed<V> {
        let link = self.page.link(self.uri.path(), self.uri.query().unwrap_or_default(), page.total);
        Listed::Page(Json(page.items.into_iter().map(view).collect()), page.total, link)
    }
}
