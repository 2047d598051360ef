//! Why an expansion or an evaluation must be begun again, which decides what it counts as.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// The registry failed: after a few of these it is given up.
    Failed,
    /// The registry asked for patience: counts as nothing, but the time since the first of these is kept.
    Busy,
    /// It could not go on for a reason of our own, like a lost database: given up only after many.
    BrokenOff,
    /// It was not really begun: counts as nothing.
    NotBegun,
}

impl Unfinished {
    /// What it takes from the beginnings, and what it adds to the failures.
    pub(crate) fn counted(self) -> (i32, i32) {
        match self {
            Self::Failed => (0, 1),
            Self::BrokenOff => (0, 0),
            Self::Busy | Self::NotBegun => (1, 0),
        }
    }
}
