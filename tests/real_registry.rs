//! Tests of real_registry.
