# make demo: set everything up, train and test a small model, leave the results in work_dirs/demo
# make test: the fast tests
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
PY = $(VENV)/bin/python
PYTEST = OMP_NUM_THREADS=1 $(PY) -m pytest -q -n $(JOBS)
INSTALLED = $(VENV)/.installed

.PHONY: demo test test-slow test-all lint setup clean

setup: $(INSTALLED)

demo: $(INSTALLED)
	$(PY) tools/demo.py

test: $(INSTALLED)
	$(PYTEST) -m 'not slow and not gpu'

test-slow: $(INSTALLED)
	$(PYTEST) -m 'slow and not gpu'

test-all: test test-slow

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/codespell

clean:
	rm -rf $(VENV) build dist *.egg-info work_dirs/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The pinned packages. Where OpenCV finds no libGL (servers), its headless build of the same version replaces it.
$(VENV)/.pinned: requirements/pinned.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 12) else \
	    "drfuse needs Python 3.10 to 3.12, got %d.%d: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q -r $<
	@$(PY) -c 'import cv2' 2>/dev/null || { \
	    version=$$(sed -n 's/^opencv-python==//p' $<); \
	    echo "OpenCV does not load (libGL is missing?): installing opencv-python-headless==$$version"; \
	    $(PY) -m pip uninstall -q -y opencv-python && \
	    $(PY) -m pip install -q --no-deps --force-reinstall opencv-python-headless==$$version; }
	@touch $@

$(INSTALLED): $(VENV)/.pinned setup.py pyproject.toml requirements/runtime.txt drfuse/version.py
	$(PY) -m pip install -q --no-build-isolation --no-deps -e .
	$(PY) -c 'from drfuse.utils.environment import check_environment; check_environment()'
	@touch $@
