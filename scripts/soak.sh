#!/usr/bin/env bash
# Breaks real processes at random, for ten minutes unless told otherwise:  scripts/soak.sh [SECONDS [SEED]]
# The seed is printed; with it the same faults come again.
set -euo pipefail
cd "$(dirname "$0")/.."

export FOREWARM_SOAK=${1:-600}
if [ -n "${2:-}" ]; then export FOREWARM_SEED=$2; fi
cargo build --locked -p forewarm --features fail-points
exec cargo test --locked -p forewarm-tests --test all -- --ignored --nocapture faults::soak::
