//! Tests of api_document.
