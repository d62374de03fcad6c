# The one list of verbs; `.ci/run` and the README call the same.
# VENV may point anywhere; PYTHON is only used to make it.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo setup format lint types imports test ci campaign clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/argus: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(BIN)/argus $@

demo: $(BIN)/argus  ## set up and replay the sample market: no network beyond the package index, no key
	$(BIN)/argus replay

setup: $(VENV)/.dev  ## set up for development

format: setup  ## rewrite the code in the house style
	$(BIN)/ruff format src tests docs examples benchmarks
	$(BIN)/ruff check --fix src tests docs examples benchmarks

lint: setup  ## style and errors
	$(BIN)/ruff format --check src tests docs examples benchmarks
	$(BIN)/ruff check src tests docs examples benchmarks

types: setup  ## mypy, strict
	$(BIN)/mypy

imports: setup  ## ranks and fences between the rooms
	$(BIN)/lint-imports

test: setup  ## the sampled tests, with branch coverage
	$(BIN)/python -m pytest --numprocesses 2 --cov --cov-report=term
	$(BIN)/python tests/coverage_floor.py

ci: lint types imports test  ## everything that must pass; under 15 minutes on 2 cores

campaign: setup  ## the long tests; their results are committed as docs/campaign.md
	$(BIN)/python -m pytest -m campaign --durations=0

clean:  ## remove what the verbs made, but not your data
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
