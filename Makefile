# Everything is installed into .venv; Python 3.11 or newer and make are all that must be there before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := .ci/requirements.txt
TOOLS := build/tools
VECTORS := build/vectors

.PHONY: help demo test deep deep-kernels deep-timing deep-states deep-model deep-fuzz deep-wheels deep-audit deep-mutation vectors vectors-renew \
  vectors-psimatch vectors-reference vectors-texts check format bench lock sbom dist clean

help:
	@echo "make demo    two parties match the example lists over TCP"
	@echo "make test    run the whole test suite"
	@echo "make deep    what needs more than Python and make, each also by itself: deep-kernels (constant time, bounds,"
	@echo "             sanitizers), deep-timing, deep-states, deep-model (Spin), deep-fuzz, deep-wheels, deep-mutation,"
	@echo "             deep-audit"
	@echo "make vectors all test vectors: writes them to build/vectors, compares their digest, and asks psimatch and the reference"
	@echo "             each of them; after a change of the protocol make vectors-renew writes core set, digest and §19 anew"
	@echo "make check   ruff, format and mypy"
	@echo "make format  apply ruff's fixes and format"
	@echo "make bench   all benchmarks, beside other libraries; rewrites benchmarks/README.md (15 minutes)"
	@echo "make lock    renew the lock that CI installs from, within the ranges of pyproject.toml"
	@echo "make sbom    write a list of the wheel's dependencies, as CycloneDX JSON, to dist/"
	@echo "make dist    wheel, sdist and an archive of all test vectors, to dist/"
	@echo "make clean   remove .venv and what tools left behind"

