.DEFAULT_GOAL := help
.PHONY: help install dev run test check lint types walls format bench lock clean

PYTHON ?= python3
PORT ?= 3000
BIN := .venv/bin

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "SyncState needs Python 3.11 or newer: $(PYTHON) is $$($(PYTHON) --version). Name another with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing SyncState into .venv (once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "installing the development tools into .venv (once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

install: .venv/.run ## install SyncState into .venv

dev: .venv/.dev ## the same, with the tools that tests and checks need

run: .venv/.run ## start the demo: a seeded shop, a small Amazon, a trickle of orders (PORT=3000)
	@$(BIN)/syncstate demo --port $(PORT)

test: .venv/.dev ## run every test that this machine can run
	@$(BIN)/python -m tests.servers
	@$(BIN)/pytest -n auto

check: lint types walls test ## lint, types, walls, tests: what CI runs

lint: .venv/.dev ## ruff, every rule
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.dev ## mypy, strict
	@$(BIN)/mypy

walls: .venv/.dev ## import-linter: who may import whom
	@$(BIN)/lint-imports

format: .venv/.dev ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.dev ## measure against the peer and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml --group build -o requirements.lock
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -c requirements.lock --extra dev pyproject.toml --group build -o requirements-dev.lock

clean: ## remove what was installed and cached
	@rm -rf .venv node_modules localstack/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
