//! Every test of the workspace: one binary, one file per subject. `support/` holds what they share.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a failed unwrap is a failed test
mod support;

mod access;
mod api_config;
mod api_document;
mod api_errors;
mod api_runs;
mod cli;
mod client_address;
mod crash;
mod cron;
mod demo;
mod disabled_instances;
mod embedded_postgres;
mod end_to_end;
mod events;
mod fake_dragonfly;
mod fake_harbor;
mod fake_kraken;
mod fake_registry;
mod fuzz;
mod globs;
mod harbor_cases;
mod health;
mod migrations;
mod options;
mod outbound;
mod previews;
mod provider_dragonfly;
mod provider_dragonfly_requests;
mod provider_dragonfly_results;
mod provider_dragonfly_trouble;
mod provider_kraken;
mod provider_kraken_proxy;
mod provider_mirror;
mod real_registry;
mod registry_harbor;
mod registry_oci;
mod retention;
mod schedules;
mod selection;
mod tls;
mod valid_documents;
mod warm;
mod worker;
