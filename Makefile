# Two commands for a newcomer: `make run` and `make test`. Needs Python 3.11 or newer, and nothing else.

PYTHON ?= python3
BIN := .venv/bin
UV ?= uv

.PHONY: run check fast test deep bench lint format types lock venv clean
.DEFAULT_GOAL := run

run: .venv/.runtime ## start web, worker and beat with made-up data
	@$(BIN)/python manage.py serve

# What a change breaks most often, for daily work: the tests of each app without browsers, races and long searches.
check: .venv/.dev ## lint, types and the fast part of the suite on SQLite, at once
	@$(MAKE) --no-print-directory --jobs 3 --output-sync=target lint types fast

fast: .venv/.dev
	@env -u DATABASE_URL -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(ARGS) \
		-m "not slow and not deep and not browser and not proof"

test: .venv/.dev ## the whole suite, on SQLite and on the PostgreSQL of TEST_DATABASE_URL (SLOW=1 adds races and faults)
	@$(BIN)/python tests/run.py $(ARGS)

bench: .venv/.dev ## what pages cost with many referrals; bench/README.md has the options for ARGS
	@$(BIN)/python -m bench $(ARGS)

deep: .venv/.dev ## searches and races of the suite with large numbers (tests/depth.py), for some hours at most
	@SLOW=1 DEEP=1 $(BIN)/python tests/run.py -m deep $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	RESTORATIVE_ENV=test $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --check --lint --quiet

# What writes, what selects and what decides: the boundaries that must not be guessed.
TYPED := $(foreach app,referrals meetings reports,$(wildcard $(app)/actions $(app)/access.py $(app)/selectors.py $(app)/querysets*.py \
	$(app)/blockers $(app)/stages.py $(app)/events.py $(app)/receivers.py)) \
	restorative/audit restorative/notify restorative/accounts restorative/common/clock.py restorative/common/rules.py

types: .venv/.dev
	RESTORATIVE_ENV=test $(BIN)/mypy --follow-imports=silent $(TYPED)

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet || true

# .venv (or venv) has everything; `make run` installs only what the service itself needs.
.venv venv: .venv/.dev

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or newer is needed; '$(PYTHON)' is not. Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv && touch $@

.venv/.runtime: .venv/.made requirements.txt
	@echo "Installing what the service needs (about half a minute, once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt && touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	@echo "Installing what the tests and checks need (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt && touch $@

# Write both lock files again from requirements/*.in. UV_FLAGS=--upgrade takes newer releases.
lock:
	@command -v $(UV) >/dev/null || { echo "uv is needed to lock: https://docs.astral.sh/uv/"; exit 1; }
	@for pair in runtime:requirements dev:requirements-dev; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --generate-hashes --universal \
			--python-version 3.11 --no-emit-index-url $(UV_FLAGS) \
			requirements/$${pair%%:*}.in --output-file $${pair##*:}.txt || exit 1; \
	done

clean: ## takes away what was installed and cached; keeps var/, which holds data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
