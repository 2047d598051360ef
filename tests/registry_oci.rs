//! The registry kind `oci` against a fake registry.

mod access;
mod blobs;
mod documents;
mod images;
mod lies;
mod listing;
mod patience;
mod realms;
mod signatures;
mod strangers;
