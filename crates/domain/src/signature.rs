//! Signatures: that there is one, never whether it is valid.

use std::fmt;

/// A signature that lies beside an artifact. Nobody has verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub scheme: Scheme,
    /// It signs the index that lists the manifest, which covers the manifest too.
    pub of_index: bool,
}

/// How it was made and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Cosign's tag `sha256-….sig`.
    CosignTag,
    /// A cosign signature that refers to the artifact (OCI 1.1).
    CosignReferrer,
    /// A sigstore bundle, cosign 3's default.
    SigstoreBundle,
    /// Cosign, by what the registry says; how it is stored is not known.
    Cosign,
    Notation,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CosignTag => "cosign (tag)",
            Self::CosignReferrer => "cosign (referrer)",
            Self::SigstoreBundle => "cosign (sigstore bundle)",
            Self::Cosign => "cosign",
            Self::Notation => "notation",
        })
    }
}
