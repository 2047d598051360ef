#!/usr/bin/env bash
# Runs every test of the workspace, or those whose names contain the arguments.
set -euo pipefail
cd "$(dirname "$0")/.."

# Some tests run the real program, and some Python's clients; they see to both themselves, but done before, they need not
# wait for it.
cargo build --locked -p forewarm --features fail-points
if [ "$#" = 0 ]; then scripts/python.sh; fi
if cargo nextest --version >/dev/null 2>&1; then
  exec cargo nextest run --locked --workspace "$@"
fi
exec cargo test --locked --workspace -- "$@"
