# Every target first installs what it needs. On a new Debian 13, as root, `make demo` is enough.

BIN := .venv/bin
OUTPUT := build/demo
# How many processes share the contract tests or the engine tests, by file. 0: one after the other.
PROCESSES := 3
ENGINE_TESTS = $(BIN)/pytest tests/engine -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
# If they came last, the other processes would wait for them.
LONG_CONTRACTS := tests/contract/test_release.py tests/contract/test_action_listener.py
CONTRACT_TESTS = $(BIN)/pytest $(LONG_CONTRACTS) tests/contract/test_*.py \
	-n $(PROCESSES) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup python lock demo test lint unit coverage contract engine bench soak change pictures
.PHONY: reference site clean corpus
.PHONY: trials device results field fuzz engine-next

help:
	@echo 'make demo      slim examples/listener for three platforms and show the comment'
	@echo 'make test      everything: lint, types, unit, contract and engine tests'
	@echo 'make unit      the tests that need no Docker'
	@echo 'make coverage  the share of the code that the unit tests run'
	@echo 'make lint      ruff, mypy, import rules, hadolint'
	@echo 'make engine    the tests with real Docker, on both image stores'
	@echo 'make trials    the long tests: more repetitions, platforms and versions than make engine'
	@echo 'make engine-next  the slimming tests on Docker 28 and QEMU 11 of Debian sid, on both image stores'
	@echo 'make bench     measure the speed; BENCH_INCUMBENT names a program to compare with'
	@echo 'make field     slim the applications of tests/field, then send requests that no probe sent; docs/results.md'
	@echo 'make corpus    give advice on the Dockerfiles of tests/corpus, and compare it with a rebuild'
	@echo 'make results   measure the tables of docs/results.md; TABLES="listener packing" for some'
	@echo 'make soak      four runs at once, with failures at random times, for 30 minutes'
	@echo 'make device    simulate a device: 30 releases on a small disk, 50 power cuts'
	@echo 'make fuzz      fuzz all readers of foreign files, SECONDS=300 each'
	@echo 'make change    make the pull request that the pictures in the documents show'
	@echo 'make pictures  make the pictures in the documents from the last make change; needs chromium'
	@echo 'make reference write docs/settings.md and docs/messages.md from the code'
	@echo 'make site      build these documents as a site in build/site, and check its links'
	@echo 'make lock      update the locked dependencies of the image in requirements.txt'
	@echo 'make setup     only install what is needed; RELOAD=1 may add a mirror to your Docker'
	@echo 'make clean     remove what these targets created in this folder'

setup:
	@RELOAD=$(RELOAD) tests/machine/setup.sh

python:
	@tests/machine/python.sh

# Dependabot does the same after each new version of a dependency.
lock: python
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' --upgrade \
		--output-file requirements.txt pyproject.toml
	echo 'mkdocs-material>=9.6' | $(BIN)/uv pip compile --quiet --universal --python-version 3.12 \
		--generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --upgrade \
		--output-file docs/requirements.txt -

demo: setup
	@rm -rf $(OUTPUT)
	$(BIN)/ci-slim run --config examples/listener/.ci-slim.yml --output $(OUTPUT)
	@echo
	@cat $(OUTPUT)/comment.md

test: setup lint unit contract engine

lint: python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint $$(git ls-files '*Dockerfile' '*Dockerfile.*' '*.Dockerfile' ':!tests/engine' ':!tests/contract' ':!tests/field' ':!tests/corpus' ':!tests/start' ':!bench' ':!examples')
	$(BIN)/hadolint --ignore DL3008 --ignore DL3066 $$(git ls-files 'examples/*Dockerfile' 'examples/*Dockerfile.*')

unit: python
	$(BIN)/pytest tests/unit -n auto

coverage: python
	$(BIN)/pytest tests/unit -q --cov --cov-report=term:skip-covered

contract: setup
	@tests/machine/packages.sh --contract-tests
	@tests/contract/descriptions.sh
	$(CONTRACT_TESTS)

# tests/engine starts a second engine with the containerd image store. That engine pulls from the
# same mirror, so the mirror needs golang:1.24 too.
engine: setup
	@tests/machine/packages.sh --engine-tests
	@tests/machine/base-images.sh --push
	$(ENGINE_TESTS) -m 'engine and not trial'

# What repeats a test of `make engine` many times, or on more platforms.
trials: setup
	@tests/machine/packages.sh --engine-tests
	@tests/machine/base-images.sh --push
	$(ENGINE_TESTS) -m trial

engine-next: setup
	@tests/machine/packages.sh --engine-tests
	@tests/machine/base-images.sh --push
	$(BIN)/pytest -m engine --engine-next $(NEXT)

bench: setup
	@tests/machine/packages.sh --engine-tests
	$(BIN)/python -m bench

# Takes about an hour. FIELD_INCUMBENT=/path/to/mint compares with that program.
field: setup
	$(BIN)/python tests/field

# About an hour; bench/results.py names the tables.
results: setup
	@tests/machine/packages.sh --contract-tests
	@tests/machine/packages.sh --engine-tests
	@tests/machine/packages.sh --results
	$(BIN)/python -m bench.results $(TABLES)

# FILES="debian/tools go/symbols" for some of them.
corpus: setup
	$(BIN)/python -m bench.corpus $(FILES)

# MINUTES=5 makes it shorter. It starts its own Docker daemon.
soak: setup
	@tests/machine/packages.sh --engine-tests
	unshare --net $(BIN)/python tests/engine/soak.py --minutes $(or $(MINUTES),30)

NEXT := $(addprefix tests/engine/test_,slim_images.py healing.py torture.py profiles.py)

SECONDS := 300
FUZZED := report probes settings layout layer elf trace java

device: setup
	CI_SLIM_POWER_CUTS=50 CI_SLIM_RELEASES=30 $(BIN)/pytest -m engine tests/engine/test_simulated_device.py -s

# Coverage-guided, with atheris. Each failure that it finds becomes a unit test.
fuzz: python
	$(BIN)/python -m pip install -q --group fuzz
	for each in $(FUZZED); do PYTHONPATH=tests:tests/unit $(BIN)/python -m fuzz $$each $(SECONDS) || exit 1; done

change: setup
	docs/change.sh $(BIN)/ci-slim build/change

# After `make change`: pictures of what reviewers see, for the documents. Needs chromium.
pictures: python
	$(BIN)/python docs/pictures.py

reference: python
	$(BIN)/python docs/reference.py

site: python
	$(BIN)/python docs/site.py

clean:
	-docker image ls --quiet ci-slim-released | xargs --no-run-if-empty docker rmi --force
	rm -rf build dist .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
