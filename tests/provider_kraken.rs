//! Tests of provider_kraken.
