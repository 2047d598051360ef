//! How a wish to change something ends, where the end is not a failure of the database.

/// What became of a row that a user wanted to create or change.
#[derive(Debug, Clone, PartialEq)]
pub enum Written<T> {
    Done(T),
    /// Another one has this name.
    NameTaken,
    /// It, or something that it names, was deleted meanwhile.
    Gone,
}

/// What became of a row that a user wanted to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    Done,
    /// There is none.
    Missing,
    /// Still needed by these, in words: `policy shop/nightly`, `execution 17`.
    InUse(Vec<String>),
}

/// The most users that a refusal names.
pub(crate) const MAX_USERS: i64 = 20;
