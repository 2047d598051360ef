//! Which repositories there are: the catalog, or the user's list.

use forewarm_http::HttpError;
use forewarm_http::distribution::CATALOG;
use forewarm_http::{ErrorKind, error};
use serde::Deserialize;

use super::explain::explain;
use super::{Oci, name};
use crate::RegistryError;

/// A page of the catalog. An empty one may be `null`.
#[derive(Deserialize)]
struct Page {
    repositories: Option<Vec<String>>,
}

impl Oci {
    /// Names below the namespace, sorted, each once.
    pub(super) async fn names(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        let mut names =
            if self.listed.is_empty() { self.catalog(namespace).await? } else { self.listed.clone() };
        names.retain(|name| is_below(name, namespace));
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn catalog(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        let mut names = Vec::new();
        let mut pages = self.session.pages("_catalog", CATALOG);
        while let Some(body) = pages.next().await.map_err(without_catalog)? {
            let page: Page =
                serde_json::from_slice(&body).map_err(|error| self.no_list("catalog", &error))?;
            let found = page.repositories.unwrap_or_default();
            // Only what is wanted is kept: a catalog may be far larger than a project.
            names.extend(
                found.into_iter().filter(|name| is_below(name, namespace) && name::is_repository(name)),
            );
        }
        Ok(names)
    }

    pub(super) fn no_list(&self, what: &str, error: &serde_json::Error) -> RegistryError {
        let place = error::place(self.session.base());
        RegistryError::Lying(format!("{place}: the {what} is no list as registries send it: {error}"))
    }
}

/// Many registries have no catalog, or keep it to themselves (Docker Hub, GHCR, ECR, GitLab).
fn without_catalog(error: HttpError) -> RegistryError {
    const ADVICE: &str = "the registry does not show its catalog; give it a static list of repositories";
    match error.kind {
        ErrorKind::Status(400 | 401 | 403 | 404 | 405 | 501) => explain(error, ADVICE),
        _ => explain(error, "the catalog"),
    }
}

fn is_below(name: &str, namespace: &str) -> bool {
    namespace.is_empty() || name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('/'))
}
