"""Which of these statements are true? An exercise whose answer is a list of True and False."""

from dataclasses import dataclass

from helpers.exercises.exercise import Exercise, numbers


@dataclass(frozen=True)
class Statements(Exercise):
    """Statements to judge; `mistakes` holds, in their order, one answer for each that gets this one wrong alone."""

    def _difference(self, got: list) -> str:
        """The first statement that is judged wrongly, where several are."""
        answer, n = numbers(got[0]), len(self.solution)
        if answer is None or answer.shape != (n,):
            return f"Give a list of {n} answers, each True or False, in the order of the statements."
        return next(hint for hint, a, b in zip(self.mistakes, answer.tolist(), self.solution, strict=True) if a != b)


def statements(right: str, judged: dict[str, bool]) -> Statements:
    """An exercise that asks of each statement whether it is true.

    Args:
        right: what to say when all are judged rightly.
        judged: {why the statement is true or false: whether it is}, in the order in which the page lists them.
    """
    solution = list(judged.values())
    flipped = {why: [truth != (i == j) for j, truth in enumerate(solution)] for i, why in enumerate(judged)}
    return Statements(solution, right, flipped)
