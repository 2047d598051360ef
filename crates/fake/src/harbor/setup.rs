//! Fills a fake Harbor.

use super::account::{Account, READER, Scope};
use super::project::Allowlist;
use super::{Harbor, Scan};
use crate::lock;
use crate::registry::{ArtifactSpec, ImageSpec, Pushed};

/// A project that is being set up.
#[derive(Debug)]
pub struct Setup<'a> {
    harbor: &'a Harbor,
    name: String,
}

impl Harbor {
    /// The project of this name, made when there is none; private until it is said to be public.
    pub fn project(&self, name: &str) -> Setup<'_> {
        lock(&self.world.data).project(name);
        Setup { harbor: self, name: name.to_owned() }
    }

    /// A robot account `robot$<project>+<name>` that may read everything of its project; answers the full name.
    pub fn robot(&self, project: &str, name: &str, secret: &str) -> String {
        self.robot_with(project, name, secret, &READER)
    }

    /// A robot account of a project with these rights alone, as `resource:action`; answers the full name.
    pub fn robot_with(&self, project: &str, name: &str, secret: &str, rights: &[&str]) -> String {
        let full = format!("robot${project}+{name}");
        self.account(&full, secret, &[project], rights);
        full
    }

    /// A system robot `robot$<name>` that may read these projects; answers the full name.
    pub fn system_robot(&self, name: &str, secret: &str, projects: &[&str]) -> String {
        let full = format!("robot${name}");
        self.account(&full, secret, projects, &READER);
        full
    }

    /// One image for one platform under a tag; `team/app` belongs to the project `team`.
    pub fn push_image(&self, repository: &str, tag: &str, spec: ImageSpec) -> Pushed {
        self.noted(self.registry.push_image(repository, tag, spec))
    }

    /// An index of small images for these platforms, with BuildKit's attestations if wanted.
    pub fn push_index(&self, repository: &str, tag: &str, platforms: &[&str], attestation: bool) -> Pushed {
        self.noted(self.registry.push_index(repository, tag, platforms, attestation))
    }

    /// Anything that is no image.
    pub fn push_artifact(&self, repository: &str, tag: Option<&str>, spec: ArtifactSpec) -> Pushed {
        self.noted(self.registry.push_artifact(repository, tag, spec))
    }

    /// Small single-platform images, from names like `team/app:v1`.
    pub fn holds(&self, images: &[&str]) -> Vec<Pushed> {
        // One by one: what is pushed first has the lower id.
        images
            .iter()
            .flat_map(|image| self.registry.holds(&[image]).into_iter().map(|one| self.noted(one)))
            .collect()
    }

    /// Gives one more tag to what a tag or digest names.
    pub fn tag(&self, repository: &str, reference: &str, tag: &str) {
        self.registry.tag(repository, reference, tag);
    }

    /// Pins a label to an artifact; a label comes into being with its first use. Answers its id.
    pub fn label(&self, repository: &str, reference: &str, label: &str) -> usize {
        let digest = self.digest(repository, reference);
        let mut data = lock(&self.world.data);
        let place = data.labels.iter().position(|name| name == label).unwrap_or_else(|| {
            data.labels.push(label.to_owned());
            data.labels.len() - 1
        });
        data.notes(repository, &digest).labels.push(place);
        place + 1
    }

    /// The result of a scan; on an index each of its images gets it.
    pub fn scan(&self, repository: &str, reference: &str, scan: &Scan) {
        let digest = self.digest(repository, reference);
        self.world.with(|data, content| {
            let found = super::shelf::Shelf::of(data, content, repository).and_then(|shelf| {
                let artifact = shelf.find(&digest)?;
                Some(shelf.images_of(artifact).iter().map(|one| one.digest.clone()).collect::<Vec<_>>())
            });
            for digest in found.unwrap_or_default() {
                data.notes(repository, &digest).scan = Some(scan.clone());
            }
        });
    }

    /// Attaches an accessory of this kind, in Harbor's words: `signature.cosign` comes by cosign's tag, the others as
    /// referrers (`signature.notation`, `sbom.harbor`, `accelerator.nydus`, `subject.accessory`).
    pub fn accessory(&self, repository: &str, digest: &str, kind: &str) -> Pushed {
        let of_type = |name: &str| ArtifactSpec::of_type(name, kind.as_bytes()).subject(digest);
        let pushed = match kind {
            "signature.cosign" => self.registry.sign_by_tag(repository, digest),
            "signature.notation" => {
                let spec = of_type("application/vnd.cncf.notary.signature");
                self.registry.push_artifact(repository, None, spec)
            }
            _ => self.registry.push_artifact(repository, None, of_type("application/vnd.example.accessory")),
        };
        let pushed = self.noted(pushed);
        let mut data = lock(&self.world.data);
        data.notes(repository, &pushed.digest).accessory = Some(kind.to_owned());
        pushed
    }

    /// The CVEs that do not count in projects that use the system's list, until a time in Unix seconds.
    pub fn system_allowlist(&self, items: &[&str], expires_at: Option<i64>) {
        lock(&self.world.data).system_allowlist = allowlist(items, expires_at);
    }

    fn account(&self, name: &str, secret: &str, projects: &[&str], rights: &[&str]) {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let scope = Some(Scope { projects: owned(projects), rights: owned(rights) });
        let account = Account { name: name.to_owned(), secret: secret.to_owned(), scope };
        lock(&self.world.data).accounts.push(account);
    }

    fn noted(&self, pushed: Pushed) -> Pushed {
        self.world.with(|_, _| ());
        pushed
    }

    fn digest(&self, repository: &str, reference: &str) -> String {
        let digest = self.registry.digest(repository, reference);
        digest.unwrap_or_else(|| panic!("the fake Harbor holds no {repository}:{reference}"))
    }
}

impl Setup<'_> {
    /// A setting as Harbor keeps it: `enable_content_trust`, `enable_content_trust_cosign`, `prevent_vul`,
    /// `severity`, `reuse_sys_cve_allowlist`, `public`.
    pub fn set(self, key: &str, value: &str) -> Self {
        let mut data = lock(&self.harbor.world.data);
        data.project(&self.name).metadata.insert(key.to_owned(), value.to_owned());
        drop(data);
        self
    }

    /// As if the setting had never been made.
    pub fn unset(self, key: &str) -> Self {
        lock(&self.harbor.world.data).project(&self.name).metadata.remove(key);
        self
    }

    /// The project's own list of CVEs that do not count, until a time in Unix seconds; it is used from now on.
    pub fn allowlist(self, items: &[&str], expires_at: Option<i64>) -> Self {
        lock(&self.harbor.world.data).project(&self.name).allowlist = allowlist(items, expires_at);
        self.set("reuse_sys_cve_allowlist", "false")
    }

    /// The project's number.
    pub fn id(&self) -> i64 {
        lock(&self.harbor.world.data).project(&self.name).id
    }
}

fn allowlist(items: &[&str], expires_at: Option<i64>) -> Allowlist {
    Allowlist { items: items.iter().map(|item| (*item).to_owned()).collect(), expires_at }
}
