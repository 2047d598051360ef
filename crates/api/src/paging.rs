//! Pages of lists.

use forewarm_store::listing::{Listing, Page, Sort};
use poem::http::Uri;
use poem_openapi::Enum;
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON;
use url::form_urlencoded;

use crate::answers::Listed;

/// What a list request asks for.
pub struct Paging<'a> {
    pub uri: &'a Uri,
    pub page: i64,
    pub page_size: i64,
}

/// Order of a list; `-` turns it around.
#[derive(Enum, Debug, Clone, Copy)]
pub enum SortBy {
    #[oai(rename = "name")]
    Name,
    #[oai(rename = "-name")]
    NameDescending,
    #[oai(rename = "created_at")]
    Created,
    #[oai(rename = "-created_at")]
    CreatedDescending,
    #[oai(rename = "updated_at")]
    Updated,
    #[oai(rename = "-updated_at")]
    UpdatedDescending,
}

pub fn first_page() -> i64 {
    1
}

pub fn usual_page_size() -> i64 {
    25
}

impl Paging<'_> {
    pub fn offset(&self) -> i64 {
        (self.page - 1).saturating_mul(self.page_size)
    }

    pub fn listing(&self, q: Option<String>, sort: Option<SortBy>) -> Listing {
        Listing {
            q: q.filter(|q| !q.is_empty()),
            sort: sort.map(Sort::from).unwrap_or_default(),
            limit: self.page_size,
            offset: self.offset(),
        }
    }

    pub fn answer<T, V: ToJSON>(&self, page: Page<T>, view: impl Fn(T) -> V) -> Listed<V> {
        let items = page.items.into_iter().map(view).collect();
        Listed::Page(Json(items), page.total, self.links(page.total))
    }

    fn links(&self, total: i64) -> String {
        let last = ((total + self.page_size - 1) / self.page_size).max(1);
        let mut links = vec![self.link(1, "first")];
        if self.page > 1 {
            links.push(self.link((self.page - 1).min(last), "prev"));
        }
        if self.page < last {
            links.push(self.link(self.page + 1, "next"));
        }
        links.push(self.link(last, "last"));
        links.join(", ")
    }

    fn link(&self, page: i64, rel: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let asked = form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        query.extend_pairs(asked.filter(|(name, _)| name != "page" && name != "page_size"));
        query.append_pair("page", &page.to_string());
        query.append_pair("page_size", &self.page_size.to_string());
        format!("<{}?{}>; rel=\"{rel}\"", self.uri.path(), query.finish())
    }
}

impl From<SortBy> for Sort {
    fn from(sort: SortBy) -> Self {
        match sort {
            SortBy::Name => Self::Name,
            SortBy::NameDescending => Self::NameDescending,
            SortBy::Created => Self::Created,
            SortBy::CreatedDescending => Self::CreatedDescending,
            SortBy::Updated => Self::Updated,
            SortBy::UpdatedDescending => Self::UpdatedDescending,
        }
    }
}
