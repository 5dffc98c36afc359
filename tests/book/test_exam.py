"""The exam bank: its form, its questions, and the sheet that is drawn from it."""

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml

from book.chapters import Question, read_chapters
from book.exam import BANK, DIFFICULTIES, LETTERS, BankQuestion, as_page, bank_page, chosen, draw, read_bank, write
from helpers.errors import InvalidInput

ROOT = Path(__file__).parents[2]
CHAPTERS = read_chapters(ROOT)
BANKED = read_bank(ROOT, CHAPTERS)
FURTHER = [entry for entry in BANKED if not entry.on_page]
TITLES = {chapter.name: chapter.title for chapter in CHAPTERS}


@pytest.fixture
def changed(tmp_path):
    """changed(lambda kept: ...) reads a bank whose YAML was changed so."""

    def read(change):
        kept = yaml.safe_load((ROOT / BANK).read_text())
        change(kept)
        (tmp_path / "book").mkdir(exist_ok=True)
        (tmp_path / BANK).write_text(yaml.safe_dump(kept, allow_unicode=True))
        return read_bank(tmp_path, CHAPTERS)

    return read


def test_the_bank_has_the_form_of_its_schema():
    schema = json.loads((ROOT / BANK.replace(".yml", ".schema.json")).read_text())
    jsonschema.validate(yaml.safe_load((ROOT / BANK).read_text()), schema)


def test_there_are_enough_questions_of_every_difficulty_and_chapter():
    assert len(FURTHER) >= 40
    assert min(Counter(entry.difficulty for entry in FURTHER).values()) >= 12
    assert all(Counter(entry.chapter for entry in FURTHER)[name] >= 2 for name in TITLES)


def test_every_quiz_is_in_the_bank_as_it_stands_in_its_chapter_and_has_its_difficulties():
    quizzes = [question for chapter in CHAPTERS for question in chapter.quiz]
    assert [entry.question for entry in BANKED if entry.on_page] == quizzes
    rated = yaml.safe_load((ROOT / BANK).read_text())["quizzes"]
    assert set(TITLES) == set(rated)


def test_no_place_among_the_choices_is_right_much_more_often_than_others():
    assert max(Counter(entry.question.right for entry in FURTHER).values()) < 0.5 * len(FURTHER)


def test_a_question_says_of_each_choice_why():
    for entry in FURTHER:
        assert len(entry.question.choices) == len(entry.question.answers)
        assert len(set(entry.question.choices)) == len(entry.question.choices)


def test_no_question_quotes_a_figure_of_a_run_by_hand():
    figure = re.compile(r"in (this|the) chapter('s)?.* \d|measured as")
    assert [entry.question.asked for entry in FURTHER if figure.search(entry.question.asked)] == []


def test_what_is_wrong_with_a_bank_is_said(changed):
    first = lambda kept: kept["questions"][0]  # noqa: E731
    with pytest.raises(InvalidInput, match="a question is there twice: 'What is"):
        changed(lambda kept: kept["questions"].append(dict(first(kept), asked=first(kept)["asked"].upper() + "!")))
    with pytest.raises(InvalidInput, match="a difficulty is one of recall, application, judgement, got 'hard'"):
        changed(lambda kept: first(kept).update(difficulty="hard"))
    with pytest.raises(InvalidInput, match="no chapter is called 'nowhere'"):
        changed(lambda kept: first(kept).update(chapter="nowhere"))
    with pytest.raises(InvalidInput, match="one choice has to be right, got 0"):
        changed(lambda kept: [choice.pop("right", None) for choice in first(kept)["choices"]])
    with pytest.raises(InvalidInput, match="rates 2 questions of run-sima's quiz, which has 3"):
        changed(lambda kept: kept["quizzes"].update({"run-sima": ["recall", "recall"]}))


def test_a_question_that_a_quiz_asks_already_is_refused(changed):
    asked = CHAPTERS[0].quiz[0].asked
    with pytest.raises(InvalidInput, match="a question is there twice"):
        changed(lambda kept: kept["questions"][0].update(asked=asked))


