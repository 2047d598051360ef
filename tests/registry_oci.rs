//! Tests of registry_oci.
