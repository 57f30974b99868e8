# Everything that a newcomer, the office or the checks need. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app app
export LOIKE_HOME ?= $(CURDIR)/var
# Processes that tests start would compile every module again: a fifth of their processor time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup develop run test mutants check bench demo clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.browser-files: package.json package-lock.json tools/browser_files.json $(VENV)/.installed
	$(BIN)/python -m tools.browser_files
	@touch $@

$(VENV)/.test-files: package.json package-lock.json tools/browser_files.json $(VENV)/.installed
	$(BIN)/python -m tools.browser_files --tests
	@touch $@

node_modules/.installed: package.json package-lock.json $(VENV)/.installed
	$(BIN)/python -m tools.npm install
	@touch $@

setup: $(VENV)/.installed $(VENV)/.browser-files ## Install what serves the archive; create or migrate its database
	$(FLASK) init

develop: setup $(VENV)/.installed-dev $(VENV)/.test-files node_modules/.installed ## Set-up and what tests and checks need
	@echo 'Ready: $(BIN)/pytest -q FILE, make check, make test'

run: setup ## Serve the archive and its worker at http://127.0.0.1:8080
	$(FLASK) serve

test: setup $(VENV)/.installed-dev $(VENV)/.test-files ## Run the whole suite; what is left out is named at the end
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(OPTIONS)

mutants: $(VENV)/.installed-dev ## Change the code in a copy and list what no test notices (OPTIONS=--help)
	$(BIN)/python -m tools.mutants $(OPTIONS)

check: $(VENV)/.installed-dev node_modules/.installed ## Style, types, architecture, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.npm run biome ci --error-on-warnings
	$(BIN)/python -m tools.npm run tsc -p .
	$(BIN)/python -m tools.npm run tsc -p tests/javascript
	$(BIN)/mypy
	$(BIN)/python -m tools.translations_check
	$(BIN)/pytest -q tests/test_architecture.py tests/test_plain_language.py tests/test_text_gate.py tests/test_vocabulary_words.py

bench: setup $(VENV)/.installed-dev ## Measure; prints a table of ratios
	$(BIN)/python -m bench

demo: setup ## Load the sample archive
	$(FLASK) demo load

clean: ## Remove what set-up made; the archive in LOIKE_HOME stays
	rm -rf $(VENV) node_modules archive/web/static/vendor archive/web/static/fonts
