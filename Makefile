# make run    install, migrate, seed the demo, start everything
# make test   all tests that need no browser        make e2e    the tests in a real browser
# make check  format, lint, types, import rules, migrations, templates, locks
# make bench  speed against the budgets             make lock   resolve the locks again

.DEFAULT_GOAL := run
TRAINER ?= auto
PORT ?= 8000
VENV ?= .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check
PYTEST := $(PYTHON) -m pytest
# Test files are shared out over the cores and two processes more, for much of what the slow ones do
# is waiting; these begin first. `make test WORKERS=0` runs all of them in one process.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(6, (os.cpu_count() or 1) + 2))' 2>/dev/null || echo 2)
# A browser keeps more than one core busy. An idle one takes over tests of the others.
BROWSERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))' 2>/dev/null || echo 2)
SPREAD = --dist loadfile --no-loadscope-reorder --numprocesses
ARGS ?=
SOURCES := rickproject curation training

.PHONY: run install trainer dev test e2e faults bench pictures format lock clean check check-format \
  check-code check-types check-imports check-migrations check-templates check-locks

run: install trainer-optional
	@$(PYTHON) manage.py prepare
	@exec $(PYTHON) manage.py up --port $(PORT)

install: $(VENV)/.installed
dev: $(VENV)/.installed-dev

# The first Python from 3.11 to 3.13 that can make a virtual environment.
$(PYTHON):
	@for candidate in python3 python3.13 python3.12 python3.11 python; do \
	  if $$candidate -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    echo "Making $(VENV) with $$($$candidate --version)"; \
	    exec $$candidate -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 with its venv module is needed and was not found. Install it (Debian: apt install python3-venv; macOS: brew install python@3.13) and run make again." >&2; \
	exit 1

$(VENV)/.installed: requirements.lock requirements-charts.lock | $(PYTHON)
	@echo "Installing the libraries (a minute or two, once)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --require-hashes --no-deps -r requirements-charts.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the development tools (once)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-trainer: constraints-trainer.txt | $(VENV)/.installed
	@$(PYTHON) -m rickproject.install_trainer
	@touch $@

trainer: $(VENV)/.installed-trainer
	@:

# Without the training step everything else works, and the pages say what is missing.
.PHONY: trainer-optional
trainer-optional: install
ifeq ($(TRAINER),none)
	@echo "TRAINER=none: local training is left out; \`make trainer\` adds it later."
else
	@$(MAKE) --no-print-directory trainer || echo "Going on without local training."
endif

.PHONY: trainer-for-tests
trainer-for-tests: dev
ifneq ($(TRAINER),none)
	@$(MAKE) --no-print-directory trainer
endif

WITHOUT_TORCH := $(if $(filter none,$(TRAINER)), and not torch)

test: trainer-for-tests
	@$(PYTEST) $(SPREAD) $(WORKERS) -m "not e2e$(WITHOUT_TORCH)" $(ARGS)

e2e: trainer-for-tests
	@$(PYTEST) --dist worksteal --numprocesses $(BROWSERS) -m e2e $(ARGS)

faults: trainer-for-tests
	@$(PYTEST) $(SPREAD) $(WORKERS) -m faults $(ARGS)

bench: trainer-for-tests
	@$(PYTHON) -m tests.bench $(ARGS)

# The pictures of the documentation, from a demo in a folder of its own.
pictures: dev
	@$(PYTHON) -m tests.pictures $(ARGS)

check: check-format check-code check-types check-imports check-migrations check-templates check-locks

check-format: dev
	$(PYTHON) -m ruff format --check .

check-code: dev
	$(PYTHON) -m ruff check .

check-types: dev
	$(PYTHON) -m mypy $(SOURCES)

check-imports: dev
	$(VENV)/bin/lint-imports

check-migrations: dev
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py check --fail-level WARNING

check-templates: dev
	git ls-files -z '*.html' | xargs -0 -r $(VENV)/bin/djade --check --target-version 5.2

format: dev
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	git ls-files -z '*.html' | xargs -0 -r $(VENV)/bin/djade --target-version 5.2

# $(call resolve,FOLDER): resolve the locks in a folder; versions they hold already are kept.
COMPILE = $(abspath $(VENV))/bin/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" $(ARGS)
resolve = cd $(1) && $(COMPILE) requirements.in -o requirements.lock && \
  $(COMPILE) requirements-dev.in -c requirements.lock -o requirements-dev.lock && \
  $(COMPILE) --no-deps requirements-charts.in -o requirements-charts.lock

lock: dev
	@$(call resolve,.)

check-locks: dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	cp requirements*.in requirements*.lock "$$folder" && ($(call resolve,"$$folder")) && \
	for lock in requirements*.lock; do diff -u "$$lock" "$$folder/$$lock" || exit 1; done && \
	echo "The locks are up to date."

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage htmlcov test-artifacts
	@echo "var/ (your database, files and models) is kept; delete it yourself if you mean to."
