//! What tests share: servers, databases, fakes.

pub mod manager;
pub mod postgres;
pub mod preheats;
