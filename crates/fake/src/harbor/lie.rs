//! Ways in which a Harbor can be wrong.

/// One way to be wrong, for all answers of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Every page of every list is full, whatever its number, and the total is absurd.
    EndlessPaging,
    /// The total is as small as one page while every page is full.
    ShortTotal,
    /// Artifacts carry digests that are no digests.
    NoDigest,
    /// An artifact asked for by digest is described with another one.
    OtherDigest,
    /// Answers are preceded by this many blanks.
    HugeBody(usize),
}
