//! Which addresses may be connected to. Private ranges are normal for engines and registries; refused are those at which
//! nobody's registry is, and which give secrets away to whoever asks: above all a cloud's metadata service.

mod embedded;
mod entry;
mod range;
mod refusal;
mod resolver;
mod rules;

pub use entry::Entry;
pub use range::Range;
pub use refusal::{Reason, Refusal};
pub(crate) use resolver::{GuardedNames, NO_ADDRESS};
pub use resolver::{Names, SystemNames};
pub use rules::Rules;
