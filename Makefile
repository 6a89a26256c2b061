# make run     the console on the demo desk     make run ARGS="--as ben --theme light"
# make test    every test that must pass        make test ARGS="tests/when/test_when.py"
# make help    the rest

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test chaos check lint types contracts format catalogue pictures lock clean

PYTHON ?= python3
ARGS ?=
bin := .venv/bin
export PYTHON

# What this machine lacks, as make's one line of error (exit code 2), before anything is done.
lacking = $(shell scripts/setup.sh missing)
require = $(if $(lacking),$(error agent-tui: $(lacking)))
setup = $(require)scripts/setup.sh

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

run: ## open the console on the demo desk; ARGS go to it: make run ARGS="--as ben"
	@$(setup) run
	@$(bin)/agent-tui demo $(ARGS)

test: ## run every test; ARGS go to pytest
	@$(setup) dev
	@$(bin)/python -m pytest -n 2 $(ARGS)

chaos: ## every row of the reliability promise in full; writes docs/reliability.md. ARGS="R1 S5": only these
	@$(setup) dev
	@$(bin)/python scripts/reliability.py $(ARGS)

check: lint types contracts ## lint, types and import contracts

lint: ## ruff: rules and form
	@$(setup) dev
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .

types: ## mypy, strict
	@$(setup) dev
	@$(bin)/mypy

contracts: ## who may import whom
	@$(setup) dev
	@$(bin)/lint-imports

format: ## bring the source into form
	@$(setup) dev
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

catalogue: ## bring the German catalogue up to date with the source, and compile it
	@$(setup) dev
	@$(bin)/python scripts/catalogue.py

pictures: ## make the pictures of the README anew
	@$(setup) dev
	@$(bin)/python scripts/pictures.py

lock: ## choose the newest versions and write the lock files
	@$(setup) dev
	@scripts/lock.sh

clean: ## forget .venv and all that was made
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
