//! Lists in pages: numbered, of a hundred entries, within bounds.

use std::collections::HashSet;
use std::marker::PhantomData;

use forewarm_http::error::place;
use serde::de::DeserializeOwned;

use super::Harbor;
use super::api::Call;
use crate::RegistryError;

/// Entries of a page: the most that Harbor gives.
const PER_PAGE: usize = 100;
/// Entries read of one list; more is no list but a trap.
const MOST: usize = 100_000;

/// An entry of a list, known by something of its own.
pub(super) trait Entry: DeserializeOwned {
    fn key(&self) -> &str;
}

/// A list that is read page by page.
pub(super) struct Pages<'a, T> {
    harbor: &'a Harbor,
    call: Call,
    next: Option<usize>,
    seen: HashSet<String>,
    entries: PhantomData<T>,
}

impl Harbor {
    pub(super) fn pages<T: Entry>(&self, call: Call) -> Pages<'_, T> {
        Pages { harbor: self, call, next: Some(1), seen: HashSet::new(), entries: PhantomData }
    }
}

impl<T: Entry> Pages<'_, T> {
    /// The new entries of the next page; None after the last. A page may repeat some of the one before, when something
    /// was pushed or removed meanwhile.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<T>>, RegistryError> {
        let Some(number) = self.next.take() else {
            return Ok(None);
        };
        let (page, size) = (number.to_string(), PER_PAGE.to_string());
        let answer = self.harbor.ask(&self.call, &[("page", &page), ("page_size", &size)]).await?;
        let total = answer.header("x-total-count").and_then(|total| total.parse::<usize>().ok());
        let claimed = total.unwrap_or(number * PER_PAGE);
        if claimed > MOST {
            return Err(self.endless(&format!("it claims {claimed} entries or more")));
        }
        let mut entries: Vec<T> = self.harbor.read(&self.call, answer).await?;
        let length = entries.len();
        entries.retain(|entry| self.seen.insert(entry.key().to_owned()));
        if length > 0 && entries.is_empty() && number > 1 {
            return Err(self.endless(&format!("page {number} repeats what was there before")));
        }
        let done = total.map_or(length < PER_PAGE, |total| number * PER_PAGE >= total);
        self.next = (!done && length > 0).then_some(number + 1);
        Ok(Some(entries))
    }

    /// Everything at once, for lists of small entries.
    pub(super) async fn all(mut self) -> Result<Vec<T>, RegistryError> {
        let mut all = Vec::new();
        while let Some(entries) = self.next().await? {
            all.extend(entries);
        }
        Ok(all)
    }

    fn endless(&self, why: &str) -> RegistryError {
        let place = place(self.harbor.session.base());
        RegistryError::Lying(format!("{}: endless paging at {place}: {why}", self.call.what()))
    }
}
