"""How are many measurements made in a limited time, so that none is lost?

A section has a time limit, all together have `minutes`. Sections come one after the other; what one leaves of its time is
there for the next. Times are limited twice: no measurement begins that has no time left, and one that does not end by
itself is interrupted a little after its section should have ended.
"""

import gc
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

import torch

from helpers.files import replacing

GRACE = 30.0

NO_TIME = {"left out": "no time"}
ALWAYS = -math.inf  # the least time of a measurement that only says why it is left out


class LeftOut(Exception):
    """Raised by a measurement that cannot be made here; says why."""


@dataclass
class Context:
    """What a measurement is told.

    Args:
        device: to measure on.
        folder: for checkpoints and other files that nobody keeps.
        deadline: of the current section, on the clock.
        clock: seconds, from whenever it likes.
        peaks: FLOP/s of a large matrix product, by precision, once they are measured.
    """

    device: torch.device
    folder: Path
    deadline: float = math.inf
    clock: Callable[[], float] = time.monotonic
    peaks: dict[str, float] = field(default_factory=dict)

    @property
    def small(self) -> bool:
        """On a processor everything is measured on less, so that it is measured at all."""
        return self.device.type == "cpu"

    def left(self) -> float:
        """Seconds until the section should end."""
        return self.deadline - self.clock()


class Measurement(NamedTuple):
    """A name, what is done (it returns what JSON can hold), and the seconds without which it is not begun."""

    name: str
    measure: Callable[[Context], dict]
    least: float = 0.0


class Section(NamedTuple):
    """Measurements that share a time limit in seconds. An `extra` section gets what time the others leave."""

    name: str
    seconds: float
    measurements: Callable[[Context], list[Measurement]]
    extra: bool = False


def run(
    sections: Sequence[Section],
    context: Context,
    minutes: float,
    about: dict,
    output: Path,
    say: Callable[[str], None] = print,
    grace: float = GRACE,
) -> dict:
    """Make all measurements, write `output` after each, and return what it holds.

    Args:
        about: what stands in front: device, versions, commit.
        say: called with one line after each measurement.
        grace: seconds after its section's end at which a measurement that goes on is interrupted.
    """
    started = context.clock()
    found: dict[str, Any] = {**about, "minutes": minutes, "sections": {}}
    core = sum(section.seconds for section in sections if not section.extra)
    scale, planned = min(1.0, 60 * minutes / core), 0.0
    for section in sections:
        planned += section.seconds * (1.0 if section.extra else scale)
        context.deadline = started + min(planned, 60 * minutes)
        results: dict[str, Any] = {}
        found["sections"][section.name] = results
        began = context.clock()
        for name, value in _measured(section, context, grace):
            results[name] = value
            found["seconds"] = context.clock() - started
            write_json(found, output)
            if value != NO_TIME:
                say(f"{found['seconds']:6.1f} s  {section.name}: {name}: {_short(value)}")
        late = sum(value == NO_TIME for value in results.values())
        results["seconds"] = context.clock() - began
        write_json(found, output)
        say(f"{found['seconds']:6.1f} s  {section.name}: {len(results) - 1 - late} done, {late} left out for lack of time")
    return found


def _measured(section: Section, context: Context, grace: float) -> Iterator[tuple[str, dict]]:
    try:
        measurements = section.measurements(context)
    except Exception as error:
        yield "preparation", {"error": one_line(error)}
        return
    for measurement in measurements:
        if context.left() <= measurement.least:
            yield measurement.name, NO_TIME
            continue
        began = context.clock()
        try:
            with interrupted_after(context.left() + grace):
                value = measurement.measure(context)
        except LeftOut as reason:
            value = {"left out": str(reason)}
        except Exception as error:
            value = {"error": one_line(error)}
        yield measurement.name, value | {"seconds": context.clock() - began}
        if context.device.type == "cuda":
            _empty_cache()


def _empty_cache() -> None:
    gc.collect()
    with suppress(RuntimeError):  # of a device that an error has left unusable; the next measurement says so itself
        torch.cuda.empty_cache()


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise a ``TimeoutError`` in the block after so many seconds; only the main thread of a process can be interrupted."""
    if threading.current_thread() is not threading.main_thread() or not math.isfinite(seconds):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"interrupted after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.1))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def one_line(error: BaseException) -> str:
    """Type and first line of an error, not longer than a line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:300]


def plain(value: Any) -> Any:
    """The value as strict JSON holds it: floats with six digits, what is not finite as text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else str(value)
    return value


def write_json(found: dict, path: Path) -> None:
    """All or nothing."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(plain(found), indent=1, allow_nan=False) + "\n")


def _short(value: dict) -> str:
    text = ", ".join(f"{key} {_number(item)}" for key, item in value.items() if not isinstance(item, dict | list))
    return text[:160]


def _number(item: object) -> str:
    return f"{item:.4g}" if isinstance(item, float) else str(item)
