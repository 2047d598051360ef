#!/usr/bin/env bash
# Runs every test of the workspace, or those whose names contain the arguments.
set -euo pipefail

# The tests of the command line run the real binary. Built together with the tests, so that nothing is compiled twice.
cargo build --locked --workspace --bins --tests
if cargo nextest --version >/dev/null 2>&1; then
  exec cargo nextest run --locked --workspace "$@"
fi
exec cargo test --locked --workspace -- "$@"
