//! Ways in which a registry can be wrong.

/// One way to be wrong, for all answers of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// `Docker-Content-Digest` names other content.
    DigestHeader,
    /// A manifest's bytes are not those of its digest.
    ManifestBody,
    /// A blob's bytes are not those of its digest; the length is right.
    BlobBody,
    /// There is always a next page.
    EndlessPaging,
    /// Manifests carry this many bytes of padding.
    HugeManifest(usize),
    /// `"tags": null`, as some registries say for a repository without tags.
    NullTags,
}
