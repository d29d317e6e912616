PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 0

.PHONY: install dev demo test lock clean

install: $(VENV)/.runtime ## the adoption command with everything it needs

$(VENV)/.runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --no-deps --no-build-isolation --no-index -e .
	@touch $@

dev: $(VENV)/.dev

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --require-hashes -r requirements-dev.lock
	@touch $@

demo: install ## sample network, imported and flagged, dashboard open
	$(BIN)/adoption --home demo-home demo --open-dashboard --port $(PORT)

test: dev ## everything that continuous integration runs
	bash .ci/check

lock: ## resolve pyproject.toml again (needs uv)
	uv pip compile pyproject.toml --group build --universal --generate-hashes --python-version 3.11 --no-header -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev -c requirements.lock --universal --generate-hashes --python-version 3.11 --no-header -o requirements-dev.lock

clean:
	rm -rf $(VENV) demo-home
