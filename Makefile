# Every target is a thin line over `python -m pipeline`; where there is no make, run those lines by hand (docs/user-guide.md).
PYTHON ?= python3
CONFIG ?= config.yaml
RELEASE ?=
PY := .venv/bin/python
READY := .venv/.ready
READY_DEV := .venv/.ready-dev
.DEFAULT_GOAL := all
.PHONY: all test golden check types rooms help why list template register publish reference docs clean

all: $(READY) ## bring everything up to date and print the path of the national report
	@$(PY) -m pipeline run --config "$(CONFIG)"

why: $(READY) ## say what would run and why; run nothing
	@$(PY) -m pipeline why --config "$(CONFIG)"

list: $(READY) ## list the steps with what they read and write; `make STEP` runs one with what it needs
	@$(PY) -m pipeline list --config "$(CONFIG)"

template: $(READY) ## write an empty workbook for a site
	@$(PY) -m pipeline template

register: $(READY) ## fix the theories before results, in theories.lock
	@$(PY) -m pipeline register --config "$(CONFIG)"

publish: $(READY) ## keep what leaves as a release: make publish RELEASE=2026-11
	@$(PY) -m pipeline publish "$(RELEASE)" --config "$(CONFIG)"

test: check ## check, then every test: what continuous integration runs
	@$(PY) -m pytest -n auto --dist worksteal --ignore tests/architecture

check: $(READY_DEV) ## lint, types and architecture tests, in under a minute; also the commit hook
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@$(MAKE) -s --no-print-directory -j 2 types rooms

types: $(READY_DEV)
	@$(PY) -m mypy

rooms: $(READY_DEV)
	@$(PY) -m pytest -q tests/architecture

reference: $(READY_DEV) ## make our own reference values again; needs R and the packages that each script names
	@Rscript tests/reference/own/make.R tests/reference/own
	@for script in $$(ls tests/reference/own/*.R | grep -v -e /make.R -e /pin.R); do \
		echo "$$script"; Rscript "$$script" || echo "  not made: its first lines say what it needs"; done

golden: $(READY_DEV) ## keep the words of the documents anew; read the difference in git
	@mkdir -p tests/end_to_end/golden && GOLDEN=write $(PY) -m pytest -q tests/end_to_end/test_golden.py

docs: $(READY_DEV) ## print the data dictionary from the schemas
	@$(PY) -m pipeline.tables.dictionary docs/data-dictionary.md

clean: ## remove what can be made again; never raw returns or releases
	@rm -rf data/processed data/synthetic reports .tools .venv .pytest_cache .mypy_cache .ruff_cache

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): pyproject.toml uv.lock
	@$(PYTHON) .ci/bootstrap.py && touch $@

$(READY_DEV): pyproject.toml uv.lock
	@$(PYTHON) .ci/bootstrap.py dev && touch $(READY) $@

Makefile: ;

.DEFAULT:
	@$(MAKE) -s --no-print-directory $(READY)
	@$(PY) -m pipeline run $@ --config "$(CONFIG)"
