"""At most one innocent model in two hundred is accused, whatever differs; and the counts are those of the code."""

import json

import numpy as np
import pytest

from helpers.audit.innocents import simulate
from helpers.audit.innocents.simulate import KINDS, RESULTS, Plan, drawn, pool, table


def test_at_most_one_in_two_hundred_is_accused_for_each_kind_of_shift():
    counts = table()
    assert set(counts.index) == set(KINDS)
    assert counts["audits"].sum() >= 2000
    for kind in KINDS:
        assert counts.loc[kind, "leaks"] <= counts.loc[kind, "audits"] / 200, kind


def test_planted_models_are_found_about_as_often_as_by_their_scores_alone():
    for row in json.loads(RESULTS.read_text())["planted"]:
        assert row["leaks"] >= 0.8 * row["scores alone"] - 2, row
    assert any(row["leaks"] == row["audits"] for row in json.loads(RESULTS.read_text())["planted"])


@pytest.mark.slow
def test_a_small_simulation_accuses_nobody_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "PLANTED", {})
    plan = Plan(scenes=["digits, 8 px"], strengths=(0.3,), sizes=(20, 50), count=200)
    found = simulate.simulate(tmp_path / "counts.json", plan, progress=False)
    assert sum(row["leaks"] for row in found["innocent"]) <= 1
    assert sum(row["differ"] for row in found["innocent"]) > 20
    assert json.loads((tmp_path / "counts.json").read_text()) == found
    monkeypatch.setattr(simulate, "pool", lambda *_: pytest.fail("it was known"))
    assert simulate.simulate(tmp_path / "counts.json", plan, progress=False) == found


def images(n, rng):
    from helpers.audit.innocents.scenes import leaves

    return pool(leaves(n, rng, 8)[0], {})


@pytest.mark.parametrize("kind", KINDS)
def test_two_folders_share_no_image(kind):
    rng = np.random.default_rng(0)
    plain, changed = images(60, rng), images(60, rng)
    classes = np.arange(60) % 2
    first, second = drawn(plain, changed, kind, 0.5, classes, 20, rng)
    values = [set(p.features["mean of channel 0"].tolist()) for p in (first, second)]
    assert len(values[0]) == len(values[1]) == 20
    assert not values[0] & values[1]
    known = set(plain.features["mean of channel 0"].tolist())
    assert (values[0] | values[1] <= known) is (kind in ("no shift", "class mix"))
