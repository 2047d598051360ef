//! What tests share: servers, databases, fakes.

pub mod postgres;
pub mod preheats;
