# Each target first installs what the machine lacks (scripts/setup.sh), so that a fresh clone needs nothing but Rust.
.PHONY: demo test soak fuzz bench lint sqlx setup

# A tour in one process: registry, engines, policies and a run of one of them. `make demo ARGS=--once` ends after it.
demo:
	scripts/setup.sh cargo run --locked -p forewarm -- demo $(ARGS)

# Every test, then the lints. `make test ARGS=globs::` runs one subject.
test:
	scripts/setup.sh scripts/test.sh $(ARGS)
	$(MAKE) --no-print-directory lint

# Breaks real processes, databases, engines and registries at random, and judges what became of the work: for ten minutes, or as
# `make soak ARGS="3600 7"` says (seconds, and the seed of an earlier run, which comes again).
soak:
	scripts/setup.sh scripts/soak.sh $(ARGS)

# The documents of the API, tried for longer than in the tests, and otherwise each time; with any options of schemathesis:
# `make fuzz ARGS="--max-examples=1000 --seed=7"`.
fuzz:
	FOREWARM_FUZZ="$(or $(ARGS),--max-examples=200)" scripts/setup.sh scripts/test.sh fuzz::

# What is promised to be quick and small, measured: `make bench ARGS=--quick` for a look, `ARGS="--row throughput"` for a row.
bench:
	scripts/setup.sh cargo build --release --locked -p forewarm -p forewarm-bench
	scripts/setup.sh target/release/forewarm-bench $(ARGS)

lint:
	scripts/setup.sh cargo fmt --all --check
	scripts/setup.sh cargo clippy --locked --workspace --all-targets -- -D warnings
	scripts/setup.sh scripts/deny.sh

# After a change of a query or a migration: writes .sqlx/ anew, which lets the project build without a database.
sqlx:
	scripts/setup.sh scripts/sqlx.sh

setup:
	scripts/setup.sh
