PYTHON ?= $(firstword $(foreach v,3.13 3.12 3.11,$(shell python$(v) -c 'print("python$(v)")' 2>/dev/null)) python3)
BIN := .venv/bin
export DO_NOT_TRACK := 1

.PHONY: demo run test pytest prove lint bench pictures requirements clean

demo: .venv/ready
	@exec $(BIN)/python -m tests.simulator

# Webserver, daemon and actions API, with the configuration in .env.
run: .venv/ready
	@exec $(BIN)/servicetitan-flow up

# Lint beside the tests, for mypy keeps one core only. What pytest makes of the tests' asserts is kept between runs.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/ready
	$(MAKE) --no-print-directory --jobs 2 lint pytest

pytest: .venv/ready
	$(BIN)/pytest --numprocesses 3 --dist worksteal

# What `make test` leaves out: all seeds, histories and broken rules, every broken store, what hangs. Needed before a release,
# and where tests/proved.txt is not the digest of the proved paths any more.
prove: .venv/ready
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m prove
	$(BIN)/python -m tests.proof write

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

# One table with goals and verdicts at the end, kept as JSON in data/bench; it takes long, on a machine with nothing else to do.
bench: .venv/ready
	$(BIN)/python -m tests.bench

# The READMEs', taken by the tests of Dagster's UI, of the demo's tour and of the console's pages.
pictures: .venv/ready
	PICTURES=orchestration/pictures $(BIN)/pytest --quiet tests/test_dagster_ui.py
	PICTURES=tests/simulator/flow_builder/pictures $(BIN)/pytest --quiet tests/test_simulator_walk.py
	PICTURES=pipelines/console/pictures $(BIN)/pytest --quiet tests/console/browser/test_pages.py

requirements: .venv/ready
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra dev --extra postgres --extra cluster --extra lake --extra servers \
		--no-emit-index-url --no-annotate --no-header pyproject.toml --output-file requirements.txt

clean:
	rm -rf .venv data

# uv installs the pinned set in seconds; pip needs minutes and stands in where uv cannot.
PINNED := --quiet --requirement requirements.txt --editable .
.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet uv || true
	$(BIN)/uv pip install --compile-bytecode --python $(BIN)/python $(PINNED) || $(BIN)/pip install $(PINNED)
	touch $@
