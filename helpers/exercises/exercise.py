"""What does an exercise need to know? Its solution, some inputs, and the wrong answers that people give."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(frozen=True)
class Verdict:
    """What a reader sees under their answer."""

    right: bool
    message: str
    praise: str = "Right."

    def __repr__(self) -> str:
        return f"{f'✓ {self.praise}' if self.right else '✗ Not yet.'} {self.message}"


@dataclass(frozen=True)
class Exercise:
    """An exercise whose answer is a value, or a function that is called on `cases`.

    Args:
        solution: the right answer.
        right: what to say of it.
        mistakes: {hint: wrong answer}; an answer that agrees with the wrong one gets its hint.
        cases: argument tuples, where the answer is a function.
        tolerance: absolute and relative, in comparing numbers.
    """

    solution: Any
    right: str
    mistakes: dict[str, Any]
    cases: tuple[tuple, ...] = field(default=())
    tolerance: float = 1e-4

    def check(self, answer: Any) -> Verdict:
        """Compare an answer with the solution, and with the known mistakes."""
        if _blank(answer):
            return Verdict(False, "Nothing here yet: replace the ... by your answer.")
        if self.cases and not callable(answer):
            return Verdict(False, f"Give the function itself, got {type(answer).__name__}.")
        try:
            got = self._outputs(answer)
        except Exception as error:  # the reader's code may raise anything, and should be told what
            return Verdict(False, f"Your function raised {type(error).__name__}: {error}")
        if any(_blank(value) for value in got):
            return Verdict(False, "Nothing comes back yet: replace the ... by a return statement.")
        if self._agree(got, self.solution):
            return Verdict(True, self.right)
        for hint, wrong in self.mistakes.items():
            if self._agree(got, wrong):
                return Verdict(False, hint)
        return Verdict(False, self._difference(got))

    def _outputs(self, answer: Any) -> list:
        return [answer(*case) for case in self.cases] if self.cases else [answer]

    def _agree(self, got: list, other: Any) -> bool:
        return all(self._close(a, b) for a, b in zip(got, self._outputs(other), strict=True))

    def _close(self, got: Any, wanted: Any) -> bool:
        a, b = numbers(got), numbers(wanted)
        if a is None or b is None:
            return False
        return a.shape == b.shape and torch.allclose(a, b, rtol=self.tolerance, atol=self.tolerance)

    def _difference(self, got: list) -> str:
        wanted = self._outputs(self.solution)
        for mine, right in zip(got, wanted, strict=True):
            found, shape = numbers(mine), tuple(torch.as_tensor(right).shape)
            if found is None:
                asked = f"numbers of shape {shape}" if shape else "a number"
                return f"The answer should be {asked}, got {type(mine).__name__}."
            if tuple(found.shape) != shape:
                return f"The answer should have shape {shape}, got {tuple(found.shape)}."
        if not self.cases:
            return "Not this. Read the task once more, and what it asks you to look at."
        return "The shape is right, the numbers are not; compare your line with the equation, sign and square roots included."


def numbers(value: Any) -> torch.Tensor | None:
    """The numbers of an answer, or None where it holds something else: a dict, texts, lists of several lengths."""
    try:
        return torch.as_tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None


def _blank(answer: Any) -> bool:
    """Is there still a ... in it, by itself or in a list?"""
    if isinstance(answer, list | tuple):
        return any(_blank(part) for part in answer)
    return answer is None or answer is ...


def function(cases: tuple[tuple, ...], solution: Callable, right: str, mistakes: dict[str, Callable]) -> Exercise:
    """An exercise whose answer is a function."""
    return Exercise(solution, right, mistakes, cases)
