//! Another API of the same server, beside the registry's own: Harbor's.

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use reqwest::Method;
use url::Url;

use super::answer::Answer;
use super::credentials::bearer;
use super::exchange::Ask;
use super::{JSON, Session};
use crate::HttpError;
use crate::authorize::basic;

/// Headers of a request, by name.
pub type Headers = &'static [(&'static str, &'static str)];

impl Session {
    /// GET of a path below the server's address. Every segment is encoded here, a `%` in it too. We say who we are
    /// unasked: such an API answers strangers with less instead of asking. Redirects are returned, not followed.
    pub async fn get_api(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
        headers: Headers,
    ) -> Result<Answer, HttpError> {
        let ask = Ask::new(Method::GET, self.api_url(segments, query), JSON);
        let ask = ask.without_redirects().with_headers(headers);
        self.patiently(&ask, self.unasked().as_ref()).await
    }

    fn api_url(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base().clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// A header of the user's own choice goes along anyway.
    fn unasked(&self) -> Option<Secret> {
        match self.auth() {
            Auth::Basic { username, password } => Some(basic(username, password)),
            Auth::Bearer { token } => Some(bearer(token)),
            Auth::None | Auth::Header { .. } => None,
        }
    }
}