# The stamp is older than what it was installed from exactly when something must be installed again.
# Developers get what the ranges of pyproject allow; LOCKED=1, as in CI, gives what the lock names and nothing else: pip
# is not to look for dependencies, of which it would take a version that came out after the lock.
$(VENV)/installed: pyproject.toml setup.py Makefile $(wildcard psimatch/kernel/c/*) $(if $(LOCKED),$(LOCK))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "psimatch needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
ifdef LOCKED
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	$(BIN)/python -m pip check --disable-pip-version-check
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
endif
	@touch $@

demo: $(VENV)/installed
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed
	$(BIN)/python -m pytest --numprocesses auto

# What needs more than Python and make. Each part installs what it needs; there a skip is a failure.
deep: deep-kernels deep-timing deep-states deep-model deep-fuzz deep-wheels deep-mutation deep-audit

deep-kernels: $(VENV)/installed
	PYTHON=$(BIN)/python tests/deep/run.sh
	@$(BIN)/python -c 'from psimatch.kernel.select import available; import sys; sys.exit("portable" not in available())' || \
	  { echo "the C kernels were not built"; exit 1; }
	@mkdir -p build/deep
	PSIMATCH_DEEP=100000 $(BIN)/python -m pytest -rs tests/properties/test_kernels_agree.py > build/deep/agreement || \
	  { cat build/deep/agreement; exit 1; }
	@cat build/deep/agreement
	@! grep -q skipped build/deep/agreement || { echo "a check was skipped"; exit 1; }

deep-timing: $(VENV)/installed
	$(BIN)/python tests/deep/timing.py

deep-states: $(VENV)/installed
	PSIMATCH_DEEP=1000 $(BIN)/python -m pytest -rs -s tests/states/test_interleavings.py

deep-model: $(VENV)/installed
	$(BIN)/python tests/deep/model.py

deep-fuzz: $(VENV)/installed
	$(BIN)/python protocol_spec/reference.py vectors $(VECTORS)
	PSIMATCH_VECTORS=$(CURDIR)/$(VECTORS) PYTHON=$(BIN)/python tests/fuzz/run.sh

deep-wheels: $(VENV)/installed
	PYTHONS="$${PYTHONS:-$(BIN)/python}" tests/deep/install.sh

deep-audit: $(TOOLS)/pip-audit/installed
	@$(TOOLS)/pip-audit/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes -r $(LOCK) || \
	  { echo "not audited, or not clean: a dependency has a known vulnerability, or PyPI's advisories were not reached"; exit 1; }

# With what CI installs, and without psimatch, which stands in the copy that is changed.
deep-mutation: $(VENV)/installed $(TOOLS)/mutmut/installed
	$(TOOLS)/mutmut/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r $(LOCK)
	$(BIN)/python protocol_spec/reference.py vectors $(VECTORS)
	PSIMATCH_VECTORS=$(CURDIR)/$(VECTORS) $(BIN)/python tests/deep/mutation.py

# The tree has a core set of the vectors and the digest of all of them (protocol_spec/vectors/README.md).
vectors: $(VENV)/installed
	$(BIN)/python protocol_spec/reference.py vectors $(VECTORS) --check
	$(MAKE) --no-print-directory -j2 vectors-psimatch vectors-reference
	$(MAKE) --no-print-directory vectors-texts

vectors-psimatch:
	@echo "psimatch is asked all vectors"
	@$(BIN)/python -m protocol_spec.check --vectors $(VECTORS) -- $(BIN)/python tests/support/vector_answers.py

vectors-reference:
	@echo "the reference is asked all vectors"
	@$(BIN)/python -m protocol_spec.check --vectors $(VECTORS) -- $(BIN)/python protocol_spec/reference.py answer

# What vectors/README.md and the files say of one another.
vectors-texts:
	PSIMATCH_VECTORS=$(VECTORS) $(BIN)/python -m pytest --quiet tests/vectors/test_texts_of_vectors.py

vectors-renew: $(VENV)/installed
	$(BIN)/python protocol_spec/reference.py vectors $(VECTORS) --renew

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
	$(BIN)/python benchmarks/listener.py
	$(BIN)/python benchmarks/persons.py
	$(BIN)/python benchmarks/linkage.py
	$(BIN)/python benchmarks/plots.py
	$(BIN)/python benchmarks/report.py

$(VENV)/benchmarks: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench,cluster]'
	@touch $@

# --upgrade takes the newest of each; a build from source would need what no lock names, hence --no-build.
lock: $(TOOLS)/uv/installed
	@$(TOOLS)/uv/bin/python -c 'import tomllib; \
	  print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	$(TOOLS)/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-build --generate-hashes \
	  --extra test --extra check --custom-compile-command "make lock" --output-file $(LOCK) pyproject.toml -

# Of the wheel without extras, at the versions of the lock. cyclonedx-py takes a version only from pyproject itself.
sbom: $(TOOLS)/cyclonedx-bom/installed
	$(PYTHON) -m venv --clear --without-pip build/sbom
	@sed -n '/^[a-z].*==/s/ *\\$$//p' $(LOCK) > build/sbom/versions
	$(<D)/bin/python -m pip --python build/sbom install --quiet --disable-pip-version-check --constraint build/sbom/versions .
	@sed "s/^dynamic = .*/version = \"$$(build/sbom/bin/psimatch --version | sed 's/.* //')\"/" pyproject.toml > build/sbom/pyproject.toml
	@mkdir -p dist
	$(<D)/bin/cyclonedx-py environment --validate --output-reproducible --pyproject build/sbom/pyproject.toml \
	  --mc-type library --output-file dist/psimatch.cdx.json build/sbom

# Archive and wheel are the same bytes each time; 1 January 2026 is the date of every file in them.
dist: $(VENV)/installed $(TOOLS)/build/installed
	$(BIN)/python protocol_spec/reference.py vectors $(VECTORS) --check \
	  --archive dist/psimatch-$$($(BIN)/psimatch --version | sed 's/.* //')-vectors.tar.gz
	SOURCE_DATE_EPOCH=1767225600 $(TOOLS)/build/bin/python -m build --outdir dist .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What only maintainers run, each in an environment of its own.
$(TOOLS)/%/installed:
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $*
	@touch $@
