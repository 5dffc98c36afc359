"""What the API pages make of docstrings: equations stay whole, names lead to their entries, and no package is left out."""

import importlib.util
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

import helpers

ROOT = Path(__file__).parents[2]
WITHOUT_PAGE = {"languages", "exercises", "bench", "maintain", "options"}  # texts, checks of chapters, GPUs, commands

spec = importlib.util.spec_from_file_location("docstrings", ROOT / "book" / "_extensions" / "docstrings.py")
docstrings = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docstrings)


def test_an_equation_becomes_a_literal_block_and_its_bars_stay():
    lines = ["Is ||x|| small?", "", "    score(x) = -||x||", "", "It is.", "Source: somebody."]
    literal = [".. code-block:: text", "", "    score(x) = -||x||", ""]
    expected = ["Is \\|\\|x\\|\\| small?", "", *literal, "It is.", "", "*Source:* somebody."]
    assert docstrings.rewritten(lines) == expected


def test_a_section_is_left_to_napoleon():
    lines = ["A question.", "", "Args:", "    x: an image.", "", "Raises:", "    ValueError: none."]
    assert docstrings.rewritten(lines) == lines


def test_a_name_of_the_package_is_a_link_and_any_other_is_code():
    linked = docstrings.prose("`helpers.evaluation.evaluate` of `helpers.evaluation.metrics`, `steps` and ``a|b``")
    assert ":py:obj:`helpers.evaluation.evaluate <helpers.evaluation.metrics.evaluate>`" in linked
    assert ":py:mod:`helpers.evaluation.metrics`" in linked
    assert linked.endswith("``steps`` and ``a|b``")


def test_every_module_of_a_package_has_a_section():
    text = docstrings.sections(["helpers.audit", "helpers.files"])
    modules = {path.stem for path in (ROOT / "helpers" / "audit").glob("*.py")} - {"__init__"}
    assert all(f"## `audit.{name}`" in text for name in modules)
    assert "## `files`" in text


def test_every_package_has_a_page_in_the_table_of_contents():
    pages = {ROOT / f"{name}.md" for name in parse_toc_yaml(ROOT / "_toc.yml") if name.startswith("book/api/")}
    assert pages == set((ROOT / "book" / "api").glob("*.md"))
    shown = " ".join(path.read_text() for path in pages).split()
    inside = {path.stem for path in Path(helpers.__file__).parent.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert {f"helpers.{name}" for name in inside - WITHOUT_PAGE if not name.startswith("__")} <= set(shown)
