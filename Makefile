# postloom: every command a contributor needs; `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin

ifdef DATA
export POSTLOOM_DATA_DIR := $(DATA)
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo up test check bench fmt clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16
	@echo
	@echo "  DATA=folder    where the data lies (default: data)"

setup: ## install everything into .venv; done already, it costs nothing
	@$(PYTHON) scripts/bootstrap.py

demo: setup ## a small made-up channel through the whole pipeline; EXPORT=path takes a Telegram Desktop export
	@$(BIN)/postloom demo $(if $(EXPORT),--export "$(EXPORT)")

up: setup ## the whole service on this machine, until Ctrl-C
	@$(BIN)/postloom up

test: setup ## every test, against real servers
	@$(BIN)/python scripts/run_tests.py $(ARGS)

check: setup ## what is quick: lint, format, types, layers, tests without servers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/run_tests.py -q -m "not services" $(ARGS)

bench: setup ## how many posts per second this machine manages
	@$(BIN)/postloom bench $(ARGS)

fmt: setup ## format, and fix what can be fixed by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove .venv, .tools, the data folder and caches
	@rm -rf .venv .tools build "$(or $(DATA),data)" .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
