//! Tests of api_config.
