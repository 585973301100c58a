# Every target does its own set-up in .venv, once: it is renewed when pyproject.toml or constraints.txt change.
#   make demo    the pages of the built-in network, served and opened    (make demo ARGS=--no-open)
#   make test    the whole test suite
#   make check   lint, types, tests, docs: what a change must pass

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# As environment variables, so that they hold in the build environments too.
PIP := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
  $(BIN)/python -m pip --disable-pip-version-check install --quiet
RUN_READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev

.PHONY: demo test install check lint types docs bench clean

demo: $(RUN_READY)
ifdef CI
	$(BIN)/python .ci/demo.py
else
	$(BIN)/convscope demo $(ARGS)
endif

test: $(DEV_READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 $(ARGS)

install: $(DEV_READY)

check: lint types test docs

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_READY)
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(DEV_READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(DEV_READY)
	@for file in benchmarks/*.py; do echo "== $$file" && $(BIN)/python "$$file" || exit 1; done

clean:
	rm -rf $(VENV) build site-docs .pytest_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "convscope needs Python 3.11 or newer; say where it is: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(RUN_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing convscope in $(VENV) ..."
	@$(PIP) --editable ".[server]"
	@touch $@

$(DEV_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing convscope and its development tools in $(VENV) ..."
	@$(PIP) --editable ".[dev]"
	@touch $@ $(RUN_READY)
