//! What tests share: servers, databases, fakes.

pub mod access;
pub mod app;
pub mod binary;
pub mod client;
pub mod clock;
pub mod counting_proxy;
pub mod docker_registry;
pub mod fake_api;
pub mod issuer;
pub mod keys;
pub mod lab;
pub mod manager;
pub mod oci;
pub mod otlp;
pub mod outbound;
pub mod postgres;
pub mod preheats;
pub mod pusher;
pub mod python;
pub mod server;
pub mod signing_key;
pub mod tls_server;
pub mod token_server;
