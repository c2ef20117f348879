# Everything a person or CI does with this checkout. A target sets up what it needs by itself, once.

PYTHON := .venv/bin/python
# Tests wait as much as they work: four of them fill two cores. Who is out of tests takes others'.
PYTEST_ARGS ?= -n 4 --dist worksteal

# Python keeps what it compiled, whoever said otherwise: our tests start a thousand processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test format lock clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo:  ## render our demo scene on a local farm of two nodes (WINDOW=0: no window)
	@sh installer/setup.sh demo
	@$(PYTHON) -m farmdesk.demo

test:  ## format, lint, types, forbidden arrows, then all tests on real parts
	@sh installer/setup.sh test
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m pytest $(PYTEST_ARGS)

format:  ## format the code and mend what ruff can mend
	@sh installer/setup.sh develop
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock:  ## write requirements.lock anew from pyproject.toml
	@sh installer/setup.sh develop
	.venv/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-options --no-header --extra dev \
		--output-file requirements.lock pyproject.toml

clean:  ## remove what set-up, demo and tests made
	rm -rf .venv .demo build dist *.egg-info
	rm -rf .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

export WINDOW
