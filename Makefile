# postloom: every command a contributor needs; `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin

ifdef DATA
export POSTLOOM_DATA_DIR := $(DATA)
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo demo-services up test check chaos bench disorder fmt clean clean-data

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22
	@echo
	@echo "  DATA=folder      for demo, up, bench, clean-data: where the data lies (data)"
	@echo "  EXPORT=path      for demo: a Telegram Desktop export instead of the sample"
	@echo "  ARGS=\"…\"         for test, check, chaos, bench: words for what they run"

setup: ## install everything into .venv, once
	@$(PYTHON) scripts/bootstrap.py

demo: setup ## the sample, or EXPORT=path, through the whole pipeline
	@$(BIN)/postloom demo $(if $(EXPORT),--export "$(EXPORT)")

demo-services: setup ## the same with the adapters of a team: fake GigaChat and Crawl4AI, real S3 and Neo4j
	@$(BIN)/python scripts/demo_services.py $(if $(EXPORT),--export "$(EXPORT)") $(ARGS)

up: setup ## the whole service on this machine, until Ctrl-C
	@$(BIN)/postloom up

test: setup ## every test, against real servers
	@$(BIN)/python scripts/run_tests.py $(ARGS)

check: setup ## what is quick: lint, types, layers, tests without servers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/run_tests.py -q -n 2 -m "not services" $(ARGS)

chaos: setup ## kill and stop everything; see that nothing is lost for it (ten minutes)
	@$(BIN)/python scripts/chaos.py $(ARGS)

bench: setup ## how many posts per second this machine manages
	@$(BIN)/postloom bench $(ARGS)

disorder: setup ## the same changes in ten random orders: is the end the same?
	@$(BIN)/python scripts/disorder.py $(ARGS)

fmt: setup ## format, and fix what can be fixed by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove .venv, .tools, build and caches; the data folder stays
	@rm -rf .venv .tools build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path "./$(or $(DATA),data)/*" -prune -exec rm -rf {} +

clean-data: ## remove the data folder, unless a service runs in it
	@$(PYTHON) scripts/remove_data.py "$(or $(POSTLOOM_DATA_DIR),data)"
