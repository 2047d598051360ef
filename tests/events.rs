//! Events: what registries send, what is taken from it, and what comes of it.

mod formats;
mod index;
