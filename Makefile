# Everything is installed into .venv; Python 3.11 or newer and make are all that must be there before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test deep deep-fuzz check format bench clean

help:
	@echo "make demo    two parties match the example lists over TCP"
	@echo "make test    run the whole test suite"
	@echo "make deep    constant time, bounds, sanitizers and installs of the kernels, and many inputs (minutes)"
	@echo "make check   ruff, format and mypy"
	@echo "make format  apply ruff's fixes and format"
	@echo "make bench   all benchmarks, beside other libraries; rewrites benchmarks/README.md (15 minutes)"
	@echo "make clean   remove .venv and what tools left behind"

# The stamp is older than what it was installed from exactly when something must be installed again.
$(VENV)/installed: pyproject.toml setup.py Makefile $(wildcard psimatch/kernel/c/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "psimatch needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@touch $@

demo: $(VENV)/installed
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed
	$(BIN)/python -m pytest

deep: $(VENV)/installed deep-fuzz
	PYTHON=$(BIN)/python tests/deep/run.sh
	PYTHONS="$${PYTHONS:-$(BIN)/python}" tests/deep/install.sh
	@mkdir -p build/deep
	@$(BIN)/python -c 'from psimatch.kernel.select import available; import sys; sys.exit("portable" not in available())' || \
	  { echo "the C kernels were not built"; exit 1; }
	PSIMATCH_DEEP=100000 $(BIN)/python -m pytest -rs tests/properties/test_kernels_agree.py > build/deep/agreement || \
	  { cat build/deep/agreement; exit 1; }
	@cat build/deep/agreement
	@! grep -q skipped build/deep/agreement || { echo "a check was skipped"; exit 1; }
	PSIMATCH_DEEP=2000 $(BIN)/python -m pytest -rs -s tests/states/test_interleavings.py

deep-fuzz: $(VENV)/installed
	PYTHON=$(BIN)/python tests/fuzz/run.sh

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/benchmarks
	$(BIN)/python benchmarks/operations.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/match.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/ledger.py
	$(BIN)/python benchmarks/linkage.py
	$(BIN)/python benchmarks/plots.py
	$(BIN)/python benchmarks/report.py

$(VENV)/benchmarks: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench,cluster]'
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
