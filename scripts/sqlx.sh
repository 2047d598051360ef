#!/usr/bin/env bash
# Writes .sqlx/ anew: what Postgres says about each checked query, so that a build needs no database.
# Runs a throw-away Postgres with the migrations applied, and compiles the queries against it.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${PG_BIN:-$(dirname "$(ls -1 /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")}
dir=$(mktemp -d)
env_file=$PWD/crates/store/.env
as_server=()
if [ "$(id -u)" = 0 ]; then
  # Postgres refuses to run as root.
  as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  chown postgres: "$dir"
fi
stop() {
  "${as_server[@]}" "$bin/pg_ctl" --silent -D "$dir/data" -m immediate stop || true
  rm -rf "$dir" "$env_file"
}
trap stop EXIT

cd /
"${as_server[@]}" "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --no-sync >/dev/null
"${as_server[@]}" "$bin/pg_ctl" --silent -D "$dir/data" -l "$dir/log" -o "-k $dir -c listen_addresses= -c fsync=off" -w start
cd - >/dev/null
for migration in migrations/*.sql; do
  "$bin/psql" -q -X -v ON_ERROR_STOP=1 -h "$dir" -U postgres -f "$migration" postgres >/dev/null
done

rm -rf .sqlx
mkdir .sqlx
# A file, since variables would also send the queries of apalis-postgres to this database, which has none of its tables.
cat >"$env_file" <<ENV
DATABASE_URL=postgres://postgres@localhost/postgres?host=$dir
SQLX_OFFLINE=false
SQLX_OFFLINE_DIR=$PWD/.sqlx
ENV
touch crates/store/src/lib.rs # or cargo would see no reason to compile it
cargo check --locked -p forewarm-store
echo "sqlx: $(find .sqlx -name '*.json' | wc -l) queries written to .sqlx/"
