# SPDX-License-Identifier: AGPL-3.0-or-later
# Each target is one visible command. The first run installs everything into .venv; no root is needed.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: up demo test conformance lint bench faults soak browser pictures synapse-suite clean

up: $(READY)  ## Start the whole suite; Ctrl-C stops it.
	$(BIN)/karvon up

demo: $(READY)  ## The same with a scripted conversation; exits 0 only if every line arrived.
	$(BIN)/karvon demo

test: $(READY)  ## All tests but the slow suites; the conformance suite on PostgreSQL only where that matters.
	$(BIN)/pytest -n 2 --reruns 1 --ignore=tests/faults --ignore=tests/soak/test_hours.py --ignore=tests/browser

conformance: $(READY)  ## What every bridge has to do, all of it on both databases.
	EVERYWHERE=1 $(BIN)/pytest -n 2 tests/conformance

lint: $(READY)  ## Style, types, import rules, container files.
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports && docker/lint.sh

bench: $(READY)  ## Measure, and write build/bench.json and bench-*.json.
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.archive
	$(BIN)/python -m tests.bench.border
	$(BIN)/python -m tests.bench.weight
	$(BIN)/python -m tests.bench.whatsapp

faults: $(READY)  ## The fault suite: everything that can be killed is killed.
	$(BIN)/pytest tests/faults -o faulthandler_timeout=1500

soak: $(READY)  ## Two hours of traffic with faults, or KARVON_SOAK_MINUTES of it.
	$(BIN)/pytest tests/soak/test_hours.py -o faulthandler_timeout=86400

browser: $(READY)  ## A real client, whose build KARVON_WEB_CLIENT names, against everything.
	$(BIN)/pip install --quiet --group browser
	$(BIN)/pytest tests/browser

pictures:  ## The same, and the pictures of docs/ are taken anew.
	KARVON_PICTURES=docs/pictures $(MAKE) browser

synapse-suite: $(READY)  ## Synapse's own tests, fetched, with and without the policy module.
	$(BIN)/python -m tests.policy.synapse_suite

clean:  ## Remove what was installed and built; the data in var/ stays.
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "karvon needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make virtual environments; on Debian: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --editable '.[all]' --group test --group lint
	@touch $@
