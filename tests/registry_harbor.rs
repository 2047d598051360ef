//! The registry kind `harbor` against a fake Harbor.

mod access;
mod criteria;
mod images;
mod lab;
mod lies;
mod listing;
mod pulls;
mod scans;
mod signatures;
