"""Does an answer agree with one worked example? For assignments, where other tests mark it and a solution may not be shown."""

from typing import Any

from helpers.exercises.exercise import Exercise, Verdict

RIGHT = "It agrees with the example. The marks come from other cases."


def try_example(answer: Any, expected: Any, *arguments: Any) -> Verdict:
    """Call `answer` on the arguments and compare with `expected`; without arguments `answer` is compared itself.

    Args:
        answer: a function, or a value; a blank is told so.
        expected: numbers or a tensor; a tuple is compared as a tensor, None as itself.
    """
    if expected is None:
        found = answer(*arguments) if callable(answer) else answer
        return Verdict(found is None, RIGHT if found is None else f"The example should give None, got {found!r}.")
    solution = (lambda *_: expected) if arguments else expected
    return Exercise(solution, RIGHT, {}, (arguments,) if arguments else (), tolerance=1e-3).check(answer)
