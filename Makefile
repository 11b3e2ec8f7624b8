# Everything a person does with a clone; `make` alone lists it. Works with GNU make 3.81, which macOS has.
.DEFAULT_GOAL := help
.SUFFIXES:
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
LOCAL := .venv/local.installed
DEV := .venv/dev.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade)

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z][a-z0-9]*:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

up: $(LOCAL) ## Run askpress with all it needs; SITE=https://example.org PORT=8000 DATA=folder
	@[ "$$(cat .venv/place 2>/dev/null)" = "$$(pwd)" ] || sh requirements/install.sh moved
	@exec $(BIN)/python -m askpress up $(if $(SITE),'$(SITE)') $(if $(PORT),--port '$(PORT)') $(if $(DATA),--data '$(DATA)')

# One process more than CI has cores: some wait for timeouts and for servers to start.
test: $(DEV) ## Run the tests, in about three minutes; ARGS="-k search"
	@$(BIN)/python -m pytest -n 3 --dist loadfile -m "not wordpress and not soak" $(ARGS)

e2e: $(DEV) ## Test against a real WordPress; once, as root: .venv/bin/python -m tests.wordpress.packages
	@$(BIN)/python -m pytest -m wordpress tests/wordpress $(ARGS)

evals: $(DEV) ## Measure search and answers over the sample site; ARGS="--half tuning"
	@$(BIN)/python -m evals.run $(ARGS)

soak: $(DEV) ## Run the longer randomized and kill tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m soak $(ARGS)

bench: $(DEV) ## Measure CPU, start and memory, in twelve minutes; benchmarks/README.md says how to read it
	@$(BIN)/python -m benchmarks.search
	@$(BIN)/python -m benchmarks.cached
	@$(BIN)/python -m benchmarks.resync
	@$(BIN)/python -m benchmarks.start

lint: $(DEV) ## Check style, imports, shell, Docker files, requirements and what is tracked
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@if [ -x $(BIN)/shellcheck ]; then $(BIN)/shellcheck .ci/run requirements/install.sh; \
		else echo "shellcheck: left out, its package has no program for this machine"; fi
	@$(BIN)/hadolint Dockerfile
	@POSTGRES_PASSWORD=x API_KEY=x WP_URL=x $(BIN)/docker-compose --env-file /dev/null config --quiet
	@$(BIN)/python .ci/tracked.py
	@$(BIN)/python requirements/check.py

types: $(DEV) ## Check types
	@$(BIN)/mypy $(sort $(dir $(wildcard askpress/*.py tests/*.py benchmarks/*.py evals/*.py requirements/*.py)))

requirements: $(DEV) ## Pin requirements/*.txt again from *.in; UPGRADE=1 takes newer releases
	@$(COMPILE) requirements/runtime.in -o requirements/runtime.txt
	@$(COMPILE) requirements/local.in -o requirements/local.txt
	@$(COMPILE) requirements/dev.in -o requirements/dev.txt

plugin: ## Build build/askpress.zip, the WordPress plugin; needs only Python
	@$(PYTHON) deploy/plugin.py

clean: ## Remove .venv, build/ and caches; your data in .askpress/ stays
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A real prerequisite, not order-only: when the Python behind .venv is gone, the sets are installed anew.
$(LOCAL): requirements/local.txt requirements/install.sh pyproject.toml $(BIN)/python
	@sh requirements/install.sh local

$(DEV): requirements/dev.txt requirements/install.sh pyproject.toml $(BIN)/python
	@sh requirements/install.sh dev

# Made by install.sh, within the rule above.
$(BIN)/python: ;

.PHONY: help up test e2e soak evals bench lint types requirements plugin clean
