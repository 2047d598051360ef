//! The rules of a project that a pull must keep: signed, and without grave vulnerabilities.

use super::artifact::Artifact;
use super::project::{Allowlist, Project};
use super::scan::{code, ranked};
use super::shelf::Shelf;
use super::world::World;

/// Why the manifest may not be pulled, in Harbor's words (`middleware/contenttrust` and `middleware/vulnerable`).
/// Signatures may always be: who would check an image needs them.
pub(crate) fn violation(world: &World, repository: &str, reference: &str) -> Option<String> {
    world.with(|data, content| {
        let project = data.projects.get(repository.split('/').next()?)?;
        let shelf = Shelf::of(data, content, repository)?;
        let artifact = shelf.find(reference).filter(|artifact| !shelf.is_signature(artifact))?;
        let allowlist = match project.uses_system_allowlist() {
            true => &data.system_allowlist,
            false => &project.allowlist,
        };
        unsigned(project, &shelf, artifact)
            .or_else(|| vulnerable(world, project, allowlist, &shelf, artifact))
    })
}

fn unsigned(project: &Project, shelf: &Shelf<'_>, artifact: &Artifact) -> Option<String> {
    let settings = [("enable_content_trust_cosign", "cosign"), ("enable_content_trust", "notation")];
    let carries = |kind: &str| {
        let kind = format!("signature.{kind}");
        shelf.accessories_of(artifact).iter().any(|(_, own)| *own == kind)
    };
    let missing = settings.into_iter().find(|(key, kind)| project.is_on(key) && !carries(kind));
    missing.map(|(_, kind)| format!("The image is not signed by {kind}."))
}

fn vulnerable(
    world: &World,
    project: &Project,
    allowlist: &Allowlist,
    shelf: &Shelf<'_>,
    artifact: &Artifact,
) -> Option<String> {
    if !project.is_on("prevent_vul") || shelf.images_of(artifact).is_empty() {
        return None;
    }
    let bar = ranked(project.metadata.get("severity").map(String::as_str).unwrap_or_default());
    let rule = format!(
        r#"cannot be pulled due to configured policy in 'Prevent images with vulnerability severity of "{bar}" or higher from running.'"#
    );
    let Some(scan) = shelf.scan_of(artifact) else {
        return Some(format!("current image without vulnerability scanning {rule}"));
    };
    // The rule is for the images of an index, each on its own.
    if !artifact.references.is_empty() {
        return None;
    }
    if !scan.is_success() {
        return Some(format!(
            r#"current image with "{}" status of vulnerability scanning {rule}"#,
            scan.status
        ));
    }
    let now = world.knobs.clock.now();
    let counted: Vec<&(String, String)> =
        scan.vulnerabilities.iter().filter(|(id, _)| !allowlist.exempts(id, now)).collect();
    let grave = counted.iter().any(|(_, severity)| code(severity) >= code(bar));
    grave.then(|| format!("current image with {} vulnerabilities {rule}", counted.len()))
}
