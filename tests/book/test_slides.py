"""Decks say what the book found, and each slide has what a teacher needs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_extensions"))

import from_chapters
import legible

from helpers.errors import InvalidInput, MissingFile

ROOT = Path(__file__).parents[2]
DECKS = sorted((ROOT / "book" / "slides").glob("*.md"))
NOTES = re.compile(r"^:::\{revealjs-notes\}\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
TAKEN = re.compile(r"^```\{chapter-.*?^```$", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", re.DOTALL)
CHAPTERS = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


def slides(deck):
    """The Markdown of each slide of a deck."""
    return re.split(r"^(?=#{1,2} )", deck.read_text(), flags=re.MULTILINE)[1:]


def words(text):
    return len(re.findall(r"[\w%'’-]*\w", re.sub(r"\{\w+\}`[^`]*`", "0", text)))


def seen(slide):
    """What stands on a slide, apart from formulas, figures and widgets."""
    named = re.sub(r"\{\w+\}`[^`]*`", "0", NOTES.sub("", slide))
    return MATH.sub(" ", re.sub(r"^(:::.*|\d\. )", "", TAKEN.sub("", named), flags=re.MULTILINE))


def test_each_part_of_the_book_has_a_deck():
    parts = re.findall(r'caption: "(Part .*)"', (ROOT / "_toc.yml").read_text())
    assert [slides(deck)[0].splitlines()[0] for deck in DECKS] == [f"# {part}" for part in parts]


@pytest.mark.parametrize("deck", DECKS, ids=lambda d: d.stem)
class TestDeck:
    def test_it_has_12_to_20_slides_from_the_title_to_the_card(self, deck):
        titles = [slide.splitlines()[0] for slide in slides(deck)]
        assert 12 <= len(titles) <= 20
        assert titles[1] == "## One question"
        assert titles[-1] == "## On one card"
        assert "**Homework:**" in slides(deck)[-1]

    def test_each_slide_has_notes_to_speak_from(self, deck):
        for slide in slides(deck):
            (notes,) = NOTES.findall(slide)
            assert 60 <= words(notes) <= 150, slide.splitlines()[0]

    def test_a_slide_is_short(self, deck):
        assert {slide.splitlines()[0]: n for slide in slides(deck) if (n := words(seen(slide))) > 45} == {}

    def test_a_prediction_has_choices_before_its_answer(self, deck):
        predictions = [slide for slide in slides(deck) if slide.startswith("## Predict\n")]
        assert len(predictions) >= 1
        for slide in predictions:
            choices, answer = NOTES.sub("", slide).split(":::{revealjs-fragments}")
            assert len(re.findall(r"^\d\. ", choices, re.MULTILINE)) >= 3
            assert re.search(r"\*\*[A-D]", answer)

    def test_no_measured_number_is_typed(self, deck):
        assert re.findall(r"\d+\.\d+", MATH.sub("", deck.read_text())) == []

    def test_it_names_chapters_that_are_there(self, deck):
        text = deck.read_text()
        named = re.findall(r"\{(?:number|chapter)\}`([\w-]+)", text) + re.findall(r"\{chapter-\w+\} ([\w-]+)", text)
        assert len(named) > 10
        assert set(named) - CHAPTERS == set()


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">{}</svg>'
TICK = '<g id="xtick_{0}"><text style="font: 10px serif" x="{0}" y="90">{0}00</text></g>'
PAGE = """<title>7. A chapter &#8212; The book</title><link href="../_static/widgets/abc.css?v=1"/>
<script type="application/vnd.jupyter.widget-state+json">{"state": {
"w": {"model_name": "AnyModel", "source": "Slider.1f", "state": {"_anywidget_id": "helpers.Slider", "layout": "IPY_MODEL_l"}},
"l": {"model_name": "LayoutModel", "state": {}}, "other": {"model_name": "LayoutModel", "state": {}}}}</script>"""


@pytest.fixture
def build(tmp_path):
    """A build with one executed chapter and its page."""
    outputs = [
        nbformat.v4.new_output(
            "display_data", {from_chapters.GLUED: "'0.9 [0.8, 1.0]'"}, metadata={"scrapbook": {"name": "auc"}}
        ),
        nbformat.v4.new_output("display_data", {"image/svg+xml": SVG.format("")}),
    ]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs, metadata={"mystnb": {"image": {"alt": "Two curves fall."}}})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    bundle = CacheBundleIn(notebook, str(tmp_path / "a-chapter.ipynb"))
    get_cache(tmp_path / ".jupyter_cache").cache_notebook_bundle(bundle, check_validity=False)
    page = tmp_path / "html" / "notebooks" / "a-chapter.html"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    return tmp_path


def test_a_number_is_that_of_the_chapters_prose(build):
    assert from_chapters.number(build, "a-chapter:auc") == "0.9 [0.8, 1.0]"


def test_a_figure_is_found_by_what_it_shows(build):
    alt, drawing = from_chapters.figure(build, "a-chapter", "curves")
    assert alt == "Two curves fall."
    assert drawing.startswith("<svg")


def test_a_widget_comes_with_all_that_it_needs_and_nothing_else(build):
    widget = from_chapters.widget(build, "a-chapter", "Slider")
    assert (widget.id, set(widget.state)) == ("w", {"w", "l"})
    assert widget.files == ("widgets/Slider.1f.js", "widgets/abc.css")


def test_a_title_is_that_of_the_page(build):
    assert from_chapters.title(build, "a-chapter") == "7. A chapter"


def test_a_name_that_is_not_there_is_answered_with_those_that_are(build):
    with pytest.raises(InvalidInput, match="a-chapter has no number 'acu'; it has auc"):
        from_chapters.number(build, "a-chapter:acu")
    with pytest.raises(InvalidInput, match="has 0 figures that show 'dogs', expected one; its figures: Two curves fall"):
        from_chapters.figure(build, "a-chapter", "dogs")
    with pytest.raises(InvalidInput, match="a-chapter has no widget 'Knob'; it has Slider"):
        from_chapters.widget(build, "a-chapter", "Knob")
    with pytest.raises(MissingFile, match="no executed chapter 'b'; it has a-chapter"):
        from_chapters.number(build, "b:auc")
    with pytest.raises(MissingFile, match=r"b\.html is not there; `make book` builds it"):
        from_chapters.title(build, "b")


@pytest.mark.slow
def test_a_deck_that_names_what_is_not_there_is_not_built(build):
    decks = build / "slides"
    shutil.copytree(ROOT / "book" / "slides", decks, ignore=shutil.ignore_patterns("*.md"))
    configured = (decks / "conf.py").read_text().replace("Path(__file__).parents[2]", f"Path({str(ROOT)!r})")
    (decks / "conf.py").write_text(configured)
    (decks / "part-1.md").write_text("# Deck\n\n{number}`a-chapter:acu`\n\n```{chapter-widget} a-chapter Knob\n```\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "revealjs", "-D", f"book_build={build}"]
    done = subprocess.run([*command, str(decks), str(build / "out")], capture_output=True, text=True)
    assert done.returncode != 0
    assert "part-1.md:3: ERROR: a-chapter has no number 'acu'; it has auc" in done.stderr
    assert "a-chapter has no widget 'Knob'; it has Slider" in done.stderr


def test_letters_grow_and_large_ones_stay():
    drawing = SVG.format('<text style="font-size: 9px; fill: red">a</text><text style="font: 30px serif">b</text>')
    grown = legible.enlarged(drawing, 14)
    assert "font-size: 14px; fill: red" in grown
    assert "font: 30px serif" in grown


@pytest.mark.parametrize(("places", "left"), [((10, 100, 190), 3), ((10, 30, 50, 70, 90), 3), (range(10, 100, 10), 3)])
def test_numbers_along_an_axis_leave_room_for_each_other(places, left):
    drawing = SVG.format(f'<g id="matplotlib.axis_1">{"".join(TICK.format(x) for x in places)}</g>')
    assert len(re.findall(r">\d+00<", legible.enlarged(drawing, 14))) == left


def test_a_legend_can_be_left_to_the_slide():
    drawing = SVG.format('<g id="axes_1"><text>axis</text><g id="legend_1"><text>entry</text></g></g>')
    assert re.findall(r">(\w+)</", legible.without_legend(drawing)) == ["axis"]


def test_entries_of_a_legend_move_apart():
    entries = "".join(f'<g><text style="font: 5px serif" y="{y}">entry</text></g>' for y in (10, 16, 22))
    moved = legible.enlarged(SVG.format(f'<g id="legend_1">{entries}</g>'), 10)
    assert re.findall(r"translate\(0 ([\d.]+)\)", moved) == ["0", "5.5", "11"]
