"""What a GPU gave is read as it was written, and nothing is invented where it was not measured."""

import json

import pytest

from helpers.experiments.gpu import NETWORKS, RESULT, SAID, UNKNOWN, gpu_result, in_words
from helpers.training.paper_recipes import PAPER_RECIPES, PEAK, UTILISATION, cost


def test_no_result_is_none_and_a_damaged_one_is_refused(tmp_path):
    assert gpu_result(tmp_path / "nothing.json") is None
    for content in ("{", "[]", '{"sections": {}}', '{"sections": 3}'):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(ValueError, match=r"bad\.json is no result of `make gpu` .*; run it again"):
            gpu_result(tmp_path / "bad.json")


def test_the_table_holds_the_figures_of_the_file():
    found, raw = gpu_result(), json.loads(RESULT.read_text())
    assert (found.commit, found.card) == (raw["commit"], raw["device"]["name"])
    table = found.speeds()
    assert list(table.index) == list(NETWORKS.values())
    cell = table.loc["the paper's, 32×32", ("training", "TF32")]
    assert cell == raw["sections"]["throughput"]["paper 32x32, training, TF32, eager"]["images/s"]
    assert found.largest_difference()["SimA at 50"] == max(
        m["float32"]["SimA at 50"]["relative"]
        for m in raw["sections"]["correctness"].values()
        if isinstance(m, dict) and isinstance(m.get("float32"), dict)
    )


def test_what_was_not_measured_is_refused():
    with pytest.raises(ValueError, match=r"paper 32x32, training, float16, eager was not measured; run `make gpu` again"):
        gpu_result().rate("paper 32x32", "training", "float16")


def test_the_share_of_the_peak_is_the_one_that_costs_are_estimated_with():
    found = gpu_result()
    flops = 3 * cost(PAPER_RECIPES["cifar10"]).flops * found.rate("paper 32x32", "training", "float32")
    assert found.utilisation == pytest.approx(flops / PEAK, rel=0.01)
    assert round(found.utilisation, 2) == UTILISATION


def test_a_page_says_that_nothing_was_measured_while_nothing_was():
    assert in_words(None) == dict.fromkeys(SAID, UNKNOWN)
    found = gpu_result()
    words = in_words(found)
    assert list(words) == list(SAID)
    assert words["card"].startswith(found.card)
    assert words["paper"] == f"{found.rate('paper 32x32', 'training', 'float32'):,.0f}"
