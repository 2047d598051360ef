//! Which artifacts of a registry pass: cheap filters first, remote look-ups only for what passed them.

use forewarm_domain::Invalid;
use forewarm_domain::artifact::Artifact;
use forewarm_domain::criteria::{Criteria, ProjectCriteria, Source};
use forewarm_domain::execution::{Only, Selection};
use forewarm_domain::filter::{LeftOut, Selector};
use forewarm_domain::platform::Platform;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};

use crate::{Found, Registry, RegistryError, Wanted};

/// Repositories looked at side by side; the registry's client bounds the requests.
const REPOSITORIES_AT_ONCE: usize = 4;
/// Artifacts of one repository whose signatures and scans are looked up side by side.
const ARTIFACTS_AT_ONCE: usize = 4;

/// A selection with everything that bears on it.
#[derive(Debug)]
pub struct Question<'a> {
    pub namespace: &'a str,
    pub selector: Selector,
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
        let wanted = self.wanted();
        let found = match only {
            Some(only) => self.one(client, only).await?,
            None => client.artifacts(&repository, &wanted).await?,
        };
        let tag = |(tag, why)| Missed { tags: vec![tag], why };
        let mut looked =
            Looked { repository, chosen: vec![], left_out: found.left_out.into_iter().map(tag).collect() };
        self.judge_all(client, found.artifacts, &mut looked).await?;
        Ok(looked)
    }

    /// The one artifact that an event is about, with those of its tags that still name it.
    async fn one(&self, client: &dyn Registry, only: &Only) -> Result<Found, RegistryError> {
        let mut found = Found::default();
        let now = client.tags_of(&only.repository, &only.digest, &only.tags).await?;
        for tag in only.tags.iter().filter(|tag| !now.contains(tag)) {
            let reason = "it names something else by now".to_owned();
            found.left_out.push((tag.clone(), LeftOut { filter: "tag", reason }));
        }
        let mut tags = Vec::new();
        for tag in now {
            match self.selector.tag(&tag) {
                Ok(()) => tags.push(tag),
                Err(why) => found.left_out.push((tag, why)),
            }
        }
        if !tags.is_empty() {
            let wanted = self.wanted();
            let artifact = client.artifact(&only.repository, only.digest.as_str(), &wanted).await?;
            found.artifacts.push(Artifact { tags, ..artifact });
        }
        Ok(found)
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { selector: &self.selector, platforms: !self.platforms.is_empty(), sizes: self.sizes }
    }

    /// What can be decided without a look-up is, at once; only the rest is looked up, some side by side.
    async fn judge_all(
        &self,
        client: &dyn Registry,
        artifacts: Vec<Artifact>,
        looked: &mut Looked,
    ) -> Result<(), RegistryError> {
        let mut open = Vec::new();
        for mut artifact in artifacts {
            match self.judge(&mut artifact) {
                Some(verdict) => looked.add(artifact, verdict),
                None => open.push(artifact),
            }
        }
        let look_up = |mut artifact| async move {
            let verdict = self.look_up(client, &mut artifact).await?;
            Ok::<_, RegistryError>((artifact, verdict))
        };
        let mut judged = stream::iter(open).map(look_up).buffered(ARTIFACTS_AT_ONCE);
        while let Some((artifact, verdict)) = judged.try_next().await? {
            looked.add(artifact, verdict);
        }
        Ok(())
    }

    /// The verdict by what is known, from what costs nothing to what costs most; None = something must be looked up.
    fn judge(&self, artifact: &mut Artifact) -> Option<Result<(), LeftOut>> {
        if let Err(why) = self.selector.labels(&artifact.labels).and_then(|()| self.narrow(artifact)) {
            return Some(Err(why));
        }
        self.judge_look_ups(artifact)
    }

    fn judge_look_ups(&self, artifact: &Artifact) -> Option<Result<(), LeftOut>> {
        if self.selector.max_severity().is_some() {
            let verdict = self.selector.scan(artifact.scan.as_ref()?);
            if verdict.is_err() {
                return Some(verdict);
            }
        }
        if self.selector.needs_signatures() {
            return Some(self.selector.signatures(artifact.signatures.as_ref()?));
        }
        Some(Ok(()))
    }

    /// Scans before signatures: where there are scans, one request tells.
    async fn look_up(
        &self,
        client: &dyn Registry,
        artifact: &mut Artifact,
    ) -> Result<Result<(), LeftOut>, RegistryError> {
        if let (Some(bar), None) = (self.selector.max_severity(), &artifact.scan) {
            artifact.scan = Some(client.scan(artifact, bar.value).await?);
        }
        if let Some(verdict) = self.judge_look_ups(artifact) {
            return Ok(verdict);
        }
        artifact.signatures = Some(client.signatures(artifact).await?);
        Ok(self.judge_look_ups(artifact).unwrap_or(Ok(())))
    }

    /// Keeps the manifests of the wanted platforms.
    fn narrow(&self, artifact: &mut Artifact) -> Result<(), LeftOut> {
        if self.platforms.is_empty() {
            return Ok(());
        }
        let there: Vec<String> = artifact.manifests.iter().map(|manifest| name(&manifest.platform)).collect();
        artifact.manifests.retain(|manifest| {
            let found = manifest.platform.as_ref();
            found.is_some_and(|found| self.platforms.iter().any(|wanted| wanted.covers(found)))
        });
        if !artifact.manifests.is_empty() {
            return Ok(());
        }
        let reason = format!("none of the wanted platforms is there, only {}", there.join(", "));
        Err(LeftOut { filter: "platform", reason })
    }
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

fn name(platform: &Option<Platform>) -> String {
    platform.as_ref().map_or_else(|| "an unknown one".to_owned(), ToString::to_string)
}
