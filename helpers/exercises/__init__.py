"""Exercises that check themselves, one module a chapter. A wrong answer of a known kind gets the hint written for it."""

from helpers.exercises.exercise import Exercise, Verdict

__all__ = ["Exercise", "Verdict"]
