# `make check` is everything that CI runs.
PYTHON ?= python

.PHONY: check format lint types generated test fuzz fixtures docs site

check: lint types generated test

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

# What is generated from the rules must be what the tree holds.
generated:
	$(PYTHON) tools/make_index.py --check
	$(PYTHON) tools/make_docs.py --check

test:
	$(PYTHON) -m pytest -n auto

# Two minutes of damaged files, the same each time; see CONTRIBUTING.md.
fuzz:
	$(PYTHON) -m tools.fuzz --minutes 2 --size 150 --fresh

docs:
	$(PYTHON) tools/make_index.py
	$(PYTHON) tools/make_docs.py

fixtures:
	$(PYTHON) -m fixtures.draw

# The documentation as a site, in build/site.
site:
	$(PYTHON) -m mkdocs build --strict
