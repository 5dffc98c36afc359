"""The slides, built by `make slides` from the built book; the book itself is configured in _config.yml."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_extensions")]

from helpers.messages import LANGUAGE  # noqa: E402

project = "The Denoiser Remembers"
language = LANGUAGE
extensions = ["myst_parser", "sphinx_revealjs", "decks"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
include_patterns = ["*.md"]
root_doc = "part-1"
templates_path = ["_templates"]
revealjs_static_path = ["_static"]
html_use_index = False
html_copy_source = False
