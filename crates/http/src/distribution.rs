//! A session with one server that speaks the OCI distribution API: challenges, tokens, back-off, limits.
