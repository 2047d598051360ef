//! Serves embedded files with validators that caches understand.

use std::marker::PhantomData;

use poem::error::NotFoundError;
use poem::http::{StatusCode, header};
use poem::{Endpoint, Request, Response, Result};
use rust_embed::{EmbeddedFile, RustEmbed};

const PAGE: &str = "index.html";

/// The files of one folder. To be wrapped in `poem::get`, which adds HEAD and refuses the rest.
pub struct Files<E> {
    page_everywhere: bool,
    folder: PhantomData<fn() -> E>,
}

impl<E: RustEmbed> Files<E> {
    pub fn new() -> Self {
        Self { page_everywhere: false, folder: PhantomData }
    }

    /// Answers an unknown address that does not look like a file with the page.
    #[must_use]
    pub fn with_page_everywhere(self) -> Self {
        Self { page_everywhere: true, ..self }
    }

    fn find(&self, path: &str) -> Option<(String, EmbeddedFile)> {
        let path = if path.is_empty() { PAGE } else { path };
        let looks_like_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        match E::get(path) {
            Some(file) => Some((path.to_owned(), file)),
            None if self.page_everywhere && !looks_like_file => Some((PAGE.to_owned(), E::get(PAGE)?)),
            None => None,
        }
    }
}

impl<E: RustEmbed> Default for Files<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: RustEmbed + 'static> Endpoint for Files<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let path = request.uri().path().trim_start_matches('/');
        let (path, file) = self.find(path).ok_or(NotFoundError)?;
        let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
        let response =
            Response::builder().header(header::ETAG, &etag).header(header::CACHE_CONTROL, caching(&path));
        if request.header(header::IF_NONE_MATCH).is_some_and(|known| covers(known, &etag)) {
            return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        let media_type = mime_guess::from_path(&path).first_or_octet_stream();
        Ok(response.content_type(media_type.as_ref()).body(file.data.into_owned()))
    }
}

/// Files in `assets/` carry a hash in their name and never change; everything else is asked for again each time.
fn caching(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// `If-None-Match` is `*` or a list, whose members may be weak (RFC 9110).
fn covers(known: &str, etag: &str) -> bool {
    known
        .split(',')
        .map(|candidate| candidate.trim().trim_start_matches("W/"))
        .any(|candidate| candidate == "*" || candidate == etag)
}
