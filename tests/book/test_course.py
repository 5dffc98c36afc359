"""Plans, notes and the map: they name every chapter, in an order in which it can be read."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from book.chapters import Chapter
from book.course import MARK, Course, expand
from book.course_map import WIDTH, arcs, draw, helpful
from helpers.errors import InvalidInput

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
NAMES = [chapter.name for chapter in COURSE.chapters]
PLANS = (ROOT / "book" / "teaching-plans.md").read_text()
NOTES = (ROOT / "book" / "teaching-notes.md").read_text()


def plan(heading):
    """The chapters of each session below a heading, in order."""
    inside = PLANS.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [names.split(", ") for kind, names in MARK.findall(inside) if kind == "session"]


def notes(name):
    """What a chapter's notes say."""
    return NOTES.split(f"% course notes: {name}\n")[1].split("% course notes: ")[0].split("\n## ")[0]


def chapter(name, *needs, helps=(), part="Part I"):
    return Chapter(name, part, "", f"The {name}", "Why?", (), needs, tuple(helps), 10, 100, 0, (1, 2, 3), (), ())


def test_every_chapter_has_its_week_in_the_semester():
    planned = [name for session in plan("A semester of twelve weeks") for name in session]
    assert len(planned) == len(set(planned))
    assert set(planned) == set(NAMES)
    assert len(plan("A semester of twelve weeks")) == 12


@pytest.mark.parametrize("heading", ["A semester of twelve weeks", "A unit of three weeks"])
def test_a_plan_leaves_nothing_out_that_a_later_session_needs(heading):
    seen = set()
    for session in plan(heading):
        known = [COURSE.named[name] for name in session]
        seen |= {chapter.name for chapter in known}
        missing = {c.name: set(c.needs) - seen - ({"the-field-before-sima"} if "unit" in heading else set()) for c in known}
        assert {name: needs for name, needs in missing.items() if needs} == {}


def test_sessions_of_the_three_week_unit_fit_into_a_week():
    for session in plan("A unit of three weeks"):
        chapters = [COURSE.named[name] for name in session]
        assert sum(c.reading + c.practice for c in chapters) <= 120


def test_every_chapter_has_notes():
    described = [name for kind, name in MARK.findall(NOTES) if kind == "notes"]
    assert described == list(NAMES)  # in the book's order


@pytest.mark.parametrize("name", [name for name in NAMES if f"% course notes: {name}\n" in NOTES])
def test_notes_have_three_misconceptions_two_questions_and_something_to_show(name):
    text = notes(name)
    misconceptions = re.findall(r'^\d\. \*"[^"]+"\* (.+)$', text, re.MULTILINE)
    assert len(misconceptions) == 3
    assert all(re.search(r"prediction|quiz|[Aa]sk|vote|exercise", asked) for asked in misconceptions)
    assert len(re.findall(r"^- .*\?", text.split("**Discuss**\n")[1], re.MULTILINE)) >= 2
    assert re.search(r"^\*\*Show\*\* .*\.ipynb#[\w-]+\?", text, re.MULTILINE)
    predicted = ["first", "second"].index
    named = [1 + predicted(word) for word in re.findall(r"(first|second) prediction", text)]
    assert max(named, default=0) <= len(COURSE.named[name].predictions)
    numbers = re.findall(r"question (\d) of the quiz", text, re.IGNORECASE)
    assert max(map(int, numbers), default=0) <= len(COURSE.named[name].quiz)


def test_of_several_ways_to_a_chapter_the_map_draws_the_longest_alone():
    chapters = [chapter("a"), chapter("b", "a"), chapter("c", "a", "b", "elsewhere"), chapter("d", "a", helps=["c"])]
    assert arcs(chapters) == [("a", "b"), ("b", "c"), ("a", "d")]
    assert helpful(chapters) == [("c", "d")]


def test_the_map_names_every_chapter_and_is_as_wide_as_a_phone():
    figure = ElementTree.fromstring(draw(COURSE.chapters))
    (drawing,) = figure
    labels = [text.text for text in drawing.iter("text")]
    assert {c.numbered for c in COURSE.chapters} <= set(labels)
    assert {c.part for c in COURSE.chapters} <= set(labels)
    assert drawing.get("viewBox").split()[2] == str(WIDTH) == "360"
    assert len(list(drawing.iter("path"))) == len(arcs(COURSE.chapters)) + len(helpful(COURSE.chapters))
    assert drawing.find("title").text
    assert drawing.find("desc").text


def test_every_arc_stays_in_the_drawing():
    numbers = [float(x) for x in re.findall(r"[MC ](-?\d+) \d+", "".join(re.findall(r' d="([^"]+)"', draw(COURSE.chapters))))]
    assert min(numbers) >= -25  # control points; the curve itself goes three quarters as far


def test_a_list_says_what_the_map_shows():
    made = COURSE.map()
    assert "- [1. Noise in, noise out](../notebooks/noise-in-noise-out.ipynb) needs no other chapter." in made
    assert made.count("\n- [") == len(NAMES)


def test_tables_have_a_row_for_every_chapter_and_the_outcomes_of_its_own_text():
    outcomes, times = COURSE.outcomes(), COURSE.times()
    for c in COURSE.chapters:
        assert len(c.outcomes) == 3
        assert all(outcome in outcomes for outcome in c.outcomes)
        assert f"({'../notebooks/' + c.name}.ipynb) | {c.reading} min | {c.practice} min | " in times
    assert "180 words" in times


def test_a_session_adds_up_its_chapters():
    first, second = COURSE.chapters[:2]
    made = COURSE.session(f"{first.name}, {second.name}")
    assert f"(text {first.reading + second.reading} min, exercises {first.practice + second.practice} min)" in made


def test_what_is_misspelt_in_a_page_is_named():
    with pytest.raises(InvalidInput, match="no chapter is called run-simo; see notebooks/"):
        COURSE.session("run-simo")
    with pytest.raises(InvalidInput, match="no chapter is called run-simo; see notebooks/"):
        COURSE.notes("run-simo")
    with pytest.raises(InvalidInput, match="'% course outcome' is not known; there are outcomes, map"):
        expand("% course outcome", {"outcomes": str, "map": str})


def test_a_link_to_a_setting_is_an_address_and_another_link_stays():
    another = "[Run SimA](../notebooks/run-sima.ipynb#touch-it)"
    made = expand(f"[at 50](../notebooks/run-sima.ipynb#explorer?t=50&p=4) of {another}", {})
    assert made == "{setting}`at 50 <../notebooks/run-sima.html#explorer?t=50&p=4>` of " + another
