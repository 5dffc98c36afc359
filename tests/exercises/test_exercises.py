"""Every exercise accepts its solution and has something to say to a blank, a known mistake, and nonsense."""

import importlib
import pkgutil

import pytest
import torch

import helpers.exercises
from helpers.exercises import Exercise
from helpers.exercises.statements import Statements

EXERCISES = {
    f"{module.name}.{name}": value
    for module in pkgutil.iter_modules(helpers.exercises.__path__)
    for name, value in vars(importlib.import_module(f"helpers.exercises.{module.name}")).items()
    if isinstance(value, Exercise)
}
MISTAKES = [(name, hint) for name, exercise in EXERCISES.items() for hint in exercise.mistakes]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_right(name):
    exercise = EXERCISES[name]
    verdict = exercise.check(exercise.solution)
    assert verdict.right
    assert verdict.message == exercise.right
    assert repr(verdict).startswith("✓ Right.")


@pytest.mark.parametrize("name", EXERCISES)
def test_a_blank_is_told_so(name):
    exercise = EXERCISES[name]
    blanks = [None, ..., [True, ...]] + ([lambda *arguments: ...] if exercise.cases else [])
    for blank in blanks:
        verdict = exercise.check(blank)
        assert not verdict.right
        assert "replace the ..." in verdict.message


@pytest.mark.parametrize(("name", "hint"), MISTAKES)
def test_a_known_mistake_gets_its_own_hint(name, hint):
    verdict = EXERCISES[name].check(EXERCISES[name].mistakes[hint])
    assert not verdict.right
    assert verdict.message == hint


@pytest.mark.parametrize("name", [name for name, exercise in EXERCISES.items() if exercise.cases])
def test_a_function_that_raises_or_has_another_shape_is_told_so(name):
    exercise = EXERCISES[name]
    assert "ZeroDivisionError" in exercise.check(lambda *arguments: 1 / 0).message
    assert "shape" in exercise.check(lambda *arguments: torch.zeros(7, 7, 7)).message
    assert "function itself" in exercise.check(3).message


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_of_another_type_gets_a_sentence(name):
    exercise = EXERCISES[name]
    for nonsense in ("yes", {"answer": 1}, [{}]):
        verdict = exercise.check((lambda *_, given=nonsense: given) if exercise.cases else nonsense)
        assert not verdict.right
        assert "\n" not in verdict.message


def test_statements_judged_by_numbers_are_named_as_wrong():
    exercise = next(iter(STATEMENTS.values()))
    assert exercise.check([2 * truth for truth in exercise.solution]).message in exercise.mistakes


def test_every_chapter_has_three():
    modules = [name.split(".")[0] for name in EXERCISES]
    assert {name: modules.count(name) for name in modules} == dict.fromkeys(modules, 3)


STATEMENTS = {name: exercise for name, exercise in EXERCISES.items() if isinstance(exercise, Statements)}


@pytest.mark.parametrize("name", STATEMENTS)
def test_of_several_statements_judged_wrongly_the_first_is_named(name):
    exercise = STATEMENTS[name]
    hints = list(exercise.mistakes)
    assert exercise.check([not truth for truth in exercise.solution]).message == hints[0]
    assert exercise.check([exercise.solution[0], *(not truth for truth in exercise.solution[1:])]).message == hints[1]


@pytest.mark.parametrize("name", STATEMENTS)
def test_an_answer_that_judges_another_number_of_statements_is_told_how_many_there_are(name):
    exercise = STATEMENTS[name]
    n = len(exercise.solution)
    for answer in (True, [True], exercise.solution * 2, "True", ["True"] * n, {"1": True}, [{}] * n):
        assert f"list of {len(exercise.solution)} answers" in exercise.check(answer).message
