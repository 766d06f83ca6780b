# Every target sets up what it needs in .venv by itself and is quick the second time.
# Options go to a command as ARGS, e.g.  make up ARGS="--demo"
SHELL = /bin/sh
ARGS =
WORKERS = 2
BIN = .venv/bin

.PHONY: help setup demo up test lint bench soak

help:
	@echo 'make demo    load, check and derive synthetic bars from nothing; ends by itself'
	@echo 'make up      start the web interface, the daemon and the sensors'
	@echo 'make test    lint, then every test with coverage'
	@echo 'make lint    format, types, floors, SQL, security, secrets, dependencies, definitions'
	@echo 'make bench   print the speed figures'
	@echo 'make soak    run the long test'

setup:
	@sh scripts/setup.sh

demo: setup
	@$(BIN)/crypto-pipeline demo $(ARGS)

up: setup
	@$(BIN)/crypto-pipeline up $(ARGS)

lint: setup
	@sh scripts/lint.sh

test: lint
	@echo 'test: pytest with coverage, $(WORKERS) workers'
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --cov --cov-report=term:skip-covered $(ARGS)

bench: setup
	@$(BIN)/python -m crypto_pipeline_tests.benchmarks $(ARGS)

soak: setup
	@$(BIN)/python -m crypto_pipeline_tests.soak $(ARGS)
