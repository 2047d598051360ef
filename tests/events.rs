//! Events: what registries send, what is taken from it, and what comes of it.

mod end_to_end;
mod evaluation;
mod formats;
mod gathering;
mod hints;
mod index;
mod receiver;
mod scene;
mod trouble;
mod watching;
