"""Which of these statements do the results support? An exercise whose answer is a True or False for each."""

from itertools import product

from helpers.exercises.exercise import Exercise


def verdicts(right: str, *statements: tuple[bool, str]) -> Exercise:
    """An exercise on a few statements; whoever misjudges some of them is told why, one hint for each.

    Args:
        right: what to say of the right answer.
        statements: whether the statement holds, and the hint for whoever thinks otherwise; in the order of the chapter.
    """
    truth = [holds for holds, _ in statements]
    mistakes = {}
    for answer in product((True, False), repeat=len(truth)):
        hints = [hint for given, (holds, hint) in zip(answer, statements, strict=True) if given != holds]
        if hints:
            mistakes[" ".join(hints)] = list(answer)
    return Exercise(truth, right, mistakes, tolerance=0)
