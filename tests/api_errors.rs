//! Tests of api_errors.
