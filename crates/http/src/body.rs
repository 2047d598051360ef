//! Reads answers without trusting their size.

use reqwest::Response;
use url::Url;

use crate::{ErrorKind, HttpError};

/// Reads a body of at most `limit` bytes (after decompression). A longer one is an error, whatever it claims to be.
pub async fn read(mut response: Response, limit: usize, url: &Url) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| HttpError::from_reqwest(&error, url))? {
        if body.len() + chunk.len() > limit {
            let place = crate::error::place(url);
            return Err(HttpError::new(
                ErrorKind::TooLarge,
                format!("{place}: the answer is larger than {limit} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
