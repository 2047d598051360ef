//! The server's side of HTTP: what is bounded, how it ends, TLS, other sites.

mod connections;
mod cors;
mod process;
mod raw;
mod running;
mod slow;
mod stopping;
mod tls;
mod troubles;
