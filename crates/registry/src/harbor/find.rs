//! From Harbor's list of a repository to its images.

use std::collections::BTreeSet;

use forewarm_domain::artifact::Artifact;
use forewarm_domain::digest::Digest;
use forewarm_domain::filter::LeftOut;
use forewarm_http::error::place;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::Harbor;
use super::api::Call;
use super::row::Row;
use crate::oci::{name, tags};
use crate::{Found, RegistryError, Wanted};

/// Artifacts of a list that are looked at more closely side by side; the limit per host is in the session.
const AT_A_TIME: usize = 4;

impl Harbor {
    /// One list of everything that is tagged.
    pub(super) async fn find(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        let what = format!("the artifacts of {repository}");
        let call = Call::below(repository, &["artifacts"], what, "artifact: list")?;
        // In the order of their numbers: what is pushed meanwhile comes at the end and shifts no page.
        let call = parts(call, wanted).with("q", "tags=*").with("sort", "id");
        let mut pages = self.pages::<Row>(call);
        let mut found = Found::default();
        while let Some(rows) = pages.next().await? {
            let mut kept = Vec::new();
            for row in rows {
                if let Some(tags) = pass(&row, wanted, &mut found) {
                    kept.push((row, tags));
                }
            }
            let artifacts: Vec<Artifact> = stream::iter(kept)
                .map(|(row, tags)| self.image(repository, row, tags, wanted))
                .buffered(AT_A_TIME)
                .try_collect()
                .await?;
            found.artifacts.extend(artifacts);
        }
        Ok(found)
    }

    /// The image that a tag or digest names.
    pub(super) async fn one(
        &self,
        repository: &str,
        reference: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        let digest = Digest::parse(reference).ok();
        if digest.is_none() {
            name::check_tag(repository, reference)?;
        }
        let row = self.row(repository, reference, wanted).await?;
        if !row.is_image() {
            let reason = format!("{repository}: {reference} is no image: {}", other(&row));
            return Err(RegistryError::Unsuitable(reason));
        }
        let tags = if digest.is_some() { vec![] } else { vec![reference.to_owned()] };
        let artifact = self.image(repository, row, tags, wanted).await?;
        if artifact.manifests.is_empty() {
            return Err(RegistryError::Unsuitable(format!("{repository}: {reference} lists no image")));
        }
        Ok(artifact)
    }

    /// Harbor's description, with the parts that are wanted.
    async fn row(
        &self,
        repository: &str,
        reference: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Row, RegistryError> {
        let call = self.call(repository, reference)?;
        self.described(parts(call, wanted), repository, reference).await
    }

    /// A question for one artifact by tag or digest.
    pub(super) fn call(&self, repository: &str, reference: &str) -> Result<Call, RegistryError> {
        let what = format!("{repository}: {reference}");
        Call::below(repository, &["artifacts", reference], what, "artifact: read")
    }

    /// The description of one artifact, which must be the one that was asked for.
    pub(super) async fn described(
        &self,
        call: Call,
        repository: &str,
        reference: &str,
    ) -> Result<Row, RegistryError> {
        let row: Row = self.get(&call).await?;
        if Digest::parse(reference).is_ok() && row.digest != reference {
            let place = place(self.session.base());
            let reason = format!("{repository}@{reference}: {place} describes something else");
            return Err(RegistryError::Lying(reason));
        }
        Ok(row)
    }

    async fn image(
        &self,
        repository: &str,
        row: Row,
        tags: Vec<String>,
        wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        let Some(digest) = row.digest() else {
            let place = place(self.session.base());
            let reason = format!("the artifacts of {repository}: {place} lists one without a digest");
            return Err(RegistryError::Lying(reason));
        };
        let labels = row.labels();
        // What the caller will leave out anyway is not worth a closer look.
        let closely = wanted.selector.labels(&labels).is_ok();
        Ok(Artifact {
            repository: repository.to_owned(),
            media_type: row.manifest_media_type.clone(),
            tags,
            labels,
            signatures: wanted.selector.needs_signatures().then(|| super::signatures::listed(&row)).flatten(),
            scan: self.listed_scan(repository, &row, wanted).await?,
            manifests: self.manifests(repository, &digest, &row, wanted, closely).await?,
            digest,
        })
    }
}

/// Asks for no more than what the filters need: every part costs Harbor a query for each artifact.
fn parts(call: Call, wanted: &Wanted<'_>) -> Call {
    let selector = wanted.selector;
    let mut call = call.with("with_tag", "true");
    if selector.needs_labels() {
        call = call.with("with_label", "true");
    }
    if selector.needs_signatures() {
        call = call.with("with_accessory", "true").with("with_inherited_accessory", "true");
    }
    if selector.max_severity().is_some() {
        call = call.with("with_scan_overview", "true");
    }
    call
}

/// The tags that are wanted of an artifact that can be preheated; None where there are none.
fn pass(row: &Row, wanted: &Wanted<'_>, found: &mut Found) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    for tag in row.tags().into_iter().collect::<BTreeSet<_>>() {
        match tags::passes(&tag, wanted) {
            Ok(()) if row.is_image() => tags.push(tag),
            Ok(()) => found.left_out.push((tag, LeftOut { filter: "media_type", reason: other(row) })),
            Err(why) => found.left_out.push((tag, why)),
        }
    }
    (!tags.is_empty()).then_some(tags)
}

fn other(row: &Row) -> String {
    let kind: String = row.kind.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("Harbor counts it as {kind}, not as an image")
}
