# Two commands carry the project: `make run` and `make test`. Everything else serves them.
SHELL := /bin/bash
VENV ?= .venv
PYTHON := $(VENV)/bin/python
PORT ?= 8000
HOST ?= 127.0.0.1
# LAN=1: https on the local network besides, for a real phone's camera; shows a QR code.
LAN ?=
PYTEST_WORKERS ?= 2
PYTEST := $(PYTHON) -m pytest -n $(PYTEST_WORKERS) --dist loadfile -q

.PHONY: run stop test test-system check bench backup restore install install-dev browser clean

run: install
	@PORT=$(PORT) HOST=$(HOST) LAN=$(LAN) exec $(PYTHON) -m cixi_portal.supervisor

stop: install
	@$(PYTHON) -m cixi_portal.supervisor stop

test: install-dev browser
	$(PYTEST)

# Every test that asks PostgreSQL or Redis and does not try the embedded ones themselves, on those of the system.
test-system: install-dev browser
	@scripts/test_on_system_servers.sh $(PYTEST) --of-servers

check: install-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	scripts/check_deploy.sh $(PYTHON)

bench: install-dev
	$(PYTHON) -m bench $(BENCH)

backup: install
	@scripts/backup.sh $(PYTHON) $(TO)

restore: install
	@scripts/restore.sh $(PYTHON) $(FROM)

install:
	@scripts/install.sh $(VENV) requirements.txt $(VENV)/.run-ready

install-dev:
	@scripts/install.sh $(VENV) requirements-dev.txt $(VENV)/.dev-ready

browser:
	@scripts/install_browser.sh

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
