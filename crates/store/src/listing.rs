//! One page of a list.

/// Which page, of which rows, in which order.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Only names that contain this text, whatever its case.
    pub q: Option<String>,
    pub sort: Sort,
    pub limit: i64,
    pub offset: i64,
}

/// Orders of the lists of things that users configure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Name,
    NameDescending,
    Created,
    CreatedDescending,
    Updated,
    UpdatedDescending,
}

/// One page, and how many rows there are in all.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub total: i64,
}

impl Sort {
    /// The word that the statements order by.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::NameDescending => "-name",
            Self::Created => "created_at",
            Self::CreatedDescending => "-created_at",
            Self::Updated => "updated_at",
            Self::UpdatedDescending => "-updated_at",
        }
    }
}
