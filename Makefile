# Everything happens in environments of its own (.venv*), made when first needed and brought up to date when a source
# has changed. Tests import what is installed there, never src/: a compiled module would shadow its source.

PYTHON ?= python3
# Tests wait for peers as often as they compute: three of them at a time on two cores.
PYTEST ?= -n $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$(((3 * n + 1) / 2)))
SANITIZE ?= address,undefined
SEEDS ?= 10000

# Folders count too: a file that is gone is a change.
SOURCES := pyproject.toml setup.py bin/handshook $(shell find src -name __pycache__ -prune -o -name '.*' -prune -o -print)
BUILD_REQUIRES = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
EXTENSIONS = find .venv/lib -path '*/site-packages/handshook/*.so'

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
export PIP_PROGRESS_BAR = off
unexport HANDSHOOK_SANITIZE
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test check format docs sanitize simulate bench bench-lossy clean compiled

help:
	@echo 'make demo      connections opened and closed with the Linux kernel, drawn as they happen'
	@echo 'make test      ruff, mypy, and the tests on the compiled and on the uncompiled build'
	@echo 'make check     ruff and mypy only'
	@echo 'make sanitize  the tests on a build with address and undefined-behaviour checks'
	@echo 'make simulate  SEEDS=100000 connections at their worst, on every core; goes on where it was stopped'
	@echo 'make bench     this engine beside others, in one run; QUICK=1 for every row once, ROUNDS=n, ONLY=peer,peer'
	@echo 'make bench-lossy  goodput over lossy paths, beside the kernel'"'"'s own in the same run'
	@echo 'make format    let ruff lay out the sources'
	@echo 'make docs      docs/states.md, docs/conformance.md and docs/why-three.md, anew'
	@echo 'make clean     remove everything that make has made'

demo: .venv/installed
	@.venv/bin/handshook demo

test: compiled .venv-pure/tools check
	@echo '== tests, compiled'
	@.venv/bin/python -m pytest $(PYTEST)
	@echo '== tests, uncompiled'
	@.venv-pure/bin/python -m pytest $(PYTEST)

check: .venv/tools
	@echo '== ruff, mypy'
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

format: .venv/tools
	@.venv/bin/ruff check --fix-only .
	@.venv/bin/ruff format .

# The states are drawn by the installed package, from the engine's own table; the conformance page is read off the tests'
# sources, and none of them is run; the handshakes are explored.
docs: .venv/installed
	@.venv/bin/python tests/tcp/states_page.py
	@.venv/bin/python tests/conformance/page.py
	@.venv/bin/python tests/prove/page.py

# PYTHONMALLOC: Python's own allocator would hide a byte read too far. Leaks: the interpreter's own would drown ours.
# The report goes to a file, for pytest's capture dies with the process.
sanitize: .venv-sanitized/tools
	@rm -f build/sanitizer.*
	@LD_PRELOAD="$$($(CC) -print-file-name=libasan.so)" PYTHONMALLOC=malloc \
		ASAN_OPTIONS=detect_leaks=0:log_path=$(CURDIR)/build/sanitizer \
		UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$(CURDIR)/build/sanitizer \
		.venv-sanitized/bin/python -m pytest $(PYTEST) || { cat build/sanitizer.* 2>/dev/null; exit 1; }

# Its own environment has the Python peers; the engine goes there compiled, and .venv-pure has it as it is.
bench: .venv-bench/tools .venv-pure/installed
	@.venv-bench/bin/python -m bench $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY))

# A bar, a record in build/simulate, and for each seed that fails its ladder and how to repeat it.
simulate: .venv/tools
	@.venv/bin/python -m handshook.testing.campaign --seeds $(SEEDS) $(CAMPAIGN)

bench-lossy: compiled
	@.venv/bin/python -P bench/lossy.py --json bench/results-lossy.json

clean:
	rm -rf .venv .venv-pure .venv-sanitized .venv-bench build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The suite needs both builds, so an environment that could not be compiled won't do.
compiled: .venv/installed
	@test -e .venv/installed || { echo 'this needs the compiled build: the line above says what is missing (all of it: build/fast.log).'; exit 1; }

ENVIRONMENTS = .venv .venv-pure .venv-sanitized .venv-bench

$(ENVIRONMENTS:=/ready): %/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "handshook needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo '$(PYTHON) lacks its venv module (Debian, Ubuntu: apt install python3-venv)'; exit 1; }
	@echo '== $*'
	@test -x $*/bin/pip || $(PYTHON) -m venv $*
	@$*/bin/python -c '$(BUILD_REQUIRES)' > $*/build-requires.txt
	@$*/bin/pip install -q -r $*/build-requires.txt
	@touch $@

# Where it can't be compiled there is no stamp, so that the next run tries again.
.venv/installed: $(SOURCES) | .venv/ready
	$(call install,.venv,fast)
	@if $(EXTENSIONS) | grep -q .; then touch $@; \
		else sed -n 's/.*\(handshook: installed uncompiled\)/\1/p' build/fast.log | tail -n 1; fi

.venv-bench/installed: export HANDSHOOK_PURE = 0
.venv-bench/installed: $(SOURCES) | .venv-bench/ready
	$(call install,.venv-bench,fast)
	@touch $@

.venv-pure/installed: export HANDSHOOK_PURE = 1
.venv-pure/installed: $(SOURCES) | .venv-pure/ready
	$(call install,.venv-pure,pure)
	@touch $@

.venv-sanitized/installed: export HANDSHOOK_PURE = 0
.venv-sanitized/installed: export HANDSHOOK_SANITIZE = $(SANITIZE)
.venv-sanitized/installed: $(SOURCES) | .venv-sanitized/ready
	$(call install,.venv-sanitized,sanitized)
	@touch $@

.venv-bench/tools: pyproject.toml | .venv-bench/installed
	@.venv-bench/bin/pip install -q 'handshook[bench]'
	@touch $@

define install
@echo '== handshook -> $(1)$(if $(filter pure,$(2))$(wildcard build/$(2)),, (compiling: a minute, more on a busy machine))'
@$(if $(filter setup.py,$?),rm -rf build/$(2)*)
@rm -f $@ build/$(2).log
@$(1)/bin/pip install -q --no-build-isolation --log build/$(2).log .
endef

$(filter-out .venv-bench/tools,$(ENVIRONMENTS:=/tools)): %/tools: pyproject.toml | %/installed
	@$*/bin/pip install -q 'handshook[test]'
	@touch $@
