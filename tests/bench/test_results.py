"""No measurement is lost: not to an error, not to the clock, not to a file that is half written."""

import json
import math
import signal
import time

import pytest
import torch

from helpers.bench.results import NO_TIME, Context, LeftOut, Measurement, Section, interrupted_after, plain, run, write_json


class Clock:
    """Time that passes when a test says so."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def context(tmp_path):
    return Context(torch.device("cpu"), tmp_path, clock=Clock())


def measured(context, *sections, minutes=1.0, grace=30.0):
    said = []
    found = run(sections, context, minutes, {"commit": "abc"}, context.folder / "out.json", said.append, grace)
    assert json.loads((context.folder / "out.json").read_text())["sections"].keys() == found["sections"].keys()
    return found["sections"], said


def section(name, seconds, *measurements, extra=False):
    return Section(name, seconds, lambda context: list(measurements), extra)


def fails(context):
    raise ZeroDivisionError("nothing to divide by\nand more")


def sleeps(context):
    context.clock.now += 0.4
    return {"slept": True}


def test_an_error_is_noted_in_one_line_and_the_others_go_on(context):
    found, said = measured(context, section("a", 10, Measurement("bad", fails), Measurement("good", lambda c: {"x": 1})))
    assert found["a"]["bad"]["error"] == "ZeroDivisionError: nothing to divide by"
    assert found["a"]["good"]["x"] == 1
    assert len(said) == 3


def test_a_section_that_cannot_be_prepared_is_noted(context):
    found, _ = measured(context, Section("a", 1, fails), section("b", 1, Measurement("good", lambda c: {})))
    assert "ZeroDivisionError" in found["a"]["preparation"]["error"]
    assert "good" in found["b"]


def test_what_cannot_be_measured_here_says_why(context):
    def absent(context):
        raise LeftOut("there is no such model")

    found, _ = measured(context, section("a", 1, Measurement("model", absent)))
    assert found["a"]["model"]["left out"] == "there is no such model"


def test_nothing_begins_without_time_and_all_of_it_is_named(context):
    waiting = [Measurement(f"m{i}", sleeps) for i in range(4)]
    found, said = measured(context, section("a", 0.6, *waiting), section("b", 0.6, Measurement("n", sleeps)))
    assert [found["a"][f"m{i}"] == NO_TIME for i in range(4)] == [False, False, True, True]
    assert said[2].endswith("2 done, 2 left out for lack of time")


def test_a_measurement_is_not_begun_with_less_than_it_needs(context):
    found, _ = measured(context, section("a", 5, Measurement("long", sleeps, least=10.0)))
    assert found["a"]["long"] == NO_TIME


def test_an_extra_section_gets_what_is_left(context):
    both = section("a", 60, Measurement("m", sleeps)), section("b", 60, Measurement("n", sleeps), extra=True)
    assert "slept" in measured(context, *both)[0]["b"]["n"]
    late = section("a", 0.3, Measurement("m", sleeps)), section("b", 60, Measurement("n", sleeps), extra=True)
    assert measured(context, *late, minutes=0.3 / 60)[0]["b"]["n"] == NO_TIME


def test_what_does_not_end_is_interrupted(context):
    forever, other = Measurement("forever", lambda c: time.sleep(600)), Measurement("n", lambda c: {"x": 1})
    found, _ = measured(context, section("a", 0.3, forever), section("b", 5, other), grace=0.2)
    assert found["a"]["forever"]["error"].startswith("TimeoutError")
    assert found["b"]["n"]["x"] == 1


def test_the_alarm_is_off_after_the_block():
    before = signal.getsignal(signal.SIGALRM)
    with interrupted_after(600):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) == before


def test_results_are_strict_json(tmp_path):
    write_json({"a": math.nan, "b": [1 / 3, (math.inf,)], 3: True}, tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": "nan", "b": [0.333333, ["inf"]], "3": True}
    assert plain({"n": None}) == {"n": None}


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.json"
    write_json({"old": 1}, path)
    with pytest.raises(TypeError):
        write_json({"new": object()}, path)
    assert json.loads(path.read_text()) == {"old": 1}
