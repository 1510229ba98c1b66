.DEFAULT_GOAL := help
.PHONY: help install dev run test check lint types walls format bench lock clean
.PHONY: ministack localstack-up localstack-env localstack-demo localstack-down

PYTHON ?= python3
PORT ?= 3000
BIN := .venv/bin

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

ministack: .venv-ministack/.installed ## install ministack, an AWS without containers, into .venv-ministack

.venv-ministack/.installed: localstack/requirements-ministack.lock
	@test -x .venv-ministack/bin/python || $(PYTHON) -m venv .venv-ministack
	@echo "installing ministack into .venv-ministack (once)"
	@.venv-ministack/bin/pip install -q --disable-pip-version-check --require-hashes -r localstack/requirements-ministack.lock
	@touch $@

localstack-up: .venv/.run ## start AWS on this machine: LocalStack where Docker answers, else ministack
	@docker info >/dev/null 2>&1 || $(MAKE) -s ministack
	@$(BIN)/python -m localstack up

localstack-env: .venv/.run ## print what a shell must export to work on it
	@$(BIN)/python -m localstack env

localstack-demo: .venv/.run ## let signed orders come in there, and see whether stock and Amazon come out right
	@docker info >/dev/null 2>&1 || $(MAKE) -s ministack
	@$(BIN)/python -m localstack.demo

localstack-down: .venv/.run ## stop it
	@$(BIN)/python -m localstack down

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml --group build -o requirements.lock
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -c requirements.lock --extra dev pyproject.toml --group build -o requirements-dev.lock
	@echo ministack | uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate - -o localstack/requirements-ministack.lock

clean: ## remove what was installed and cached
	@rm -rf .venv .venv-ministack build node_modules localstack/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
