//! Which repositories there are: those of one project, or of all that the account sees.

use serde::Deserialize;

use super::Harbor;
use super::api::Call;
use super::pages::Entry;
use crate::RegistryError;
use crate::oci::name;

/// A project or a repository; a repository's name begins with its project's.
#[derive(Debug, Deserialize)]
struct Listed {
    name: String,
}

impl Entry for Listed {
    fn key(&self) -> &str {
        &self.name
    }
}

impl Harbor {
    /// Names below the namespace, whose first segment is a project; sorted, each once.
    pub(super) async fn names(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        if !self.listed.is_empty() {
            return self.distribution.repositories(namespace).await;
        }
        let mut names = Vec::new();
        for project in self.projects_of(namespace).await? {
            names.extend(self.repositories_of(&project).await?);
        }
        let below = |name: &str| {
            namespace.is_empty() || name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('/'))
        };
        names.retain(|name| below(name) && name::is_repository(name));
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn projects_of(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        match namespace.split('/').next() {
            None | Some("") => {
                let call = Call::new(&["projects"], "the projects", "project: list").with("sort", "name");
                let found = self.pages::<Listed>(call).all().await?;
                Ok(found.into_iter().map(|project| project.name).collect())
            }
            Some(project) => Ok(vec![project.to_owned()]),
        }
    }

    async fn repositories_of(&self, project: &str) -> Result<Vec<String>, RegistryError> {
        let what = format!("the repositories of project {project}");
        let call = Call::new(&["projects", project, "repositories"], what, "repository: list");
        let found = self.pages::<Listed>(call.with("sort", "name")).all().await?;
        Ok(found.into_iter().map(|repository| repository.name).collect())
    }
}
