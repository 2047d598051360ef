//! The server's side of HTTP: takes connections in, with or without TLS, bounds what each may cost, and hands requests
//! to an endpoint. It knows nothing of what is served.

mod accept;
mod activity;
mod certificates;
mod connection;
mod limits;
mod server;

pub use certificates::{CertificateError, Certificates};
pub use limits::Limits;
pub use server::{Options, serve};
