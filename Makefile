# Everything a person or CI runs. `make demo` shows the main job, `make test` runs the tests, `make check` the linters.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANUAL := docs/man/share/man/man1/retouchd.1

.PHONY: demo test bench check format man units clean

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "retouchd needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(VENV)/.installed
	@$(BIN)/retouchd demo

test: $(VENV)/.installed
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=95 --format=total > /dev/null || { $(BIN)/coverage report --fail-under=95; exit 1; }
	@$(BIN)/coverage report --include='*/core/*' --fail-under=100 > /dev/null || { $(BIN)/coverage report --include='*/core/*'; exit 1; }

# What it costs beside what people would write instead; docs/performance.md says how to read it. It needs nginx-light,
# libnginx-mod-http-echo, inotify-tools, jq and curl, and names what is missing. Options: make bench BENCH="--only idle"
bench: $(VENV)/.bench
	@$(BIN)/python tests/bench/run.py $(BENCH)

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@

check: $(VENV)/.installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/retouchd manual | cmp -s - $(MANUAL) || { echo "the man page is not that of these commands: make man"; exit 1; }

format: $(VENV)/.installed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# The unit files of systemd/ from their source in daemon/retouchd/units/.
units: $(VENV)/.installed
	$(BIN)/python tests/systemd/write_units.py

# The man page from the commands.
man: $(VENV)/.installed
	$(BIN)/retouchd manual > $(MANUAL)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* bench-output
