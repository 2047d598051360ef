//! What an event is really about, by what the registry says now.

use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;
use forewarm_domain::filter::Selector;
use forewarm_registry::{Attached, Registry, RegistryError, Wanted};
use forewarm_store::events::{Evaluation, Redirection};

/// What a look brought.
pub(super) enum Look {
    Artifact(Found),
    /// Nothing that a policy could wait for; the reason.
    Nothing(String),
    /// It is about another artifact, or its digest is known only now.
    Elsewhere(Redirection),
}

/// An artifact of which something is to be told to policies.
pub(super) struct Found {
    pub digest: Digest,
    /// Those that name it now.
    pub tags: Vec<String>,
    /// What happened, as far as it is true.
    pub kinds: Vec<EventKind>,
}

pub(super) async fn look(client: &dyn Registry, event: &Evaluation) -> Result<Look, RegistryError> {
    let looked = match &event.digest {
        None => of_tag(client, event).await,
        Some(digest) => of_digest(client, event, digest).await,
    };
    match looked {
        // Gone, or no image: that is an answer, and no failure.
        Err(RegistryError::NotFound(reason) | RegistryError::Unsuitable(reason)) => Ok(Look::Nothing(reason)),
        looked => looked,
    }
}

/// The tag's digest is looked up, and the event goes on as one of that digest: tags that name the same come together.
async fn of_tag(client: &dyn Registry, event: &Evaluation) -> Result<Look, RegistryError> {
    let Some(tag) = event.tags.first() else {
        return Ok(Look::Nothing("it names neither a tag nor a digest".to_owned()));
    };
    let artifact = client.artifact(&event.repository, tag, &plain(&Selector::default())).await?;
    Ok(Look::Elsewhere(Redirection {
        digest: artifact.digest,
        tags: event.tags.clone(),
        kinds: event.kinds.clone(),
        reason: String::new(),
    }))
}

async fn of_digest(
    client: &dyn Registry,
    event: &Evaluation,
    digest: &Digest,
) -> Result<Look, RegistryError> {
    let mut kinds = event.kinds.clone();
    if kinds.contains(&EventKind::Push) {
        if let Some(attached) = client.attached(&event.repository, digest).await? {
            return Ok(of_attached(attached));
        }
        if event.tags.is_empty() {
            // A push is one of a tag; the manifests of an index come before it, by digest.
            kinds.retain(|kind| *kind != EventKind::Push);
        }
    }
    if kinds.is_empty() {
        let reason = "pushed by digest alone: the child of an index, or something without a tag";
        return Ok(Look::Nothing(reason.to_owned()));
    }
    let tags = tags(client, event, digest, &kinds).await?;
    if tags.is_empty() {
        return Ok(Look::Nothing(no_tags(event)));
    }
    confirm(client, event, Found { digest: digest.clone(), tags, kinds }).await
}

fn of_attached(attached: Attached) -> Look {
    let Attached { subject, is_signature, what } = attached;
    if !is_signature {
        return Look::Nothing(format!("no push of an image: {what} attached to {subject}"));
    }
    Look::Elsewhere(Redirection {
        reason: format!("it is a signature of {subject}"),
        digest: subject,
        tags: vec![],
        kinds: vec![EventKind::Signed],
    })
}

/// The tags that name the digest now: of those that were told, or of all where something is about the whole artifact.
async fn tags(
    client: &dyn Registry,
    event: &Evaluation,
    digest: &Digest,
    kinds: &[EventKind],
) -> Result<Vec<String>, RegistryError> {
    let is_about_all = event.tagless && *kinds != [EventKind::Push];
    let among = if is_about_all { &[][..] } else { &event.tags };
    client.tags_of(&event.repository, digest, among).await
}

fn no_tags(event: &Evaluation) -> String {
    if event.tags.is_empty() {
        return "no tag names it".to_owned();
    }
    format!("its tags name something else by now: {}", event.tags.join(", "))
}

/// That it is an image at all, and signed if that is what was told: whoever says so may have seen no more than that
/// something was attached.
async fn confirm(client: &dyn Registry, event: &Evaluation, mut found: Found) -> Result<Look, RegistryError> {
    let selector = Selector::default();
    let artifact = client.artifact(&event.repository, found.digest.as_str(), &plain(&selector)).await?;
    let is_told_signed = found.kinds.contains(&EventKind::Signed);
    if is_told_signed && client.signatures(&artifact).await?.is_empty() {
        found.kinds.retain(|kind| *kind != EventKind::Signed);
    }
    match found.kinds[..] {
        [] => Ok(Look::Nothing("it has no signature".to_owned())),
        _ => Ok(Look::Artifact(found)),
    }
}

fn plain(selector: &Selector) -> Wanted<'_> {
    Wanted { selector, platforms: false, sizes: false }
}
