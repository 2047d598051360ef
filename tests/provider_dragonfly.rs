//! Tests of provider_dragonfly.
