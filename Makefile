# The verbs of the house. Each one makes .venv current first.
#   make demo   a factory of simulators makes real orders, and shows what came out
#   make run    the same factory stays up, with its dashboard
#   make test   every test with the real components (as root it installs the Debian packages it needs)
#   make again  after it: the few tests that failed, once more, with the machine to themselves
#   make check  formatter, linter, strict types, import contracts
#   make gallery  every product's example: its proof, and what the simulated machine made of it, into docs/gallery.md
#   make docs   rewrite the tables in docs/ that the code prints of itself
#   make drivers  the drivers' tests alone, and the page docs/machines.md that is made of what they found
#   make bench  every figure that the project claims
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
export FULFILLMENT_REQUIRE_ALL ?= 1
# Workers of the tests; 0: one after the other, in this process. One more than two cores have: many tests wait for a
# machine's time to pass.
WORKERS ?= 3

.PHONY: setup setup-dev system vendors demo run test again drivers check gallery docs bench lock

$(VENV)/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the factory needs into $(VENV) (about a minute the first time)"
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Installing the tools of tests and checks into $(VENV)"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/run.stamp

setup-dev: $(VENV)/dev.stamp

system:
	@sh tests/system-packages.sh

demo: setup
	@$(BIN)/ful demo

run: setup
	@$(BIN)/ful demo --stay

# The vendors' own programs (OctoPrint, Moonraker, ...), each in an environment of its own below .vendors/.
vendors: system
	@sh tests/vendors/install.sh

test: setup-dev vendors
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations 40 $(PYTEST_ARGS)

# A firmware's time-outs and a browser run in real time and can starve on a machine that is busy with others' work. That
# passes; a fault fails again, and more than a few at once are no accident.
again: setup-dev
	@test "$$(grep -c true .pytest_cache/v/cache/lastfailed)" -le 5
	@$(BIN)/python -m pytest -n 1 --dist loadgroup --last-failed --last-failed-no-failures none

check: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

gallery: setup
	@$(BIN)/python -m fulfillment.gallery

docs: setup-dev
	@$(BIN)/python -m fulfillment.docs

# What the drivers' tests find, written down for docs/machines.md.
drivers: setup-dev vendors
	@FULFILLMENT_RESULTS=docs/drivers.json $(BIN)/python -m pytest -q tests/conformance tests/vendors
	@$(BIN)/python -m fulfillment.docs

bench: setup-dev
	@$(BIN)/python -m benchmarks

# Only for maintainers: resolve the committed locks anew (needs `pip install uv`).
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --group pyproject.toml:build -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --extra dev pyproject.toml --group pyproject.toml:build -c requirements.lock -o requirements-dev.lock
