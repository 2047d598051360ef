//! Tests of fake_dragonfly.
