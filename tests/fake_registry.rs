//! Tests of fake_registry.
