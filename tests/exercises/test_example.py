"""An example says whether an answer agrees with it, and nothing of the solution."""

import pytest
import torch

from helpers.exercises.example import try_example


def test_an_answer_that_agrees_is_told_that_marks_come_from_elsewhere():
    verdict = try_example(lambda a, b: a + b, 3.0, 1.0, 2.0)
    assert verdict.right
    assert "other cases" in verdict.message


def test_a_blank_and_a_wrong_answer_are_not_right_and_say_why():
    assert "replace the ..." in try_example(lambda a: ..., 1.0, 2.0).message
    assert repr(try_example(lambda a: ..., 1.0, 2.0)).startswith("✗ Not yet.")
    assert not try_example(lambda a: 2 * a, 1.0, 2.0).right
    assert "ZeroDivisionError" in try_example(lambda a: 1 / 0, 1.0, 2.0).message


def test_several_numbers_are_compared_together():
    assert try_example(lambda x: (x.min(), x.max()), (1.0, 2.0), torch.tensor([2.0, 1.0])).right
    assert not try_example(lambda x: (x.max(), x.min()), (1.0, 2.0), torch.tensor([2.0, 1.0])).right


def test_an_answer_that_agrees_is_not_called_right():
    assert repr(try_example(lambda a: a, 3.0, 3.0)).startswith("✓ Agrees with the example.")


def test_a_wider_tolerance_serves_answers_that_draw_at_random():
    assert try_example(lambda a: a + 0.02, 1.0, 1.0, tolerance=0.02).right
    assert not try_example(lambda a: a + 0.05, 1.0, 1.0, tolerance=0.02).right


@pytest.mark.parametrize("given", [{"auc": 1.0}, "0.5", ["a", "b"], {1, 2}, [[1.0], [2.0, 3.0]], object()])
def test_an_answer_of_another_type_is_named(given):
    kind = type(given).__name__
    assert try_example(lambda x: given, 1.0, 1).message == f"The answer should be a number, got {kind}."
    assert try_example(lambda x: given, (1.0, 2.0), 1).message == f"The answer should be numbers of shape (2,), got {kind}."
