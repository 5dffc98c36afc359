# `make book` builds the site, `make test` runs every test; each sets up .venv first, once.
PYTHON ?= python3.11
PORT ?= 8000
JOBS ?= 2
BIN := .venv/bin
# A machine with a GPU has its own Python with torch; nothing is installed on it.
GPU_PYTHON ?= $(if $(wildcard $(BIN)/python),$(BIN)/python,python3)
MINUTES ?= 8
DENO := DENO_NO_UPDATE_CHECK=1 ../../$(BIN)/deno
SITE := _build/html
CACHE := _build/.jupyter_cache
SOURCES := $(shell find helpers -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.safetensors' -o -name '*.npz' -o -name '*.html')
TRAINING := $(wildcard helpers/training/*.py) helpers/models/schedule.py helpers/models/denoisers.py helpers/data/splits.py
# Chapters are executed as many at a time as there are cores, so the longest starts first.
CHAPTERS := notebooks/train-a-small-ddpm.ipynb $(wildcard notebooks/*.ipynb)
.DEFAULT_GOAL := book
.PHONY: book test serve lint format clean bench gpu gpu-bundle retrain

.venv/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found; install Python 3.11 or pass PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv, once: about 2 GB, some minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --constraint constraints.txt --editable '.[book,test]'
	touch $@

# Executed notebooks are kept until something below helpers/ changes; the run trained in a chapter, until what trains it
# does. The league's scores come with the book, and only those are played anew whose model or code is another by now.
_build/.helpers: .venv/.installed $(SOURCES)
	mkdir -p _build && rm -rf $(CACHE) _build/.doctrees && touch $@

_build/.training: .venv/.installed $(TRAINING)
	mkdir -p _build && rm -rf _build/chapter-runs && touch $@

_build/.league: .venv/.installed $(SOURCES)
	@mkdir -p _build
	@echo "Checking the league's scores; after a change in an attack or a model it is played anew, some minutes."
	$(BIN)/python -c "from helpers.experiments.league import LEAGUE_MODELS; print(*reversed(LEAGUE_MODELS), sep='\n')" | \
	  OMP_NUM_THREADS=1 xargs -P $(JOBS) -n 1 $(BIN)/python -m helpers maintain league
	touch $@

book: .venv/.installed _build/.helpers _build/.training _build/.league
	@echo "Building the book. Chapters that changed are executed first; one trains a network for about five minutes."
	@yes | $(BIN)/jcache notebook -p $(CACHE) add $(CHAPTERS) > /dev/null
	OMP_NUM_THREADS=1 $(BIN)/jcache project -p $(CACHE) execute -e local-parallel -t 1200
	$(BIN)/jupyter-book build . -W --keep-going
	@echo
	@echo "The book is in $(SITE)/index.html; open it there, or run 'make serve' and visit http://localhost:$(PORT)"

test: lint book
	OMP_NUM_THREADS=1 $(BIN)/pytest notebooks tests --nbval-lax --nbval-kernel-name=python3 -n $(JOBS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered

serve: book
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	cd helpers/widgets && $(DENO) fmt --quiet --check && $(DENO) lint --quiet && $(DENO) check --quiet *.js
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

format: .venv/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout notebooks/*.ipynb
	cd helpers/widgets && $(DENO) fmt --quiet

bench: .venv/.installed
	$(BIN)/python tests/bench.py

gpu:
	$(GPU_PYTHON) -m helpers bench-gpu --minutes $(MINUTES)

gpu-bundle:
	$(GPU_PYTHON) -m helpers.bench.wheels

retrain: .venv/.installed
	$(BIN)/python -m helpers maintain retrain $(RECIPE)

clean:
	rm -rf _build .pytest_cache .ruff_cache .mypy_cache .hypothesis
