//! Which addresses the program connects to for its users, and which it never does.

mod access;
mod endpoints;
mod enforcement;
mod lists;
mod names;
mod proxies;
mod ranges;
mod script;
