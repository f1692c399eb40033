# Two commands do all set-up: `make demo` and `make test`. They need Python 3.11 or later (on Debian also python3-venv), make and git.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.PHONY: help demo test check bench soak lock clean figures
help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("syncline needs Python 3.11 or later, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python has no venv here; on Debian: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Start the stand-ins, sync once, show what each tool now says
	@$(BIN)/syncline demo $(ARGS)

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest -n 2 -q $(ARGS)

check: $(STAMP) ## Style, types, import rules, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: $(STAMP) ## Measure speed and requests against a bound, in the same run
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(STAMP) ## The long proofs: seeds, kills, faults; writes docs/figures.json
	$(BIN)/python -m benchmarks.soak $(ARGS)

figures: $(STAMP) ## Copy the measured figures into README.md
	$(BIN)/python -m benchmarks.figures

lock: ## Lock the dependencies with hashes
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--all-extras --group test --group check --group build pyproject.toml -o requirements.lock

clean: ## Remove what was built
	rm -rf $(VENV) .demo .pytest_cache .mypy_cache .ruff_cache
