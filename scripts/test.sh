#!/usr/bin/env bash
# Runs every test of the workspace, or those whose names contain the arguments.
set -euo pipefail

# Some tests run the real program and have it built; done before, they need not wait for it.
cargo build --locked -p forewarm
if cargo nextest --version >/dev/null 2>&1; then
  exec cargo nextest run --locked --workspace "$@"
fi
exec cargo test --locked --workspace -- "$@"
