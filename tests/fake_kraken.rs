//! Tests of fake_kraken.
