//! The registry kind `oci` against a fake registry.

mod access;
mod images;
mod listing;
mod patience;
mod strangers;
