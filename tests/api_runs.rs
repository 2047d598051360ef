//! Tests of api_runs.
