# Two commands carry the project: `make run` and `make test`. Everything else serves them.
SHELL := /bin/bash
VENV ?= .venv
PYTHON := $(VENV)/bin/python
PORT ?= 8000
HOST ?= 127.0.0.1
PYTEST_WORKERS ?= 2

.PHONY: run test check bench install install-dev browser clean stop

run: $(VENV)/.run-ready
	@PORT=$(PORT) HOST=$(HOST) exec $(PYTHON) -m cixi_portal.supervisor

test: $(VENV)/.dev-ready browser
	$(PYTHON) -m pytest -n $(PYTEST_WORKERS) --dist loadfile -q

check: $(VENV)/.dev-ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	scripts/check_deploy.sh $(PYTHON)

bench: $(VENV)/.dev-ready
	$(PYTHON) -m bench $(BENCH)

stop:
	@$(PYTHON) -m cixi_portal.supervisor stop

install: $(VENV)/.run-ready
install-dev: $(VENV)/.dev-ready

$(VENV)/bin/python:
	@scripts/make_venv.sh $(VENV)

$(VENV)/.run-ready: requirements.txt | $(VENV)/bin/python
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev-ready: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run-ready

browser:
	@scripts/install_browser.sh

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache
