# Every target does all its own set-up: a fresh clone needs Python >= 3.11, a C++20 compiler and a package index.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help train test test-all fuzz torture bench versions doctor-bench doctor-quiet docs examples examples-full notebooks lint format sanitize build package clean

export PIP_DISABLE_PIP_VERSION_CHECK := 1
ARGS ?=
COMMIT ?= HEAD~1
# Under sanitizers kernels are compiled for one instruction set; SANITIZED_ISAS="avx512;avx2" compiles all.
SANITIZED_ISAS ?= avx2
BUILD_FILES := pyproject.toml CMakeLists.txt $(shell find native -type f)
PACKAGE_FILES := $(BUILD_FILES) $(shell find src -type f -not -name '*.pyc')
BUILD_REQUIRES := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
BIN := .venv/bin
# Without isolation the build folder's cache stays valid, so a second build compiles only what changed.
PIP_BUILD := pip install --quiet --no-build-isolation

# A file's tests stay in one process, which they share with what they set up once.
IN_PARALLEL := --numprocesses=auto --maxprocesses=8 --dist=loadfile --no-loadscope-reorder

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo "  ARGS=...       options for the program behind train, test, torture, bench or sanitize"

train: .venv/.build  ## learn to read handwritten digits (writes digits.clarinet)
	$(BIN)/clarinet train mnist --out digits.clarinet $(ARGS)

test: .venv/.build .venv/.test  ## run the tests, without the few slow ones
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not slow" $(ARGS)

test-all: .venv/.build .venv/.test  ## run all tests, the slow ones too
	$(BIN)/python -m pytest $(IN_PARALLEL) $(ARGS)

fuzz: .venv/.build .venv/.test  ## new random programs, damaged files (ARGS="--count 20000 --jobs 2"), property tests' examples
	$(BIN)/python -m tests.fuzz.programs $(ARGS)
	$(BIN)/python -m tests.fuzz.files $(ARGS)
	CLARINET_FUZZ=$${CLARINET_FUZZ:-20} $(BIN)/python -m pytest -m hypothesis tests

torture: .venv/.build .venv/.test  ## kill training at 200 random moments, resume it, and compare
	$(BIN)/python -m tests.runs.torture $(ARGS)

bench: .venv-bench/.installed  ## measure against other frameworks (its own environment; a large download)
	.venv-bench/bin/python -m benchmarks $(ARGS)

versions: .venv/.build .venv/.test build/versions/now/.installed build/versions/$(COMMIT)/.installed  ## time this version beside another one: make versions COMMIT=main~1
	$(BIN)/python -m benchmarks.versions build/versions/$(COMMIT) build/versions/now $(ARGS)

doctor-bench: .venv/.build .venv/.test  ## score the doctor on broken and on sound programs
	$(BIN)/python -m benchmarks.doctor $(ARGS)

examples: .venv/.build .venv/.examples  ## run the tutorials' programs, one seed each (ARGS="hours perceptron" for some)
	$(BIN)/python -m examples $(ARGS)

examples-full: .venv/.build .venv/.examples .venv-bench/.installed  ## the same over seeds, with downloads and Keras; writes the READMEs
	$(BIN)/python -m examples --full --peers .venv-bench/bin/python $(ARGS)

notebooks: .venv/.build .venv/.test  ## write the examples' notebooks from their scripts
	$(BIN)/python -m examples.notebooks

doctor-quiet: .venv/.build .venv/.test  ## let the doctor examine sound programs, of which it is to say nothing
	$(BIN)/python -m tests.doctor.quiet

docs: .venv/.build .venv/.site .venv-docs/.installed  ## build the documentation site: build/site/html/index.html
	$(BIN)/python -m tests.docs.site build/site
	cd build/site && ../../.venv-docs/bin/zensical build --strict
	$(BIN)/python -m tests.docs.links build/site/html

lint: .venv/.build .venv/.lint  ## ruff, mypy --strict and the import contract
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.lint  ## let ruff mend and format (ARGS=path for a part)
	$(BIN)/ruff check --fix $(ARGS)
	$(BIN)/ruff format $(ARGS)

build: .venv/.build  ## (re)build the extension into .venv

# libstdc++ is preloaded too: AddressSanitizer looks up __cxa_throw before Python has loaded any C++.
sanitize: .venv-sanitize/.installed build/tsan/.built  ## native tests under ASan + UBSan, the C++ driver under TSan
	LD_PRELOAD="$$($${CXX:-g++} -print-file-name=libasan.so) $$($${CXX:-g++} -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc CLARINET_SANITIZED=1 \
	.venv-sanitize/bin/python -m pytest $(IN_PARALLEL) tests/native $(ARGS)
	TSAN_OPTIONS=halt_on_error=1 build/tsan/driver

package: .venv/.build  ## build sdist and wheel, and try the wheel in an empty environment elsewhere
	$(BIN)/pip install --quiet "build>=1.2"
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	sh .ci/try-wheel $(BIN)/python dist/clarinet-*.whl

clean:  ## remove everything that these targets made
	rm -rf .venv .venv-bench .venv-docs .venv-sanitize build dist

%/.tools: pyproject.toml
	sh .ci/make-venv $*
	$*/bin/python -c '$(BUILD_REQUIRES)' > $*/build-requires.txt
	$*/bin/pip install --quiet -r $*/build-requires.txt
	@touch $@

# With [images], so that a network that `make train` made can read photos.
.venv/.build: .venv/.tools $(BUILD_FILES)
	$(BIN)/$(PIP_BUILD) -e ".[images]"
	@touch $@

.venv/.test .venv/.lint .venv/.examples .venv/.site: .venv/.%: pyproject.toml | .venv/.build
	$(BIN)/$(PIP_BUILD) -e ".[$*]"
	@touch $@

.venv-docs/.installed: docs/requirements.txt
	sh .ci/make-venv .venv-docs
	.venv-docs/bin/pip install --quiet -r docs/requirements.txt
	@touch $@

.venv-bench/.installed: .venv-bench/.tools benchmarks/requirements.txt $(PACKAGE_FILES)
	.venv-bench/bin/pip install --quiet -r benchmarks/requirements.txt
	.venv-bench/bin/$(PIP_BUILD) --config-settings=build-dir=build/bench .
	@touch $@

build/versions/now/.installed: .venv/.tools $(PACKAGE_FILES)
	rm -rf build/versions/now
	$(BIN)/$(PIP_BUILD) --no-deps --target build/versions/now --config-settings=build-dir=build/versions-build .
	@touch $@

# The other version's sources are unpacked beside the build, so nothing of this checkout changes.
build/versions/$(COMMIT)/.installed: .venv/.tools FORCE
	rm -rf build/versions/source build/versions/$(COMMIT)
	mkdir -p build/versions/source build/versions/$(COMMIT)
	git archive "$(COMMIT)" | tar -x -C build/versions/source
	$(BIN)/$(PIP_BUILD) --no-deps --target build/versions/$(COMMIT) build/versions/source
	@touch $@

FORCE:

.venv-sanitize/.installed: .venv-sanitize/.tools $(BUILD_FILES)
	.venv-sanitize/bin/$(PIP_BUILD) --config-settings=build-dir=build/sanitize \
		--config-settings=cmake.define.CLARINET_SANITIZE=address,undefined \
		"--config-settings=cmake.define.CLARINET_ISAS=$(SANITIZED_ISAS)" -e . pytest pytest-xdist hypothesis
	@touch $@

build/tsan/.built: .venv-sanitize/.tools $(BUILD_FILES)
	PATH="$$PWD/.venv-sanitize/bin:$$PATH" \
	.venv-sanitize/bin/cmake -G Ninja -S . -B build/tsan -DCLARINET_PYTHON=OFF \
		-DCLARINET_SANITIZE=thread "-DCLARINET_ISAS=$(SANITIZED_ISAS)"
	.venv-sanitize/bin/cmake --build build/tsan --target driver
	@touch $@
