#!/usr/bin/env bash
# Makes the Python environment of the tests, .cache/python, with exactly the packages of tests/python/requirements.txt,
# and does nothing when it is there. Which package index they come from is for pip's own configuration to say.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=tests/python/requirements.txt
env=$PWD/.cache/python
python=${FOREWARM_TEST_PYTHON:-python3}
# They would lead our Python to packages of somebody else's.
unset PYTHONPATH PYTHONHOME

say() { echo "python: $*" >&2; }

# The list is copied in last, so one whose making was interrupted is made anew; so is one
# whose Python has gone.
is_there() {
  local look='import importlib.util, sys; sys.exit(importlib.util.find_spec("harbor_client") is None)'
  cmp -s "$wanted" "$env/requirements.txt" && "$env/bin/python" -c "$look" 2>/dev/null
}

check_python() {
  if ! command -v "$python" >/dev/null 2>&1; then
    say "there is no $python here: install Python 3.11 or newer (scripts/setup.sh does), or name one in FOREWARM_TEST_PYTHON"
    exit 1
  fi
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "$("$python" -V) is too old: install Python 3.11 or newer, or name one in FOREWARM_TEST_PYTHON"
    exit 1
  fi
}

# Debian keeps what puts pip into an environment in a package of its own. Where that could only be unpacked by
# scripts/setup.sh, its pip is taken from there; else the one that the user has.
make_environment() {
  local wheel
  wheel=$(ls "$PWD"/.cache/debian/usr/share/python-wheels/pip-*.whl 2>/dev/null | tail -n 1 || true)
  if "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m venv "$env" >/dev/null 2>&1; then
    pip=("$env/bin/python" -m pip)
  elif [ -n "$wheel" ]; then
    "$python" -m venv --clear --without-pip "$env"
    pip=("$env/bin/python" "$wheel/pip")
  elif "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear --without-pip "$env"
    pip=("$python" -m pip --python "$env/bin/python")
  else
    say "$python can neither make an environment with pip nor has pip: install python3-venv (scripts/setup.sh does)"
    exit 1
  fi
}

# Wheels only: nothing that was downloaded is run to install it.
install() {
  say "installing the packages of $wanted into $env"
  if ! "${pip[@]}" install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r "$wanted"; then
    say "the packages of $wanted could not be installed; pip's last lines above say why."
    say "If no package index is reachable from here, name one to pip (PIP_INDEX_URL, PIP_PROXY, PIP_CERT or pip.conf)."
    exit 1
  fi
}

is_there && exit 0
mkdir -p .cache
# Two at once would take it apart under each other's hands.
if command -v flock >/dev/null 2>&1; then
  exec 9>.cache/python.lock
  flock 9
  is_there && exit 0
fi
check_python
rm -rf "$env"
make_environment
install
cp "$wanted" "$env/requirements.txt"
