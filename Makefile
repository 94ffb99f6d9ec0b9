# What a newcomer types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= ../shared/data

.DEFAULT_GOAL := help
.PHONY: help demo test crashtest fuzz lint format serve bench clean

help:  ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# pip, not a faster installer: constraints.txt pins torch to a build that pip finds by itself.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Pincite needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)  ## set everything up, index corpus/, and answer a question from it
	$(BIN)/pincite build corpus
	$(BIN)/pincite ask "who supplied Tajikistan's drones"

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest

crashtest: $(STAMP)  ## stop a build at every step and 1,000 times at random, and check what is left
	$(BIN)/python -m tests.crash.matrix

fuzz: $(STAMP)  ## 20,000 generated requests to every call of the service, with all of Schemathesis's checks
	$(BIN)/python -m tests.fuzz --cases 20000

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## put the code into ruff's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: $(STAMP)  ## index corpus/ and serve it on 127.0.0.1:8000
	$(BIN)/pincite build corpus
	$(BIN)/pincite serve

bench: $(STAMP)  ## the measurements that the README quotes
	$(BIN)/python -m benchmarks.cold_answer
	$(BIN)/python -m benchmarks.reading
	$(BIN)/python -m benchmarks.questions corpus/questions.jsonl corpus
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.swapping

clean:  ## remove what the other targets made
	rm -rf $(VENV) .pincite .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build dist
