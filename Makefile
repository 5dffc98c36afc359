# `make book` builds the site, `make test` runs every test; each sets up .venv first, once.
PYTHON ?= python3.11
PORT ?= 8000
JOBS ?= 2
BIN := .venv/bin
# A machine with a GPU has its own Python with torch; nothing is installed on it.
GPU_PYTHON ?= $(if $(wildcard $(BIN)/python),$(BIN)/python,python3)
MINUTES ?= 8
# Each process would compile everything anew where the environment forbids to keep what was compiled.
export PYTHONDONTWRITEBYTECODE :=
DENO := DENO_NO_UPDATE_CHECK=1 ../../$(BIN)/deno
SITE := _build/html
# What pages are made of beside the outputs of chapters; and what they share, which Sphinx does not look at.
PAGES := _config.yml _toc.yml book/references.bib $(wildcard book/*.md book/*.yml book/*.py book/api/*.md notebooks/*.ipynb book/assignments/*/*.*) $(wildcard helpers/widgets/*.js) $(shell find helpers -name '*.py')
SHARED := $(shell find book/_static book/_extra book/_extensions book/_templates helpers/languages helpers/widgets/runtime helpers/zoo/committed/onnx -type f -not -name '*.pyc')
.DEFAULT_GOAL := book
.PHONY: FORCE book slides check test test-quick test-pages test-slow lowest lab lab-branch handout pdf release serve lint format clean bench gpu gpu-bundle retrain solutions exam

.venv/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found; install Python 3.11 or pass PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv, once: about 2 GB, some minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --constraint constraints.txt --editable '.[book,test]'
	touch $@

# A file that is written anew only where the fingerprint of the code that it is named after is another.
_build/fingerprints/%: .venv/.installed FORCE
	@mkdir -p $(@D)
	@$(BIN)/python -m helpers.fingerprints $* > $@.new
	@cmp -s $@.new $@ || cp $@.new $@

# The run that a chapter trains is kept until the code changes that trains it, or a version.
_build/.training: constraints.txt _build/fingerprints/helpers.training.denoiser _build/fingerprints/helpers.training.book_recipes
	rm -rf _build/chapter-runs && touch $@

# The league's scores come with the book; those are played anew whose model or code is another by now. Its fingerprint is over
# the scores, too, so it is taken again at the end.
_build/.league: _build/fingerprints/helpers.experiments.league
	@echo "Checking the league's scores; after a change in an attack or a model it is played anew, some minutes."
	@$(BIN)/python -m helpers maintain league --dry-run > $@.outdated
	@sed 's/.* on //' $@.outdated | sort -ru | OMP_NUM_THREADS=1 xargs -r -P $(JOBS) -n 1 $(BIN)/python -m helpers maintain league
	@$(BIN)/python -m helpers.fingerprints helpers.experiments.league > $<
	@touch $@

# Touched by the script where a chapter was executed; whether one has to be is for the script to say, not for times of files.
_build/.executed: .venv/.installed _build/.training _build/.league FORCE
	@OMP_NUM_THREADS=1 $(BIN)/python -m book.execute --jobs $(JOBS)

_build/.shared: .venv/.installed $(SHARED)
	@mkdir -p _build && rm -rf _build/.doctrees && touch $@

# After a warning all pages are read again: Sphinx warns only of what it reads.
$(SITE)/.built: _build/.executed _build/.shared $(PAGES)
	$(BIN)/jupyter-book build . -W --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@touch $@

book: $(SITE)/.built
	@echo
	@echo "The book is in $(SITE)/index.html; open it there, or run 'make serve' and visit http://localhost:$(PORT)"

# One deck a part, for those who teach. Their numbers come from the executed chapters, which Sphinx does not look at: so all anew.
slides: book
	$(BIN)/sphinx-build -q -E -W --keep-going -b revealjs -d _build/.slides book/slides $(SITE)/slides
	@$(BIN)/python -m book._extensions.made $(SITE)
	@echo
	@echo "The decks are $(SITE)/slides/part-1.html to part-5.html. In a deck, S opens the notes; ?print-pdf behind its address prints it,"
	@echo "and ?print-pdf&showNotes=separate-page prints the notes, too."

# The fast loop: what needs no book, no browser and no training.
check: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest $(QUICK) $(XDIST)

# Coverage is that of the quick tests: it would slow the others down, and nbval would wait in vain for that of its kernels.
XDIST := -n $(JOBS) --dist loadfile --no-loadscope-reorder
QUICK := tests --ignore tests/browser -m "not slow and not book" -p no:nbval
test: lint test-quick test-pages test-slow

test-quick: .venv/.installed
	OMP_NUM_THREADS=1 $(BIN)/pytest $(QUICK) $(XDIST) --cov --cov-report=term:skip-covered

# The longest file first, so that no worker waits for it at the end.
test-pages: book
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/browser/test_site.py notebooks tests/browser --nbval-lax --nbval-kernel-name=python3 $(XDIST)

test-slow: book
	OMP_NUM_THREADS=1 $(BIN)/pytest tests --ignore tests/browser -m "slow or book" $(XDIST)

# The quick tests again, with the lowest versions that pyproject.toml allows.
LOWEST := _build/lowest/bin
lowest:
	$(PYTHON) -m venv _build/lowest
	$(LOWEST)/pip install --disable-pip-version-check --constraint constraints-lowest.txt --editable '.[book,test]'
	OMP_NUM_THREADS=1 $(LOWEST)/python -m pytest $(QUICK) $(XDIST)

# Copies of the chapters to work in; those that were changed stay as they are.
QUIET_LAB := --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
lab: .venv/.installed
	@$(BIN)/python -m book.lab
	$(BIN)/jupyter lab --notebook-dir _build/lab/notebooks $(QUIET_LAB) $(LAB)

# The copies as a branch, which Binder and Colab open: each installs what it needs. Without an address there is nothing to do.
lab-branch: book
	@if $(BIN)/python -m book.lab --for-branch --to _build/lab-branch; then .ci/push-folder _build/lab-branch lab; fi

# Hand-outs for a class, without what answers a question; CHAPTER="run-sima measure-honestly" chooses.
handout: .venv/.installed
	@$(BIN)/python -m book.handout $(CHAPTER)

# The built book as one PDF, in _build/pdf and beside the pages; it fails where the PDF has a defect.
pdf: book
	@$(BIN)/python -m book.pdf
	@cp _build/pdf/*.pdf $(SITE)/
	@$(BIN)/python -m book._extensions.made $(SITE)

# What the workflow of a tag publishes, after `make slides` and `make pdf`; it needs GitHub's `gh`.
release: book
	@.ci/release

serve: book
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

# For teachers: hand-outs, worked solutions and rubrics; and an exam from the bank, N=10 SEED=1 CHAPTERS=run-sima QUIZZES=1.
solutions: .venv/.installed
	@$(BIN)/python -m book.assessment

exam: .venv/.installed
	@$(BIN)/python -m book.exam $(if $(N),--questions $(N)) $(if $(SEED),--seed $(SEED)) $(if $(CHAPTERS),--chapters $(CHAPTERS)) $(if $(QUIZZES),--with-quizzes)

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/nbstripout --verify notebooks/*.ipynb book/assignments/*/*.ipynb
	cd helpers/widgets && $(DENO) fmt --quiet --check && $(DENO) lint --quiet && $(DENO) check --quiet *.js
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

format: .venv/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout notebooks/*.ipynb book/assignments/*/*.ipynb
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
