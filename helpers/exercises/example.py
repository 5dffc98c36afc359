"""Does an answer agree with one worked example? For assignments, where other tests mark it and a solution may not be shown."""

from dataclasses import replace
from typing import Any

from helpers.exercises.exercise import Exercise, Verdict

MARKS = "The marks come from other cases."


def try_example(answer: Any, expected: Any, *arguments: Any, tolerance: float = 1e-3) -> Verdict:
    """Call `answer` on the arguments and compare with `expected`; without arguments `answer` is compared itself.

    Args:
        answer: a function, or a value; a blank is told so.
        expected: numbers or a tensor; a tuple is compared as a tensor.
        tolerance: absolute and relative.
    """
    solution = (lambda *_: expected) if arguments else expected
    verdict = Exercise(solution, MARKS, {}, (arguments,) if arguments else (), tolerance).check(answer)
    return replace(verdict, praise="Agrees with the example.")
