#!/usr/bin/env bash
# Installs what building, testing and the demo need and this machine lacks; does nothing when all is there.
# With arguments, it then runs them as a command that finds what was installed:  scripts/setup.sh cargo test
#
# As root, or with sudo, by apt-get. Without either, into .cache/ of this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$PWD/.cache
unpacked=$cache/debian
certificates=$cache/ca-certificates.crt
# With it, sqlx's macros would ask a database while compiling, those inside apalis-postgres too.
unset DATABASE_URL

say() { echo "setup: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# The places that Forewarm itself looks in (crates/store/src/embedded/binaries.rs), and our own cache.
postgres_bin() {
  local dir
  for dir in "${PG_BIN:-}" "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin "$unpacked"/usr/lib/postgresql/*/bin; do
    if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
      echo "$dir"
      return 0
    fi
  done
  return 1
}

# Debian puts some programs where only root's PATH looks; what could not be installed lies in our cache.
find_what_is_there() {
  export PATH="${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH:/usr/sbin:/sbin:$unpacked/usr/bin"
  if ! have_certificates && [ -e "$certificates" ]; then export SSL_CERT_FILE=$certificates; fi
  case $(command -v python3) in "$unpacked"/*) use_unpacked_libraries ;; esac
  local bin
  bin=$(postgres_bin) || return 0
  case $bin in
    "$unpacked"/*)
      export PG_BIN=$bin
      use_unpacked_libraries
      ;;
  esac
}

use_unpacked_libraries() {
  local machine
  machine=$(uname -m)-linux-gnu
  export LD_LIBRARY_PATH="$unpacked/usr/lib/$machine:$unpacked/lib/$machine${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

# Roots of trust, for cargo and for registries that speak TLS.
have_certificates() {
  local file
  for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -n "$file" ] && [ -e "$file" ]; then return 0; fi
  done
  return 1
}

# One that can make the tests' environment (scripts/python.sh): Debian keeps what puts pip into one in a package apart.
have_python() {
  have python3 || return 1
  python3 -c 'import venv, ensurepip' 2>/dev/null || python3 -m pip --version >/dev/null 2>&1 ||
    ls "$unpacked"/usr/share/python-wheels/pip-*.whl >/dev/null 2>&1
}

# Runs a process on a wrong clock, for the tests of that (tests/faults/time.rs).
have_faketime() {
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null ||
    compgen -G "$unpacked/usr/lib/*/faketime/libfaketime.so.1" >/dev/null
}

# Packages for what is missing, one a line.
missing_packages() {
  have cc || echo build-essential
  have make || echo make
  have_certificates || echo ca-certificates
  postgres_bin >/dev/null || echo postgresql
  have docker-registry || echo docker-registry
  have_python || echo python3-venv
  have_faketime || echo libfaketime
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] && return 0
  have sudo || return 1
  sudo -n true 2>/dev/null && return 0
  # A question for the password only where somebody can answer it; who may not use sudo learns it here.
  [ -t 0 ] && [ -z "${CI:-}" ] && sudo true
}

# Forewarm starts its own servers: the packages must neither make a cluster nor start a service.
apt_install() {
  say "installing $* (apt-get)"
  as_root env DEBIAN_FRONTEND=noninteractive bash -s -- "$@" <<'ROOT'
set -eu
say() { echo "setup: $*" >&2; }
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  say "writing /etc/postgresql-common/createcluster.conf, which keeps Debian from making a Postgres cluster; it stays"
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
if [ ! -e /usr/sbin/policy-rc.d ]; then
  say "writing /usr/sbin/policy-rc.d, which keeps services from being started, until the packages are installed"
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
# A machine that has just booted may be updating itself.
patient="-o DPkg::Lock::Timeout=300"
apt-get $patient update -q </dev/null
apt-get $patient install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" </dev/null
case " $* " in
  *' docker-registry '*) if [ -d /run/systemd/system ]; then systemctl disable docker-registry; fi ;;
esac
ROOT
}

# Debian's packages, unpacked and not installed: Postgres finds its own files wherever it lies.
unpack_in_cache() {
  case " $* " in
    *' build-essential '*)
      say "there is no C compiler, and installing one needs root: have somebody run 'apt-get install build-essential'"
      exit 1
      ;;
  esac
  say "neither root nor sudo: unpacking $* into $cache"
  local apt names deb
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/debs"
  # Container images tidy up after apt, in places that only root may write to.
  printf '#clear %s;\n' APT::Update::Post-Invoke APT::Update::Post-Invoke-Success >"$cache/apt/conf"
  apt=(apt-get -q -c "$cache/apt/conf" -o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt" -o Debug::NoLocking=1)
  "${apt[@]}" update </dev/null
  mapfile -t names < <("${apt[@]}" -s install --no-install-recommends "$@" </dev/null |
    awk -v asked="$*" 'BEGIN { gsub(" ", "\n", asked); print asked } /^Inst/ { print $2 }' | sort -u)
  (cd "$cache/debs" && "${apt[@]}" download "${names[@]}" </dev/null)
  for deb in "$cache"/debs/*.deb; do
    dpkg-deb -x "$deb" "$unpacked"
  done
  rm -rf "$cache/debs" "$cache/apt"
  case " $* " in
    *' ca-certificates '*) cat "$unpacked"/usr/share/ca-certificates/mozilla/*.crt >"$certificates" ;;
  esac
}

rust() {
  if ! have cargo; then
    say "no Rust here; install it from https://rustup.rs and call this again"
    exit 1
  fi
  if have rustup && ! { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1; then
    say "adding clippy and rustfmt to the Rust toolchain (rustup)"
    rustup component add clippy rustfmt
  fi
}

install() {
  if ! have apt-get; then
    say "this is no Debian; please install by hand: $*"
    exit 1
  elif can_be_root; then
    apt_install "$@"
  else
    unpack_in_cache "$@"
  fi
}

find_what_is_there
rust
mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
  install "${missing[@]}"
  find_what_is_there
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -gt 0 ]; then
    say "still missing: ${missing[*]}"
    exit 1
  fi
fi
[ "$#" = 0 ] || exec "$@"
