#!/usr/bin/env bash
# Checks licences, bans, sources and (where the network allows) advisories, if cargo-deny is installed.
set -euo pipefail

if ! cargo deny --version >/dev/null 2>&1; then
  echo "deny: cargo-deny is not installed, dependencies are not checked (cargo install cargo-deny --locked)" >&2
  exit 0
fi
cargo deny --offline check bans licenses sources
timeout 120 cargo deny fetch db 2>/dev/null || { echo "deny: the advisory database cannot be reached, not checked" >&2; exit 0; }
cargo deny check --disable-fetch advisories