def test_a_seed_decides_the_sheet():
    one, again, other = (draw(FURTHER, 12, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert len({entry.key for entry in one}) == 12


def test_difficulties_are_drawn_alike_as_far_as_there_are_questions():
    assert set(Counter(entry.difficulty for entry in draw(FURTHER, 12, 0)).values()) == {4}
    assert len(draw(FURTHER, len(FURTHER), 0)) == len(FURTHER)


def test_shuffled_choices_keep_their_reasons_and_the_right_one():
    before = {entry.key: entry.question for entry in FURTHER}
    drawn = draw(FURTHER, 30, 3)
    assert any(entry.question.choices != before[entry.key].choices for entry in drawn)
    for entry in drawn:
        now, then = entry.question, before[entry.key]
        assert dict(zip(now.choices, now.answers, strict=True)) == dict(zip(then.choices, then.answers, strict=True))
        assert now.choices[now.right] == then.choices[then.right]


def test_a_sheet_is_drawn_from_the_chapters_that_are_named():
    found = chosen(BANKED, CHAPTERS, "run-sima, measure-honestly", with_quizzes=True)
    assert {entry.chapter for entry in found} == {"run-sima", "measure-honestly"}
    assert sum(entry.on_page for entry in found) == 6
    assert not any(entry.on_page for entry in chosen(BANKED, CHAPTERS, "", with_quizzes=False))
    with pytest.raises(InvalidInput, match="no chapter is called run-simo; a name is that of its notebook"):
        chosen(BANKED, CHAPTERS, "run-simo", with_quizzes=False)


@pytest.mark.parametrize("count", [0, len(FURTHER) + 1])
def test_more_questions_than_there_are_or_none_is_refused(count):
    with pytest.raises(InvalidInput, match=rf"there are {len(FURTHER)} such questions; ask for 1 to {len(FURTHER)}, got {count}"):
        draw(FURTHER, count, 0)


def test_the_sheet_shows_no_answer_and_the_key_all_of_them():
    drawn = draw(FURTHER, 9, 4)
    sheet, key = write(drawn, TITLES, 4)
    assert sheet.count("## Question ") == key.count("## Question ") == 9
    assert "____ of 9" in sheet
    assert "27 minutes" in sheet
    for number, entry in enumerate(drawn, 1):
        assert all(answer not in sheet for answer in entry.question.answers)
        letter = LETTERS[entry.question.right]
        assert f"## Question {number}: {letter}\n" in key
        assert f"- **{letter})** " in key.split(f"## Question {number}: ")[1]


def test_a_question_with_a_figure_of_an_unbuilt_chapter_is_refused(monkeypatch):
    monkeypatch.setattr("book.exam.figures", lambda root, name: {})
    entry = BankQuestion(
        "run-sima", "recall", Question("Is {glue:text}`x` large?", ("Yes", "No"), ("It is", "It is not"), 0), False
    )
    with pytest.raises(
        InvalidInput, match="a question of run-sima quotes a figure that comes from the build; run `make book` first"
    ):
        write([entry], TITLES, 0)


def test_a_printed_page_keeps_formulas_and_questions_whole():
    page = as_page("# Exam\n\n## Question 1\n\nWhat is $a_1 * b_1 * c$?\n\n1. x < y\n2. *That*\n")
    assert r"\(a_1 * b_1 * c\)" in page
    assert page.count("<section>") == 1
    assert "x &lt; y" in page
    assert "<em>That</em>" in page


def test_the_page_folds_every_answer():
    page = bank_page(ROOT, CHAPTERS)
    assert page.count(":class: dropdown") == len(FURTHER)
    outside = re.sub(r"```\{admonition\} Answer\n.*?```", "", page, flags=re.DOTALL)
    assert "**Right.**" not in outside
    assert all("#check-yourself" in page.split(f"\n## {c.title}\n")[-1][:200] or c is CHAPTERS[0] for c in CHAPTERS)


def test_difficulties_are_explained_on_the_page():
    text = (ROOT / "book" / "exam-bank.md").read_text()
    assert all(f"**{word.capitalize()}**" in text or f"**{word}**" in text for word in DIFFICULTIES)
