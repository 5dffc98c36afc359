"""Which errors are advice?

An error of this package says what was given and what would do instead, and is meant to be read by whoever gave it. Each is
still the built-in error that Python programmers expect, so that ``except ValueError`` catches it; the command line prints
advice as one line, and anything else with its traceback.
"""


class Advice(Exception):
    """What all of them have in common."""


class InvalidInput(Advice, ValueError):
    """Something given has the wrong shape, range, kind or size."""


class MissingFile(Advice, FileNotFoundError):
    """Something is not where it was looked for."""


class Unreachable(Advice, ConnectionError):
    """Another host did not answer."""
