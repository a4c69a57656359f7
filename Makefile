# Everything starts from a machine with Python 3.11 or newer and make. `make help` lists what there is.

PYTHON ?= python3
PORT ?= 5000
WORKERS ?= 2
NAME ?= office

VENV := .venv/bin
# A Python that somebody named is the one that .venv is made with.
SET_UP := @$(PYTHON) tools/setup_environment.py $(if $(filter file,$(origin PYTHON)),,--this-python)

export PORT
# The tests start many processes of Python: each would compile the whole application anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif
.PHONY: help run code venv test check lint types imports translations bench soak

help:  ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run:  ## Serve the demonstration school on http://127.0.0.1:5000 (PORT=, DATABASE_URL=)
	$(SET_UP) --port "$(PORT)" requirements.txt
	@$(VENV)/python -m gradebook.cli.run

code:  ## A code for the school office of the demonstration to sign in with (NAME=office2)
	@$(VENV)/python -m flask --app wsgi demo-code $(NAME)

test: venv  ## The whole suite on SQLite and on PostgreSQL, and the browser journeys
	@CHROMIUM="$$($(VENV)/python tools/find_chromium.py --install)" \
	$(VENV)/python -m pytest -n $(WORKERS) --dist worksteal --database both

check: venv  ## What CI runs: lint, types, direction of imports, then the tests
	@$(MAKE) --no-print-directory -j 3 SIDE_BY_SIDE=yes lint types imports
	@$(MAKE) --no-print-directory test

lint: venv
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .

types: venv
	$(VENV)/mypy gradebook

imports: venv
	$(VENV)/lint-imports --no-cache --no-logo

bench: venv  ## Measure the pages against the floors of this machine
	$(VENV)/python -m benchmarks

soak: venv  ## The long proofs on both databases: 10,000 edits, 10,000 messages, 50 killed servers
	SOAK_EDITS=10000 SOAK_MESSAGES=10000 SOAK_KILLS=50 $(VENV)/python -m pytest tests/soak --database both

translations: venv  ## Bring the catalogues of gradebook/translations up to the texts of the code
	$(VENV)/python -m tools.translations

venv:  ## .venv with everything the tests and checks need
	$(SET_UP) requirements-dev.txt
