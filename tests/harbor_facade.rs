//! The facade for clients of Harbor, `/api/v2.0`: Harbor's answers, and ours where Harbor trips (docs/harbor.md).

mod bad_input;
mod document;
mod instances;
mod lists;
mod merging;
mod policies;
mod runs;
mod scene;
mod surroundings;
