//! Which artifacts of a registry pass: cheap filters first, remote look-ups only for what passed them.

mod judge;

use forewarm_domain::Invalid;
use forewarm_domain::artifact::Artifact;
use forewarm_domain::criteria::{Criteria, ProjectCriteria, Source};
use forewarm_domain::execution::{Only, Selection};
use forewarm_domain::filter::{LeftOut, Selector};
use forewarm_domain::platform::Platform;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};

use self::judge::Judge;
use crate::{Found, Registry, RegistryError, Wanted};

/// Repositories looked at side by side; the registry's client bounds the requests.
const REPOSITORIES_AT_ONCE: usize = 4;

/// A selection with everything that bears on it.
#[derive(Debug)]
pub struct Question<'a> {
    pub namespace: &'a str,
    pub selector: Selector,
    /// Ask of each repository what its own project in the registry demands: where the namespace is the whole
    /// registry, there is more than one.
    pub each_project: bool,
    /// The wanted platforms; none = all.
    pub platforms: &'a [Platform],
    /// Whether the sizes of manifests must be known.
    pub sizes: bool,
}

/// What a look at one repository brought.
#[derive(Debug, Default)]
pub struct Looked {
    pub repository: String,
    /// What passed, each with the manifests of the wanted platforms only.
    pub chosen: Vec<Artifact>,
    /// What did not, with the first reason.
    pub left_out: Vec<Missed>,
}

/// What was left out: an artifact by its tags, a single tag, or a whole repository (no tags).
#[derive(Debug, Clone)]
pub struct Missed {
    pub tags: Vec<String>,
    pub why: LeftOut,
}

/// The filters of a policy together with what its project demands, and the registry where the project follows it.
pub async fn selector(
    client: &dyn Registry,
    selection: &Selection,
) -> Result<Result<Selector, Vec<Invalid>>, RegistryError> {
    let ProjectCriteria { own, follow_registry } = selection.criteria;
    let registrys = match follow_registry {
        true => client.criteria(&selection.namespace).await?.unwrap_or_default(),
        false => Criteria::default(),
    };
    let selector = Selector::compile(&selection.filters);
    Ok(selector.map(|selector| selector.with(&own, Source::Project).with(&registrys, Source::Registry)))
}

impl<'a> Question<'a> {
    /// What a selection asks, with the selector made of it.
    pub fn of(selection: &'a Selection, selector: Selector, platforms: &'a [Platform]) -> Self {
        let each_project = selection.namespace.is_empty() && selection.criteria.follow_registry;
        Self { namespace: &selection.namespace, selector, each_project, platforms, sizes: false }
    }
}

impl Question<'_> {
    /// Looks at every repository of the namespace, or at the one artifact, in order.
    pub fn ask<'a>(
        &'a self,
        client: &'a dyn Registry,
        only: Option<&'a Only>,
    ) -> impl Stream<Item = Result<Looked, RegistryError>> + 'a {
        let repositories = async move {
            match only {
                Some(only) => Ok(vec![only.repository.clone()]),
                None => client.repositories(self.namespace).await,
            }
        };
        let each = move |repositories: Vec<String>| {
            let looks = repositories.into_iter().map(move |name| self.look(client, name, only));
            stream::iter(looks).buffered(REPOSITORIES_AT_ONCE)
        };
        stream::once(repositories).map_ok(each).try_flatten()
    }

    async fn look(
        &self,
        client: &dyn Registry,
        repository: String,
        only: Option<&Only>,
    ) -> Result<Looked, RegistryError> {
        if let Err(why) = self.selector.repository(short_name(&repository, self.namespace)) {
            let left_out = vec![Missed { tags: vec![], why }];
            return Ok(Looked { repository, chosen: vec![], left_out });
        }
        let selector = self.selector_for(client, &repository).await?;
        let wanted = Wanted { selector: &selector, platforms: !self.platforms.is_empty(), sizes: self.sizes };
        let found = match only {
            Some(only) => one(client, only, &wanted).await?,
            None => client.artifacts(&repository, &wanted).await?,
        };
        let tag = |(tag, why)| Missed { tags: vec![tag], why };
        let mut looked =
            Looked { repository, chosen: vec![], left_out: found.left_out.into_iter().map(tag).collect() };
        let judge = Judge { client, selector: &selector, platforms: self.platforms };
        judge.judge_all(found.artifacts, &mut looked).await?;
        Ok(looked)
    }

    async fn selector_for(&self, client: &dyn Registry, repository: &str) -> Result<Selector, RegistryError> {
        let selector = self.selector.clone();
        let Some((project, _)) = repository.split_once('/').filter(|_| self.each_project) else {
            return Ok(selector);
        };
        let demanded = client.criteria(project).await?.unwrap_or_default();
        Ok(selector.with(&demanded, Source::Registry))
    }
}

/// What an event is about, with those of the tags that are wanted.
async fn one(client: &dyn Registry, only: &Only, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
    let mut found = Found::default();
    let named = match &only.digest {
        Some(digest) => client.tags_of(&only.repository, digest, &only.tags).await?,
        None => only.tags.clone(),
    };
    for tag in only.tags.iter().filter(|tag| !named.contains(tag)) {
        found.left_out.push((tag.clone(), no_tag("it names something else by now")));
    }
    let mut tags = Vec::new();
    for tag in named {
        match wanted.selector.tag(&tag) {
            Ok(()) => tags.push(tag),
            Err(why) => found.left_out.push((tag, why)),
        }
    }
    match &only.digest {
        Some(digest) if !tags.is_empty() => {
            let artifact = client.artifact(&only.repository, digest.as_str(), wanted).await?;
            found.artifacts.push(Artifact { tags, ..artifact });
        }
        Some(_) => {}
        None => by_tag(client, &only.repository, tags, wanted, &mut found).await?,
    }
    Ok(found)
}

/// Whatever each tag names now.
async fn by_tag(
    client: &dyn Registry,
    repository: &str,
    tags: Vec<String>,
    wanted: &Wanted<'_>,
    found: &mut Found,
) -> Result<(), RegistryError> {
    for tag in tags {
        match client.artifact(repository, &tag, wanted).await {
            Ok(artifact) => found.artifacts.push(Artifact { tags: vec![tag], ..artifact }),
            Err(RegistryError::NotFound(why) | RegistryError::Unsuitable(why)) => {
                found.left_out.push((tag, no_tag(&why)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn no_tag(why: &str) -> LeftOut {
    LeftOut { filter: "tag", reason: why.to_owned() }
}

impl Looked {
    fn add(&mut self, artifact: Artifact, verdict: Result<(), LeftOut>) {
        match verdict {
            Ok(()) => self.chosen.push(artifact),
            Err(why) => self.left_out.push(Missed { tags: artifact.tags, why }),
        }
    }
}

/// The name that a pattern sees: without the project's namespace.
pub fn short_name<'a>(repository: &'a str, namespace: &str) -> &'a str {
    repository.strip_prefix(namespace).map_or(repository, |rest| rest.strip_prefix('/').unwrap_or(rest))
}
