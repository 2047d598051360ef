//! Tests of provider_mirror.
