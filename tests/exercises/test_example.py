"""An example says whether an answer agrees with it, and nothing of the solution."""

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


def test_nothing_can_be_the_right_answer():
    assert try_example(lambda x: None, None, 1).right
    assert "should give None, got 3" in try_example(lambda x: 3, None, 1).message
