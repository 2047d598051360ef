//! Asks Harbor's API one thing.

use forewarm_http::distribution::{Answer, Headers};
use forewarm_http::error::place;
use serde::de::DeserializeOwned;

use super::Harbor;
use super::explain::explain;
use crate::RegistryError;
use crate::oci::name;

/// The largest answer but a report: a page of a hundred artifacts has about a megabyte.
const LIMIT: usize = 10 * 1024 * 1024;

/// A project in the path is always a name, even one of digits alone. Reports come in the new form where there is one.
const HEADERS: Headers = &[
    ("x-is-resource-name", "true"),
    (
        "x-accept-vulnerabilities",
        "application/vnd.security.vulnerability.report; version=1.1, \
         application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
    ),
];

/// One question.
#[derive(Debug)]
pub(super) struct Call {
    /// Below `/api/v2.0/`, not encoded.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    /// What is asked for, in a message.
    what: String,
    /// What the account must be allowed to, in Harbor's words.
    right: &'static str,
    limit: usize,
}

impl Call {
    pub(super) fn new(path: &[&str], what: impl Into<String>, right: &'static str) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { path, query: vec![], what: what.into(), right, limit: LIMIT }
    }

    /// Something below a repository. Harbor decodes its name once more than HTTP does, so that a slash is encoded twice.
    pub(super) fn below(
        repository: &str,
        path: &[&str],
        what: impl Into<String>,
        right: &'static str,
    ) -> Result<Self, RegistryError> {
        name::check_repository(repository)?;
        let (project, rest) = repository.split_once('/').ok_or_else(|| {
            RegistryError::Unsuitable(format!(
                "'{repository}' names a project of Harbor and no repository in it"
            ))
        })?;
        let rest = rest.replace('/', "%2F");
        let path: Vec<&str> =
            ["projects", project, "repositories", &rest].into_iter().chain(path.iter().copied()).collect();
        Ok(Self::new(&path, what, right))
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// Takes an answer of up to this many bytes.
    pub(super) fn up_to(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }
}

impl Harbor {
    /// The answer's JSON.
    pub(super) async fn get<T: DeserializeOwned>(&self, call: &Call) -> Result<T, RegistryError> {
        self.read(call, self.ask(call, &[]).await?).await
    }

    /// The answer, which is a success. `more` joins the call's own query.
    pub(super) async fn ask(&self, call: &Call, more: &[(&str, &str)]) -> Result<Answer, RegistryError> {
        let path: Vec<&str> =
            ["api", "v2.0"].into_iter().chain(call.path.iter().map(String::as_str)).collect();
        let own = call.query.iter().map(|(key, value)| (*key, value.as_str()));
        let query: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        let answer = self.session.get_api(&path, &query, HEADERS).await;
        let answer = answer.map_err(|error| explain(error, &call.what, call.right))?;
        let answer = answer.success(self.session.clock()).await;
        answer.map_err(|error| explain(error, &call.what, call.right))
    }

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        call: &Call,
        answer: Answer,
    ) -> Result<T, RegistryError> {
        let body = answer.read(call.limit).await;
        let body = body.map_err(|error| explain(error, &call.what, call.right))?;
        serde_json::from_slice(&body).map_err(|error| {
            let place = place(self.session.base());
            RegistryError::Lying(format!("{}: {place} does not answer as Harbor does: {error}", call.what))
        })
    }
}
