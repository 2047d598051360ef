//! One repository as it stands: its artifacts with their tags, accessories and parents.

use std::collections::{HashMap, HashSet};

use super::Scan;
use super::artifact::Artifact;
use super::world::{Data, Notes};
use crate::registry::Content;

pub(crate) struct Shelf<'a> {
    pub(crate) data: &'a Data,
    /// With its project: `team/app`.
    pub(crate) repository: &'a str,
    pub(crate) artifacts: &'a [Artifact],
    tags: HashMap<&'a str, Vec<&'a str>>,
    /// By the subject's digest: the accessories and Harbor's words for them.
    accessories: HashMap<String, Vec<(&'a Artifact, String)>>,
    attached: HashSet<&'a str>,
    /// By the child's digest: the indexes that list it.
    parents: HashMap<&'a str, Vec<&'a Artifact>>,
}

impl<'a> Shelf<'a> {
    /// `None` when there is no such repository.
    pub(crate) fn of(data: &'a Data, content: &'a Content, name: &str) -> Option<Self> {
        let (repository, artifacts) = data.artifacts.get_key_value(name)?;
        let mut shelf = Self {
            data,
            repository,
            artifacts,
            tags: HashMap::new(),
            accessories: HashMap::new(),
            attached: HashSet::new(),
            parents: HashMap::new(),
        };
        for (tag, digest) in &content.repositories[name].tags {
            shelf.tags.entry(digest).or_default().push(tag);
        }
        artifacts.iter().for_each(|artifact| shelf.relate(artifact));
        Some(shelf)
    }

    fn relate(&mut self, artifact: &'a Artifact) {
        for child in &artifact.references {
            self.parents.entry(&child.digest).or_default().push(artifact);
        }
        if let Some((subject, kind)) = self.subject(artifact) {
            let kind = self.notes(artifact).and_then(|notes| notes.accessory.clone()).unwrap_or(kind);
            self.attached.insert(&artifact.digest);
            self.accessories.entry(subject).or_default().push((artifact, kind));
        }
    }

    /// What the artifact belongs to: by its subject, or by a tag of cosign's old scheme.
    fn subject(&self, artifact: &Artifact) -> Option<(String, String)> {
        if let Some((digest, kind)) = &artifact.subject {
            return Some((digest.clone(), (*kind).to_owned()));
        }
        let signed = |tag: &&str| Some(tag.strip_prefix("sha256-")?.strip_suffix(".sig")?.to_owned());
        let hex = self.tags_of(artifact).iter().find_map(signed)?;
        Some((format!("sha256:{hex}"), "signature.cosign".to_owned()))
    }

    /// By tag or digest.
    pub(crate) fn find(&self, reference: &str) -> Option<&'a Artifact> {
        let tagged = |artifact: &&Artifact| self.tags_of(artifact).contains(&reference);
        self.artifacts.iter().find(|artifact| artifact.digest == reference || tagged(artifact))
    }

    /// What a list shows: no accessories, and the untagged only where no index lists them.
    pub(crate) fn listed(&self) -> Vec<&'a Artifact> {
        let shown = |artifact: &&Artifact| {
            let free = !self.parents.contains_key(artifact.digest.as_str());
            !self.attached.contains(artifact.digest.as_str()) && (free || !self.tags_of(artifact).is_empty())
        };
        self.artifacts.iter().filter(shown).collect()
    }

    pub(crate) fn tags_of(&self, artifact: &Artifact) -> &[&'a str] {
        self.tags.get(artifact.digest.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn accessories_of(&self, artifact: &Artifact) -> &[(&'a Artifact, String)] {
        self.accessories.get(&artifact.digest).map(Vec::as_slice).unwrap_or_default()
    }

    /// The signatures of the indexes that list the artifact, unless it has one of its own.
    pub(crate) fn inherited_by(&self, artifact: &Artifact) -> Vec<(&'a Artifact, &'a Artifact, String)> {
        let is_signature = |kind: &str| kind.starts_with("signature.");
        if self.accessories_of(artifact).iter().any(|(_, kind)| is_signature(kind)) {
            return Vec::new();
        }
        let parents = self.parents.get(artifact.digest.as_str()).into_iter().flatten();
        let of_parent = |parent: &&'a Artifact| {
            let parent = *parent;
            let signatures = self.accessories_of(parent).iter().filter(|(_, kind)| is_signature(kind));
            signatures.map(move |(one, kind)| (parent, *one, kind.clone())).collect::<Vec<_>>()
        };
        parents.flat_map(of_parent).collect()
    }

    /// Whether it is the signature of something.
    pub(crate) fn is_signature(&self, artifact: &Artifact) -> bool {
        let mut all = self.accessories.values().flatten();
        all.any(|(one, kind)| one.digest == artifact.digest && kind.starts_with("signature."))
    }

    pub(crate) fn notes(&self, artifact: &Artifact) -> Option<&'a Notes> {
        self.data.notes.get(&(self.repository.to_owned(), artifact.digest.clone()))
    }

    /// The scan of an image, or of all images of an index; none while one of them lacks it.
    pub(crate) fn scan_of(&self, artifact: &Artifact) -> Option<Scan> {
        let of = |one: &Artifact| self.notes(one).and_then(|notes| notes.scan.clone());
        let scans: Option<Vec<Scan>> = self.images_of(artifact).into_iter().map(of).collect();
        scans?.into_iter().reduce(Scan::join)
    }

    /// What a scanner can read of it: itself, or the images of an index.
    pub(crate) fn images_of<'b>(&self, artifact: &'b Artifact) -> Vec<&'b Artifact>
    where
        'a: 'b,
    {
        let children = artifact.references.iter().filter_map(|child| self.find(&child.digest));
        std::iter::once(artifact).chain(children).filter(|one| one.scannable).collect()
    }

    pub(crate) fn id_of(&self, digest: &str) -> i64 {
        self.find(digest).map_or(0, |artifact| artifact.id)
    }
}
