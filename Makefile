# `make run` and `make test` work from a bare clone: both install what is missing first.
# Windows, or no make: `python run_gui.py --setup`, then `python run_gui.py`.

# The first interpreter that really is 3.11 or 3.12 (a version manager's shim may exist and still fail).
PYTHON ?= $(shell for p in python3.11 python3.12 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
export TORCH_INDEX

.PHONY: run test setup check format clean

run: setup
	@$(BIN)/python -m app.first_run

test: check
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

setup:
	@test -n "$(PYTHON)" || { echo "avatar-gui needs Python 3.11 or 3.12 (Debian: apt-get install python3 python3-venv)" >&2; exit 2; }
	@$(PYTHON) run_gui.py --setup

check: setup
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports >/dev/null || $(BIN)/lint-imports

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache
